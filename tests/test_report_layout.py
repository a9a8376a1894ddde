import csv
from pathlib import Path

import pandas as pd
import pytest

from correlates.flow.figures.labels import FLAG_WORDS
from correlates.pages.stacking import label_cells
from correlates.report.glossary import MEANINGS, gate_flags, glossary
from correlates.report.inputs import NEEDED, Content, ReportInputs
from correlates.report.names import POPULATIONS, feature_name, item_name, marker_name
from correlates.report.origin import inputs_digest
from correlates.report.page import compensation_words, file_groups
from correlates.report.summary import endpoint_rows, patients_left_out, summarise
from correlates.report.trajectories import features_not_shown, features_to_show

TEMPLATE = Path(__file__).parent.parent / "resources" / "gating" / "tnk.csv"


def problem(row, column="response", value="x", stops="row", file="patients.tsv"):
    return {"file": file, "row": row, "column": column, "value": value, "stops": stops}


def rows_of_files(states):
    return [
        {"state": state, "acquisition": f"f{number}", "reason": ""}
        for number, state in enumerate(states)
    ]


def content(problems=(), statuses=("ok",), files=(), exclusions=(), patients=("P01", "P02")):
    """Return what the report reads of a study whose sheet holds two good rows."""
    endpoints = [
        {"patient": name, "endpoint": "cr", "kind": "binary", "value": "1.0", "evaluable": "True"}
        | {"criteria_version": "iwCLL2018", "reason": ""}
        for name in patients
    ]
    measured = {"feature": "nk__abs", "sample": "s", "patient": "P01", "visit": "C0D1"}
    return Content(
        **dict.fromkeys(("baselines", "contrasts", "contrast_values", "predictions", "model"), []),
        files=rows_of_files(files),
        problems=list(problems),
        endpoints=endpoints,
        exclusions=list(exclusions),
        measurements=pd.DataFrame([measured | {"status": status} for status in statuses]),
        patients_sheet="patients.tsv",
    )


@pytest.mark.parametrize(
    ("problems", "expected"),
    [
        pytest.param([], 0, id="a good sheet"),
        pytest.param([problem("4")], 1, id="a row whose problem names no patient"),
        pytest.param([problem("4"), problem("5")], None, id="two, which may be of one patient"),
        pytest.param(
            [problem("5"), problem("4", "patient", "P03")],
            None,
            id="a bad row, and a good one of the same patient that is left out for it",
        ),
        pytest.param([problem("4"), problem("5", "patient", "P01")], 1, id="a bad row and a copy"),
        pytest.param(
            [problem("4", "patient", "P09"), problem("4")], 1, id="two problems, one naming it"
        ),
        pytest.param([problem("4"), problem("4", "age_y")], 1, id="two bad cells in a row"),
        pytest.param([problem("4", stops="nothing")], 0, id="a warning leaves nobody out"),
        pytest.param([problem("4", file="cbc.tsv")], 0, id="a row of another sheet is no patient"),
        pytest.param([problem("4", "patient", "P01")], 0, id="a copy of a good row"),
        pytest.param(
            [problem("4", "patient", "P09"), problem("5", "patient", "P09")],
            1,
            id="one patient in two rows that contradict each other",
        ),
        pytest.param([problem("4", "patient", "")], None, id="a row of anybody"),
    ],
)
def test_patients_left_out_are_counted_from_the_problems_of_their_sheet(problems, expected):
    assert patients_left_out(content(problems)) == expected


def test_patients_left_out_stay_in_the_denominators():
    """The sheet holds two good rows and one bad one."""
    study = content([problem("4")])

    said = summarise(study)

    assert said["tiles"][0] == ("2 of 3 patients", "1 left out for their row")
    assert [(row["evaluable"], row["n"]) for row in said["endpoints"]] == [(2, 3)]


def test_where_patients_are_not_known_what_was_left_out_is_said_by_rows():
    """A good and a bad row of one patient: the second has no name, and no patient is invented."""
    said = summarise(content([problem("5"), problem("2", "patient", "P03")]))

    assert said["tiles"][0] == ("2 patients", "used; 2 rows of the sheet left out")
    assert (said["patients_left_out"], said["rows_left_out"]) == (None, 2)
    assert [row["n"] for row in said["endpoints"]] == [2]


def test_a_copy_of_a_row_leaves_no_patient_out():
    said = summarise(content([problem("4", "patient", "P01")]))

    assert said["tiles"][0] == ("2 patients", "no patient was left out")
    assert "Left out: 1 row of the sheets." in said["left_out"]


