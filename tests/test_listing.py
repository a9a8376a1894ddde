"""What becomes of every file that was seen, and what strict mode makes of it."""

import pytest

from correlates.intake.acquisitions import Acquisition, Listed
from correlates.intake.duplicates import find_duplicates
from correlates.intake.listing import DUPLICATE_REMEDY, FILE_COLUMNS, list_files, write_files
from correlates.intake.records import Plan
from correlates.intake.strict import Incomplete, left_out
from correlates.tables import read_tsv


def acquisition(name, sha256):
    patient, visit = name.split("_")
    return Acquisition(
        acquisition=f"{name}__tnk__full",
        sample=name,
        patient=patient,
        visit=visit,
        timepoint="pre",
        specimen="fresh_wb",
        panel="tnk",
        tube="full",
        batch="",
        study_day=1.0,
        study_day_source="planned",
        hours_post_dose=None,
        path=f"fcs/{name}.fcs",
        sha256=sha256,
    )


def verdict(name, word="accepted", findings=(), simulated=False):
    return {
        "acquisition": f"{name}__tnk__full",
        "verdict": word,
        "findings": list(findings),
        "n_events": 100,
        "cytometer": "X",
        "simulated": simulated,
        "compensated_by": "file",
    }


WARNING = {"code": "w", "message": "Odd.", "remedy": "Look.", "severity": "warning"}
INFO = {"code": "i", "message": "By the way.", "remedy": "Nothing to do.", "severity": "info"}
WAITING = Listed("fcs/new.fcs", "waiting", "It is still growing.", "Run again later.")


def listed(tmp_path, plan, verdicts):
    write_files(tmp_path / "files.tsv", list_files(plan, verdicts))
    return {row["path"]: row for row in read_tsv(tmp_path / "files.tsv")}


def test_every_file_has_a_row_with_its_state(tmp_path):
    plan = Plan(acquisitions=(acquisition("P1_C0D1", "a"),), listed=(WAITING,))

    rows = listed(tmp_path, plan, [verdict("P1_C0D1", "accepted_with_warning", [WARNING, INFO])])

    assert tuple(rows["fcs/new.fcs"]) == FILE_COLUMNS
    assert rows["fcs/new.fcs"]["state"] == "waiting"
    assert rows["fcs/P1_C0D1.fcs"]["state"] == "accepted_with_warning"
    assert rows["fcs/P1_C0D1.fcs"]["reason"] == "Odd."
    assert rows["fcs/P1_C0D1.fcs"]["remedy"] == "Look."
    assert rows["fcs/P1_C0D1.fcs"]["notes"] == "By the way.", "what changes nothing is told too"
    assert rows["fcs/new.fcs"]["notes"] == ""


def test_copies_name_each_other_and_a_single_file_is_no_copy():
    files = [
        acquisition("P1_C0D1", "a"),
        acquisition("P2_C0D1", "b"),
        acquisition("P3_C0D1", "a"),
        acquisition("P4_C0D1", "a"),
    ]

    copies = find_duplicates(files)

    assert set(copies) == {"P1_C0D1__tnk__full", "P3_C0D1__tnk__full", "P4_C0D1__tnk__full"}
    reason = copies["P1_C0D1__tnk__full"]
    assert "fcs/P3_C0D1.fcs and fcs/P4_C0D1.fcs" in reason
    assert "P1" not in reason


def test_a_copy_that_belongs_to_nobody_makes_the_other_doubtful(tmp_path):
    stranger = Listed("fcs/P77_C0D1.fcs", "unmatched", "Nobody knows P77.", "", sha256="a")
    plan = Plan(acquisitions=(acquisition("P1_C0D1", "a"),), listed=(stranger, WAITING))

    rows = listed(tmp_path, plan, [verdict("P1_C0D1")])

    assert rows["fcs/P1_C0D1.fcs"]["state"] == "duplicate"
    assert "fcs/P77_C0D1.fcs" in rows["fcs/P1_C0D1.fcs"]["reason"]
    assert rows["fcs/P77_C0D1.fcs"]["state"] == "unmatched"
    assert rows["fcs/P77_C0D1.fcs"]["reason"] == (
        "Nobody knows P77; its content is that of fcs/P1_C0D1.fcs."
    )
    assert rows["fcs/P77_C0D1.fcs"]["remedy"] == DUPLICATE_REMEDY


