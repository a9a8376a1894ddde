"""Thresholds that a person set in one file: read, refused, applied, shown and left out again."""

from dataclasses import replace

import pytest

from correlates.flow.counts.dependents import OPEN
from correlates.flow.counts.override_effects import override_effects, override_marks
from correlates.flow.outcome import population_rows, threshold_rows
from correlates.flow.overrides import check_overrides
from correlates.flow.templates.methods import OVERRIDDEN, Settings
from correlates.flow.templates.template import read_template
from correlates.intake.acquisitions import Acquisition
from correlates.intake.records import Plan
from correlates.intake.sheets.overrides import read_overrides
from correlates.intake.sheets.sheet import read_sheet
from correlates.report.overrides import overrides_in_words
from correlates.simulate.cohort import simulate_cohort
from correlates.tables import read_tsv
from study import ROOT
from test_gating_job import gate

TEMPLATE = ROOT / "resources" / "gating" / "tnk.csv"
HEADER = "acquisition,sample,population,marker,threshold,author,date,reason,outcomes_open\n"
KEY = "P01_C1D1__tnk__full"


def acquisition(sample, panel="tnk", tube="full"):
    patient, visit = sample.split("_")[:2]
    return Acquisition(
        f"{sample}__{panel}__{tube}",
        sample,
        patient,
        visit,
        "pre",
        "fresh_wb",
        panel,
        tube,
        "",
        None,
        "",
        None,
        f"{sample}.fcs",
        "0",
    )


def read(tmp_path, *rows, gating=None):
    """Return the overrides that could be read, and the problems of the sheet."""
    path = tmp_path / "overrides.csv"
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows))
    sheet = read_sheet(path, "overrides", "overrides.csv")
    known = (acquisition("P01_C1D1"), acquisition("P02_C1D1"))
    return read_overrides(sheet, known, gating or {"tnk": str(TEMPLATE)}), sheet.problems


def line(file=KEY, sample="", population="lymph", marker="CD45", threshold="4500", **others):
    told = {"author": "AB", "date": "2025-03-31", "reason": "dim CD45", "outcomes_open": "no"}
    told |= others
    return ",".join([file, sample, population, marker, threshold, *told.values()])


def test_a_row_names_its_file_by_key_or_by_sample(tmp_path):
    overrides, problems = read(tmp_path, line(), line("", "P02_C1D1", threshold="5e3"))

    assert problems == []
    assert [(one["acquisition"], one["threshold"]) for one in overrides] == [
        (KEY, 4500.0),
        ("P02_C1D1__tnk__full", 5000.0),
    ]


def test_no_date_leaves_the_sheet(tmp_path):
    overrides, _ = read(tmp_path, line())
    plan = Plan(acquisitions=(acquisition("P01_C1D1"),), overrides=overrides)

    assert "2025" not in plan.to_json()
    assert Plan.from_json(plan.to_json()) == plan
    assert plan.overrides_of(KEY) == [["lymph", "CD45", 4500.0]]


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        pytest.param(line("P01_C1D2__tnk__full"), "acquisition", KEY, id="an unknown file"),
        pytest.param(line("", "P03_C1D1"), "sample", "P02_C1D1", id="an unknown sample"),
        pytest.param(line("", ""), "acquisition", "sample and panel", id="no file at all"),
        pytest.param(line(author=""), "author", "must not be empty", id="no author"),
        pytest.param(line(reason=""), "reason", "must not be empty", id="no reason"),
        pytest.param(line(date=""), "date", "must not be empty", id="no date"),
        pytest.param(line(outcomes_open=""), "outcomes_open", "must not be empty", id="not said"),
        pytest.param(line(outcomes_open="some"), "outcomes_open", "yes or no", id="neither"),
        pytest.param(line(threshold="4.500 au"), "threshold", "not a number", id="no number"),
        pytest.param(line(date="2025-02-30"), "date", "no such day", id="no such day"),
        pytest.param(line(date="31.03.2025"), "date", "2025-03-31", id="another form of date"),
        pytest.param(line(reason="as of 31.03.2025"), "reason", "calendar date", id="date in text"),
    ],
)
def test_a_wrong_row_is_refused_with_its_place(tmp_path, row, column, said):
    overrides, problems = read(tmp_path, line("P02_C1D1__tnk__full"), row)

    assert [one["acquisition"] for one in overrides] == ["P02_C1D1__tnk__full"]
    (problem,) = problems
    assert (problem.row, problem.column, problem.stops) == (3, column, "row")
    assert said in str(problem)
    assert "31.03" not in str(problem)


def test_one_threshold_named_twice_is_left_out(tmp_path):
    overrides, problems = read(tmp_path, line(), line("", "P01_C1D1", threshold="5000"))

    assert overrides == ()
    assert [problem.row for problem in problems] == [2, 3]


def planned(tmp_path, *rows, gating=str(TEMPLATE)):
    overrides, problems = read(tmp_path, *rows)
    assert problems == []
    files = (acquisition("P01_C1D1"), acquisition("P02_C1D1"))
    return Plan(acquisitions=files, gating={"tnk": gating}, overrides=overrides)


def test_the_marker_is_spelt_as_in_the_template(tmp_path):
    kept, problems = check_overrides(planned(tmp_path, line(marker="cd45")))

    assert problems == []
    assert kept[0]["marker"] == "CD45"


