"""The same study as sheets with days and as a REDCap project with dates: the same records."""

import json
from datetime import date, timedelta

import pytest

from correlates.intake.clinical_sheets import clinical_records
from correlates.intake.sheets.study import OF_CLINIC, read_study
from correlates.simulate.clinic.write import simulate_clinic
from correlates.tables import read_tsv
from redcap_maker import ProjectOfSheets

KINDS = ("patients", "samples", "cbc", *(kind for kind in OF_CLINIC if kind != "dates"))
TODAY = date(2035, 1, 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return the sheets of a simulated clinic, and the same as a project."""
    folder = tmp_path_factory.mktemp("redcap")
    simulate_clinic(folder, n_patients=8, seed=3)
    return folder


@pytest.fixture(scope="module")
def project(folder):
    sheets = {kind: read_tsv(folder / f"{kind}.tsv") for kind in KINDS}
    patients = [row["patient"] for row in sheets["patients"]]
    first = {one: date(2025, 1, 10) + timedelta(days=17 * i) for i, one in enumerate(patients)}
    return ProjectOfSheets(sheets, first)


def read(folder, block):
    study = read_study({"gating": {"tnk": "tnk"}, "panels": "panels.tsv"} | block, folder, TODAY)
    records, refused = clinical_records(study, block)
    return study, records, [*study.problems, *refused]


def content(records):
    """Return the records without the place that each was read from."""
    return content_of(json.loads(records.to_json()))


def content_of(records):
    """Return what a file of records holds, without places."""
    sheets = records["sheets"]
    for rows in sheets.values():
        for row in rows:
            del row["row"], row["sheet"]
    return json.dumps(sheets, sort_keys=True)


def test_a_project_gives_the_records_that_the_sheets_give(folder, project):
    block = {kind: f"{kind}.tsv" for kind in KINDS}
    study, of_sheets, told = read(folder, block)

    again, of_project, more = read(folder, {"redcap": project.write(folder)})

    assert [one for one in more if one.stops != "nothing"] == [
        one for one in told if one.stops != "nothing"
    ]
    assert content(of_project) == content(of_sheets)
    assert len(of_sheets.rows("laboratory")) > 50
    assert [row.values for row in again.rows("cbc")] == [row.values for row in study.rows("cbc")]
    assert project.dates()


def test_nothing_that_is_read_of_a_project_shows_a_date(folder, project):
    _, records, problems = read(folder, {"redcap": project.write(folder)})

    text = records.to_json() + "".join(map(str, problems))

    assert not [one for one in project.dates() if one in text]