def test_without_a_row_left_out_the_denominator_is_the_table():
    assert [row["n"] for row in endpoint_rows(content().endpoints)] == [2]
    assert summarise(content())["tiles"][0][0] == "2 patients"


def end(name, kind, value="", event="", evaluable="yes"):
    row = {"patient": "P01", "endpoint": name, "kind": kind, "criteria_version": ""}
    return row | {"value": value, "event": event, "evaluable": evaluable, "reason": ""}


def test_times_are_counted_by_their_events_and_numbers_by_their_range():
    rows = [
        *(end("pfs_c2d1", "survival", event=event) for event in ("1", "0", "0")),
        end("pfs_c2d1", "survival", evaluable="no"),
        *(end("spd_pct_change_best", "continuous", value) for value in ("-62.5", "12", "-80")),
        end("os", "survival", evaluable="no"),
    ]

    landmark, change, absent = endpoint_rows(rows)

    assert (landmark["evaluable"], landmark["values"]) == (3, [("event", 1), ("censored", 2)])
    assert landmark["words"] == (
        "days from C2D1 to progression or death, of patients still at risk there"
    )
    assert change["values"] == [("-80 to 12", 3)]
    assert absent["values"] == []
    (one,) = endpoint_rows([end("tfr_onset_d", "continuous", "5")])
    assert one["values"] == [("5", 1)]


def test_the_summary_names_the_data_cut_and_says_if_nothing_was_measured():
    study = content(statuses=("not_evaluable", "not_evaluable"))
    for row in study.endpoints:
        row["data_cut"] = "interim1"

    said = summarise(study)

    assert (said["cut"], said["no_value"]) == ("interim1", True)
    other = summarise(content(statuses=("not_evaluable", "nd")))
    assert (other["cut"], other["no_value"]) == ("", False)


def test_tiles_keep_files_and_measurements_apart_and_a_limit_is_no_exclusion():
    """Files: one used, one refused. Measurements: two within limits, one below, one without."""
    study = content(statuses=("ok", "ok", "nd", "not_evaluable"), files=("accepted", "refused"))

    _, files, measurements = summarise(study)["tiles"]

    assert files == ("1 of 2 files", "1 not used, each with its reason")
    assert measurements[0] == "4 measurements"
    assert measurements[1].startswith("2 within limits; 1 below or above a limit, used as such; 1 ")


def test_what_was_left_out_is_told_from_what_only_stands_at_a_limit():
    exclusions = [
        {"what": "file", "status": "refused"},
        {"what": "measurement", "status": "nd"},
        {"what": "endpoint", "status": "not_evaluable"},
        {"what": "baseline", "status": "passed_over"},
    ]

    said = summarise(content([problem("4")], ("nd",), ("refused",), exclusions))["left_out"]

    assert "Left out: 1 row of the sheets, 1 file." in said
    assert "Missing or not evaluable: 1 endpoint." in said
    assert "1 measurement below or above a limit: not excluded" in said


def test_files_that_were_not_used_stand_first_and_those_used_are_folded():
    states = ["accepted", "refused", "accepted_with_warning", "waiting", "accepted"]

    groups = file_groups(rows_of_files(states), {})

    assert [(name, is_open, len(rows)) for name, is_open, rows in groups] == [
        ("Not used", True, 2),
        ("Used, with a warning", True, 1),
        ("Used", False, 2),
    ]


def test_a_reference_tube_is_accepted_and_not_used():
    tube = {"what": "acquisition", "item": "f1", "status": "excluded", "reason": "reference tube"}
    study = content(files=("accepted", "accepted_with_warning"), exclusions=[tube])
    study.files[1]["reason"] = "Few events."

    groups = {name: rows for name, _, rows in file_groups(study.files, study.idle)}

    assert {name: [row["acquisition"] for row in rows] for name, rows in groups.items()} == {
        "Not used": ["f1"],
        "Used": ["f0"],
    }
    assert groups["Not used"][0]["reason"] == "Reference tube. Few events."
    assert summarise(study)["tiles"][1] == ("1 of 2 files", "1 not used, each with its reason")


def test_every_cell_says_its_column_where_a_narrow_screen_stacks_them():
    page = (
        '<p>before</p><table><thead><tr><th scope="col">Patient</th><th scope="col" class="num">'
        'p &lt; "q"</th></tr></thead><tbody><tr><th scope="row" class="path">P01</th>'
        '<td class="num">1</td></tr><tr class="why"><td colspan="2">because</td></tr></tbody>'
        "</table>"
    )

    labelled = label_cells(page)

    assert '<th scope="row" data-label="Patient" class="path">P01' in labelled
    assert '<td data-label="p &lt; &quot;q&quot;" class="num">1' in labelled
    assert labelled.count("data-label") == 2
    assert labelled.startswith("<p>before</p>")