def test_two_copies_that_are_nobodys_name_each_other_and_exclude_nothing(tmp_path):
    strays = tuple(
        Listed(f"fcs/{name}.fcs", "unmatched", "its name does not match the pattern", "Rename it.",
               sha256="b")
        for name in ("x", "y")
    )  # fmt: skip
    plan = Plan(acquisitions=(acquisition("P1_C0D1", "a"),), listed=strays)

    rows = listed(tmp_path, plan, [verdict("P1_C0D1")])

    assert rows["fcs/x.fcs"]["reason"].endswith("the pattern; its content is that of fcs/y.fcs.")
    assert rows["fcs/y.fcs"]["reason"].endswith("the pattern; its content is that of fcs/x.fcs.")
    assert rows["fcs/x.fcs"]["remedy"] == "Rename it."
    assert rows["fcs/P1_C0D1.fcs"]["state"] == "accepted"


def test_a_copy_keeps_what_was_found_in_it(tmp_path):
    plan = Plan(acquisitions=(acquisition("P1_C0D1", "a"), acquisition("P2_C0D1", "a")))
    refused = verdict("P1_C0D1", "refused", [WARNING | {"severity": "error"}])

    rows = listed(tmp_path, plan, [refused, verdict("P2_C0D1", "accepted", [WARNING])])

    first, second = rows["fcs/P1_C0D1.fcs"], rows["fcs/P2_C0D1.fcs"]
    assert first["reason"] == "Odd. The file's content is that of fcs/P2_C0D1.fcs."
    assert first["remedy"] == f"Look. {DUPLICATE_REMEDY}"
    assert second["reason"] == "The file's content is that of fcs/P1_C0D1.fcs. Odd."
    assert second["remedy"] == f"{DUPLICATE_REMEDY} Look."


@pytest.mark.parametrize(
    ("word", "state"),
    [
        pytest.param("accepted", "duplicate", id="an accepted copy is a duplicate"),
        pytest.param("refused", "refused", id="a refused copy stays refused"),
    ],
)
def test_the_state_of_copies(tmp_path, word, state):
    files = (acquisition("P1_C0D1", "a"), acquisition("P2_C0D1", "a"))

    rows = listed(
        tmp_path, Plan(acquisitions=files), [verdict("P1_C0D1", word), verdict("P2_C0D1")]
    )

    assert rows["fcs/P1_C0D1.fcs"]["state"] == state
    assert rows["fcs/P2_C0D1.fcs"]["state"] == "duplicate"


def test_simulated_files_say_so(tmp_path):
    plan = Plan(acquisitions=(acquisition("P1_C0D1", "a"),))

    rows = listed(tmp_path, plan, [verdict("P1_C0D1", simulated=True)])

    assert rows["fcs/P1_C0D1.fcs"]["simulated"] == "yes"


def test_strict_names_what_was_left_out_and_not_the_rest():
    files = [
        {"path": "a.fcs", "state": "accepted_with_warning", "reason": "Odd.", "remedy": "Look."},
        {"path": "b.fcs", "state": "refused", "reason": "Empty.", "remedy": "Copy it again."},
        {"path": "c.fcs", "state": "unmatched", "reason": "unknown patient", "remedy": "Add it."},
    ]
    problem = {"file": "patients.tsv", "column": "age_y", "problem": "is no number"}
    problem |= {"remedy": "Write digits.", "stops": "row"}
    problems = [
        *(problem | {"row": str(row), "value": f"{row},5"} for row in range(3, 9)),
        problem | {"row": "3", "value": "x", "column": "sex"},
        problem | {"row": "9", "value": "", "stops": "nothing"},
    ]

    missed = left_out(files, problems)

    assert missed.lines == (
        "b.fcs: refused. Empty. Copy it again.",
        "c.fcs: unmatched. unknown patient. Add it.",
        "patients.tsv, rows 3, 4, 5 and 3 more, age_y: is no number "
        "(found '3,5', '4,5', '5,5' and 3 more). Write digits.",
        "patients.tsv, row 3, sex: is no number (found 'x'). Write digits.",
    )
    said = str(Incomplete(missed, "report.html"))
    assert "8 of the study's files or rows" in said, "a row with two problems is one row"
    assert missed.lines[2] in said