@pytest.mark.parametrize(
    ("row", "gating", "column", "said"),
    [
        pytest.param(
            line(population="lymf"), str(TEMPLATE), "population", "lymph", id="unknown population"
        ),
        pytest.param(
            line(population="single"), str(TEMPLATE), "population", "singletGate", id="no cut"
        ),
        pytest.param(line(marker="CD3"), str(TEMPLATE), "marker", "CD45", id="another marker"),
        pytest.param(line(), "drawn.wsp", "acquisition", "Change the drawing", id="FlowJo"),
        pytest.param(line(), "drawn.xml", "acquisition", "Change the drawing", id="GatingML"),
    ],
)
def test_what_a_template_cannot_take_is_refused(tmp_path, row, gating, column, said):
    kept, problems = check_overrides(planned(tmp_path, row, gating=gating))

    assert kept == ()
    (problem,) = problems
    assert (problem.row, problem.column, problem.stops) == (2, column, "row")
    assert said in str(problem)


def test_a_tube_that_others_are_judged_by_is_left_alone(tmp_path):
    plan = planned(tmp_path, line())
    fmo = replace(plan.acquisitions[0], tube="fmo_CD57")

    kept, problems = check_overrides(replace(plan, acquisitions=(fmo,)))

    assert kept == ()
    assert "in the files that use it" in str(problems[0])


def test_populations_that_share_a_threshold_cannot_have_two(tmp_path):
    rows = [line(population=name, marker="CD4") for name in ("t_cd4", "t_dp")]

    kept, problems = check_overrides(planned(tmp_path, *rows))

    assert kept == ()
    assert [problem.row for problem in problems] == [2, 3]


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Return one file's outcome with an override of the CD4 threshold, and without it."""
    folder = tmp_path_factory.mktemp("overridden")
    simulate_cohort(folder, n_patients=1, n_events=6000, seed=5)
    markers = {row["channel"]: row["marker"] for row in read_tsv(folder / "panels.tsv")}
    file = folder / "fcs" / "P01_C1D1_tnk.fcs"
    settings = Settings(overrides={("t_cd4", "CD4"): 30000.0})
    return gate(file, markers, settings=settings), gate(file, markers)


def counts(outcome):
    return {row["population"]: row["n"] for row in population_rows(outcome)}


def test_an_override_moves_its_own_threshold_and_no_other(both):
    with_it, without = (
        {(row["population"], row["marker"]): row["threshold"] for row in threshold_rows(outcome)}
        for outcome in both
    )
    moved = {key for key, value in with_it.items() if value != without[key]}

    # the four quadrants of one row share both thresholds
    assert moved == {(name, "CD4") for name in ("t_cd4", "t_cd8", "t_dp", "t_dn")}
    assert all(with_it[key] == pytest.approx(30000) for key in moved)


def test_the_count_is_that_of_the_events_beyond_the_threshold(both):
    with_it, _ = both
    events, inside = with_it.events, with_it.gated.members("t")
    channel = {marker: channel for channel, marker in with_it.markers.items()}
    cd4 = events.values(channel["CD4"], with_it.compensation)[inside]
    cd8 = events.values(channel["CD8"], with_it.compensation)[inside]
    cut = with_it.thresholds["t_cd4"]["CD8"]

    assert counts(with_it)["t_cd4"] == ((cd4 >= 30000) & (cd8 < cut)).sum()


def test_what_rests_on_it_is_flagged_in_the_file_or_by_the_cohort(both):
    with_it, without = both
    template = read_template(TEMPLATE)
    plan = Plan(
        acquisitions=(acquisition("P01_C1D1"),), overrides=(override(), override(open_=True))
    )
    marks = override_marks(plan, {KEY: template})
    changed = {name for name, n in counts(with_it).items() if n != counts(without)[name]}

    assert OVERRIDDEN in with_it.flags["t_cd4"]
    assert "t_cd4" in changed
    assert changed <= {population for _, population in marks}
    assert (KEY, "nk") not in marks
    assert set(marks[KEY, "t_cd4_naive"]) == {OVERRIDDEN, OPEN}


def override(open_=False):
    return {
        "acquisition": KEY,
        "population": "t_cd4",
        "marker": "CD4",
        "threshold": 30000.0,
        "author": "AB",
        "reason": "a second population",
        "outcomes_open": open_,
        "sheet": "overrides.csv",
        "row": 2,
    }


def test_the_effect_is_shown_for_all_that_rests_on_it(both):
    with_it, without = both
    tables = tuple({KEY: [as_text(row) for row in population_rows(each)]} for each in both)
    rows = list(
        override_effects(
            [override()],
            {KEY: read_template(TEMPLATE)},
            tables,
            {KEY: [as_text(row) for row in threshold_rows(without)]},
        )
    )
    by_name = {row["population"]: row for row in rows}
    n, n_without = (counts(each)["t_cd4"] for each in both)
    parent = counts(with_it)["t"]

    row = by_name["t_cd4"]
    assert (int(row["n"]), int(row["n_as_templated"])) == (n, n_without)
    assert row["points"] == pytest.approx(100 * (n - n_without) / parent, abs=1e-3)
    assert row["outcomes_open"] == "no"
    assert 0 < float(row["threshold_as_templated"]) < 30000
    assert "t" not in by_name
    assert {"t_cd4_naive", "t_cd8", "t_dp"} <= set(by_name)


def as_text(row):
    return {key: str(value) for key, value in row.items()}


def test_the_page_says_how_many_and_who_knew():
    row = {"acquisition": KEY, "gate": "t", "marker": "CD3", "threshold": "1"}
    rows = [row | {"outcomes_open": "no"}, row | {"gate": "nk", "outcomes_open": "yes"}]

    said = overrides_in_words(rows)

    assert said == "2 thresholds in 1 file; outcomes were open to the author of 1"
    assert overrides_in_words([]) == ""