@pytest.mark.parametrize(
    ("feature", "expected"),
    [
        ("t_cd4__abs", "CD4+ T cells per µL"),
        ("nk_cd57__pct__nk", "CD57+ NK cells, % of NK cells"),
        ("cll__mfi__cd5", "CD5 intensity of CLL cells"),
        ("mine__abs", "mine__abs"),
        ("t__pct__mine", "t__pct__mine"),
        ("t__occupancy", "t__occupancy"),
    ],
)
def test_a_feature_reads_as_words_and_an_unknown_one_keeps_its_key(feature, expected):
    assert feature_name(feature) == expected


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("nk__abs@B1, fresh_wb", "NK cells per µL at B1, fresh whole blood"),
        ("t_dp__mfi, cryo_pbmc", "Intensities of CD4+ CD8+ T cells, cryopreserved PBMC"),
        ("12 features@B1, fresh_wb", ""),
        ("mine__abs@B1, fresh_wb", ""),
        ("patients.tsv, row 4, response", ""),
    ],
)
def test_an_item_of_the_exclusions_reads_as_words(item, expected):
    assert item_name(item) == expected


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        ("nk__abs@B1", "NK cells per µL at B1"),
        ("nk__abs@B1@marrow", "NK cells per µL at B1, marrow"),
        ("mine__abs@B1", "mine__abs@B1"),
    ],
)
def test_a_marker_reads_as_words(marker, expected):
    assert marker_name(marker) == expected


def test_every_population_of_the_shipped_template_has_a_name():
    with TEMPLATE.open(encoding="utf-8", newline="") as stream:
        aliases = {name for row in csv.DictReader(stream) for name in row["alias"].split(",")}

    assert aliases - set(POPULATIONS) == set()


def test_flags_of_gates_are_explained_in_the_words_of_the_figures():
    found = gate_flags([["fallback_no_valley", "day_planned"], []])

    assert found == [("no valley found", MEANINGS["fallback_no_valley"])]
    assert set(FLAG_WORDS) <= set(MEANINGS)


def test_a_count_that_is_missing_is_explained_where_it_occurs():
    found = glossary([["cbc_alc_missing"], ["cbc_wbc_not_positive", "cbc_far"]])

    assert [word for word, _ in found] == ["cbc alc missing", "cbc wbc not positive"]
    assert "no lymphocyte count (ALC) of this draw" in found[0][1]
    assert "cbc alc missing" not in dict(glossary([["few_events"]]))


@pytest.mark.parametrize(("amount", "said"), [(1, "1 FCS file"), (2, "2 FCS files")])
def test_the_digest_of_the_files_says_of_how_many(tmp_path, amount, said):
    table = tmp_path / "table.tsv"
    table.touch()
    tables = dict.fromkeys([*NEEDED, "measurements", "model"], table)
    study = content(files=["accepted"] * amount)
    for row in study.files:
        row["sha256"] = row["acquisition"]

    rows = inputs_digest(ReportInputs("", **tables, figures={}, settings={}), study)

    assert rows[0][0] == f"content of {said}"


HELD = pd.DataFrame({"feature": ["t__abs", "t__pct__lymph", "nk__abs", "b__abs"], "status": "ok"})


@pytest.mark.parametrize(
    ("wanted", "shown", "absent"),
    [
        pytest.param(["nk", "t"], ["nk__abs", "t__abs"], [], id="populations, in their order"),
        pytest.param(["t__pct__lymph"], ["t__pct__lymph"], [], id="a feature in full"),
        pytest.param([], [], [], id="none"),
        pytest.param(["t", "t__abs"], ["t__abs"], [], id="once each"),
        pytest.param(
            ["nk", "nkk"],
            ["nk__abs", "t__abs", "b__abs"],
            [("nkk", "nk")],
            id="a slip, others follow",
        ),
        pytest.param(
            ["t__pct__lymf", "nk", "t", "b"],
            ["nk__abs", "t__abs", "b__abs"],
            [("t__pct__lymf", "t__pct__lymph")],
            id="an unknown feature among enough",
        ),
    ],
)
def test_the_config_says_which_features_are_drawn(wanted, shown, absent):
    assert features_to_show(HELD, wanted) == shown
    assert features_not_shown(HELD, wanted) == absent


def test_the_methods_say_what_was_compensated_and_how():
    files = [{"compensated_by": origin} for origin in ("file", "file", "nothing", "")]

    assert compensation_words(files) == (
        "2 with the matrix that the file holds; "
        "1 taken as they are (no matrix in the file, or none asked for)"
    )
    assert compensation_words([]) == "none was read"
