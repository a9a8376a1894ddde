"""Whole runs of a study whose clinic is a REDCap project: the same records, and no date."""

import csv
import json
import re
from datetime import date, timedelta

import h5py
import pandas as pd
import pytest

from correlates.simulate.cohort import simulate_cohort
from correlates.tables import read_tsv
from redcap_maker import BASELINE, ProjectOfSheets
from study import SMALL_FLOORS, Study, copy_checkout
from test_redcap_out import as_read, faults
from test_redcap_sheets import KINDS, content_of

pytestmark = pytest.mark.workflow
FIRST, CUT = date(2019, 3, 4), date(2020, 2, 7)
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def spellings(when):
    """Return a date in the ways in which people write one."""
    day, month, year = f"{when.day:02}", f"{when.month:02}", str(when.year)
    word = MONTHS[when.month - 1]
    return {
        *(f"{year}-{month}-{day}", f"{year}{month}{day}", f"{day}.{month}.{year}"),
        *(f"{day}/{month}/{year}", f"{month}/{day}/{year}", f"{day}-{word}-{year}"),
        *(f"{day} {word} {year}", f"{day}{word.upper()}{year}", f"{word} {when.day}, {year}"),
        f"{when.day}.{when.month}.{year}",
    }


def texts_below(folder):
    """Yield the text of every file of a study but its own input, with the file's name."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if not path.is_file() or inside.parts[0] in ("data", "redcap", "config.yaml"):
            continue
        text = f"{inside}\n"
        if path.suffix == ".parquet":
            text += pd.read_parquet(path).to_csv()
        elif path.suffix == ".h5ad":
            text += "\n".join(_strings(path))
        else:
            text += path.read_bytes().decode("utf-8", errors="replace")
        yield inside, text


def _strings(path):
    found = []
    with h5py.File(path) as file:
        file.visititems(
            lambda name, node: found.append(
                f"{name} {node[()]!r}" if hasattr(node, "dtype") else name
            )
        )
    return found


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Return a study from REDCap, its project, and what the run said; and the same from sheets."""
    folder = tmp_path_factory.mktemp("redcap_run")
    checkout = copy_checkout(folder / "checkout")
    study = Study(checkout, folder / "study")
    simulate_cohort(study.folder / "data", n_patients=3, n_events=2000, seed=3)
    sheets = {kind: read_tsv(study.folder / "data" / f"{kind}.tsv") for kind in KINDS}
    patients = [row["patient"] for row in sheets["patients"]]
    project = ProjectOfSheets(
        sheets, {one: FIRST + timedelta(days=23 * i) for i, one in enumerate(patients)}
    )
    project.events.add((BASELINE, "cll_correlates"))
    block = project.write(study.folder / "redcap")
    common = {
        "panels": "data/panels.tsv",
        "specimen": "fresh_wb",
        "drop": {"folder": "data/fcs", "pattern": r"{patient:[A-Z]+\d+}_{visit}_{panel}.fcs"},
        "gating": {"tnk": "tnk"},
    }
    more = {"flow": SMALL_FLOORS, "analyses": {"model": {"permutations": 99, "repeats": 2}}}
    of_sheets = Study(checkout, folder / "sheets")
    of_sheets.folder.mkdir()
    (of_sheets.folder / "data").symlink_to(study.folder / "data")
    of_sheets.write_config({"study": common | {k: f"data/{k}.tsv" for k in KINDS}} | more)
    block = {name: f"redcap/{path}" for name, path in block.items()}
    block["results"] = {"event": BASELINE}
    study.write_config({"study": common | {"redcap": block}} | more)
    said = study.run_well()
    return study, project, said, of_sheets


def records_of(study):
    (path,) = study.result("intake/plan").glob("clinical-*.json")
    return json.loads(path.read_text())


def test_a_project_and_sheets_give_a_run_the_same_records(finished):
    study, _, _, of_sheets = finished
    of_sheets.run_well("--dry-run")

    assert content_of(records_of(study)) == content_of(records_of(of_sheets))


def test_a_second_run_does_nothing(finished):
    study = finished[0]

    assert study.planned() == {}


def test_results_go_back_as_redcap_takes_them(finished):
    study, project, *_ = finished
    records = as_read(study.result("clinical/redcap_import.csv"))
    dictionary = as_read(study.result("clinical/redcap_dictionary.csv"))
    designated = {}
    for event, form in project.events:
        designated.setdefault(event, set()).add(form)

    assert faults(records, dictionary, designated, "record_id") == []
    assert [row["record_id"] for row in records] == list(project.first_dose)
    best = {row["patient"]: row["best"] for row in read_tsv(study.result("clinical/responses.tsv"))}
    (field,) = [row for row in dictionary if row["Variable / Field Name"] == "cllc_best"]
    choices = dict(
        choice.strip().split(", ")
        for choice in field["Choices, Calculations, OR Slider Labels"].split("|")
    )
    assert {row["record_id"]: choices[row["cllc_best"]] for row in records} == best
    draws = read_tsv(study.result("cohort/draws.tsv"))
    first = {
        (row["patient"], row["baseline"]): float(row["day"]) for row in draws if row["baseline"]
    }
    found = {
        (row["record_id"], name): float(row[field])
        for row in records
        for name, field in (("B0", "cllc_b0_day"), ("B1", "cllc_b1_day"))
        if row[field]
    }
    assert found == first
    assert {name for _, name in found} == {"B0", "B1"}


def test_no_output_of_a_run_holds_a_date_of_its_input(finished):
    study, project, *_ = finished
    # what is wrong is told of, and dates in wrong places are told of most
    export = study.folder / "redcap" / "export.csv"
    with export.open(newline="") as stream:
        lines = list(csv.DictReader(stream))
    wrong = [row for row in lines if row["redcap_repeat_instrument"] == "adverse_events"]
    wrong[0] |= {"adverse_events_grade": "04.03.2019", "adverse_events_term": "rash 5 Mar 2019"}
    wrong[1] |= {"adverse_events_term": "rash since 2019-03-06"}
    with export.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, project.columns)
        writer.writeheader()
        writer.writerows(lines)
    config = study.read_config()
    config["study"]["data_cut"] = {"name": "interim1", "date": CUT.isoformat()}
    study.write_config(config)
    said = study.run_well()
    dates = {date.fromisoformat(one) for one in project.dates()}
    dates |= {CUT, date(2019, 3, 4), date(2019, 3, 5), date(2019, 3, 6)}
    forms = sorted(re.escape(text) for when in dates for text in spellings(when))
    pattern = re.compile(rf"(?<![0-9A-Za-z])(?:{'|'.join(forms)})(?![0-9A-Za-z])")
    assert pattern.search(export.read_text())

    found = {
        str(name): hit[0]
        for name, text in texts_below(study.folder)
        if (hit := pattern.search(text))
    }

    assert found == {}
    assert not pattern.search(said)
    assert "(a date)" in study.result("intake/problems.tsv").read_text()
    assert "rash since (a date)" in json.dumps(records_of_latest(study))


def records_of_latest(study):
    paths = study.result("intake/plan").glob("clinical-*.json")
    return json.loads(max(paths, key=lambda path: path.stat().st_mtime).read_text())
