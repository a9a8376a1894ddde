"""The laboratory's page: what asks for something, whose gates stand behind, and no outcome."""

import re

import pytest

from correlates.flow.controls.charts import COLUMNS as CHART_COLUMNS
from correlates.flow.counts.placements import COLUMNS as PLACEMENT_COLUMNS
from correlates.flow.figures.figure import draw_refusal
from correlates.flow.figures.plots import plots_of
from correlates.flow.figures.positions import lines_of_others
from correlates.flow.gating.gates import (
    ROOT,
    Dimension,
    Divider,
    PolygonGate,
    Quadrant,
    QuadrantGate,
    RectangleGate,
    Strategy,
    Transform,
    to_json,
)
from correlates.intake.listing import FILE_COLUMNS, PROBLEM_COLUMNS
from correlates.lab.inputs import LabInputs
from correlates.lab.others import comparable
from correlates.lab.page import build_lab_page
from correlates.pages.assay_quality import files_by_folder
from correlates.tables import write_json, write_text, write_tsv

LINEAR_AXIS = {"transform": None, "low": 0.0, "high": 100.0}
LEDGER = ("step", "population", "applied", "n_before", "n_after", "n_removed", "flags")


def file_row(name, state="accepted", panel="tnk", batch="b1", **more):
    row = dict.fromkeys(FILE_COLUMNS, "") | {"acquisition": f"{name}_C1D1__{panel}__full"}
    row |= {"path": f"fcs/{name}.fcs", "patient": name, "visit": "C1D1", "panel": panel}
    return row | {"tube": "full", "batch": batch, "state": state, "n_events": "1000"} | more


@pytest.fixture
def page(tmp_path):
    """Return what builds a page of given files and returns its text."""

    def build(files, outliers=(), problems=(), ledgers=None, charts=(), flags=(), **settings):
        write_tsv(tmp_path / "charts.tsv", CHART_COLUMNS, charts)
        write_tsv(tmp_path / "files.tsv", FILE_COLUMNS, files)
        write_tsv(tmp_path / "problems.tsv", PROBLEM_COLUMNS, problems)
        write_tsv(tmp_path / "placements.tsv", PLACEMENT_COLUMNS, outliers)
        kinds = {"populations": {}, "strategies": {}, "figures": {}, "ledgers": {}}
        for row in files:
            name = row["acquisition"]
            if not name:
                continue
            kinds["populations"][name] = tmp_path / f"{name}.tsv"
            write_tsv(kinds["populations"][name], ("population", "flags"), flags)
            kinds["strategies"][name] = tmp_path / f"{name}.json"
            write_json(kinds["strategies"][name], to_json(Strategy(())))
            kinds["figures"][name] = tmp_path / f"{name}.svg"
            write_text(kinds["figures"][name], draw_refusal(name, ["no reason"]))
            kinds["ledgers"][name] = tmp_path / f"{name}.ledger"
            write_tsv(kinds["ledgers"][name], LEDGER, (ledgers or {}).get(name, []))
        inputs = LabInputs(
            title="A study",
            files=tmp_path / "files.tsv",
            problems=tmp_path / "problems.tsv",
            placements=tmp_path / "placements.tsv",
            control_charts=tmp_path / "charts.tsv",
            **kinds,
            **settings,
        )
        build_lab_page(inputs, tmp_path / "lab.html")
        return (tmp_path / "lab.html").read_text()

    return build


def to_do(text):
    section = text[text.index('id="today"') : text.index('id="files"')]
    return re.findall(r'class="path"[^>]*>(?:<a[^>]*>)?([^<]+)', section)


def test_what_asks_for_something_is_listed_with_reason_and_remedy(page):
    bad = file_row("P02", "refused", reason="It is truncated.", remedy="Copy it again.")

    text = page([file_row("P01"), bad])

    assert to_do(text) == ["fcs/P02.fcs"]
    assert "It is truncated." in text
    assert "Copy it again." in text


def test_a_gate_far_from_the_others_asks_to_be_looked_at(page):
    row = file_row("P01")
    outlier = dict.fromkeys(PLACEMENT_COLUMNS, "") | {"acquisition": row["acquisition"]}
    outlier |= {"population": "nk", "marker": "CD56", "threshold": "9000", "outlier": "yes"}
    outlier |= {"median_of_others": "700"}

    text = page([row, file_row("P02")], [outlier, outlier | {"population": "nk_dim"}])

    assert to_do(text) == ["fcs/P01.fcs"]
    assert (
        "gate of nk, nk_dim on CD56 lies far from those of the other files (9,000 against 700)"
        in text
    )


def test_an_outlier_that_an_override_set_asks_for_no_other_override(page):
    row = file_row("P01")
    outlier = dict.fromkeys(PLACEMENT_COLUMNS, "") | {"acquisition": row["acquisition"]}
    outlier |= {"population": "nk", "marker": "CD56", "threshold": "9000", "outlier": "yes"}
    outlier |= {"median_of_others": "700"}

    text = page([row], [outlier], flags=[{"population": "nk", "flags": "overridden"}])

    assert "(9,000 against 700), where an override set it." in text
    assert "Look whether the override is right." in text
    assert "write an override" not in text


def test_when_all_is_well_the_page_says_so(page):
    assert "Nothing: every file was accepted" in page([file_row("P01")])


def test_a_control_that_is_out_and_a_tube_that_was_missed_are_things_to_do(page):
    flags = [
        {"population": "pd1_pos", "flags": "fmo_missing;fallback_own_events"},
        {"population": "t_pd1", "flags": "fmo_missing;fallback_own_events"},
        {"population": "nk", "flags": "fallback_no_valley"},
    ]
    charts = [chart_row("cd4", "in"), chart_row("cd8", "out")]

    text = page([file_row("P01"), file_row("R1", tube="fmo_PD1")], charts=charts, flags=flags)

    assert "Nothing: every file" not in text
    assert "Every file was accepted" in text
    assert "Batch b1, panel tnk: out of limits in 1 of 2 series" in text
    assert "<li>Panel tnk, fmo missing in 1 file: pd1_pos, t_pd1.</li>" in text


def test_each_step_shows_what_it_keeps_of_all_events(page):
    row = file_row("P01")
    steps = [("steady", 1000, 900), ("singlets", 900, 450)]
    ledger = [
        {"step": step, "population": step, "n_before": before, "n_after": after}
        for step, before, after in steps
    ]

    text = page([row], ledgers={row["acquisition"]: ledger})

    assert re.findall(r'data-label="− (?:steady|singlets)"[^>]*>([\d.]+) %', text) == [
        "90.0",
        "45.0",
    ]


@pytest.mark.parametrize(("applied", "told"), [("yes", False), ("no", True)])
def test_steps_that_were_not_applied_are_said_to_be_so(page, applied, told):
    row = file_row("P01")
    ledger = [{"step": "unsteady", "n_before": 1000, "n_after": 900, "applied": applied}]
    ledger[0] |= {"population": "steady", "flags": "time_runs_backwards"}

    text = page([row], ledgers={row["acquisition"]: ledger})

    assert ("these steps are not applied" in text) == told
    # of steps that are applied the population carries the flag
    assert ("steady (time runs backwards)" in text) == told


def test_problems_of_the_clinics_sheets_are_not_shown(page):
    rows = [
        {
            "file": "patients.tsv",
            "row": 2,
            "column": "response",
            "value": "CRX",
            "problem": "wrong",
        },
        {"file": "panels.tsv", "row": 3, "column": "marker", "value": "CD33", "problem": "unknown"},
    ]
    problems = [dict.fromkeys(PROBLEM_COLUMNS, "") | row | {"stops": "row"} for row in rows]

    text = page([file_row("P01")], problems=problems, sheets_shown=frozenset({"panels.tsv"}))

    assert "CD33" in text
    assert "CRX" not in text


def test_blinded_is_said_and_only_an_open_page_leads_to_the_report(page):
    assert "This page is blinded" in page([file_row("P01")])
    opened = page([file_row("P01")], report="../report/report.html")
    assert 'href="../report/report.html"' in opened
    assert "blinded" not in opened


def chart_row(population, verdict, statistic="pct__t", batch="b1"):
    row = dict.fromkeys(CHART_COLUMNS, "") | {"panel": "tnk", "control": "bridge", "unit": "%"}
    return row | {
        "population": population,
        "statistic": statistic,
        "batch": batch,
        "value": "10",
        "verdict": verdict,
    }


def test_charts_that_are_out_stand_first_and_batches_without_control_are_named(page):
    rows = [chart_row("cd4", "in"), chart_row("nk", "in", "mfi__CD56"), chart_row("cd8", "out")]
    rows.append({"panel": "tnk", "batch": "b2", "verdict": "no_control", "reason": "no control"})

    text = page([file_row("P01")], charts=rows, max_charts=2)

    assert re.findall(r"bridge: (\w+) pct", text)[0] == "cd8"
    assert "nk mfi" not in text
    assert "Shown are 2 of 3 series" in text
    assert "Out in b1." in text
    assert "batch b2: no control." in text


def test_of_a_markers_intensity_the_brightest_population_is_charted(page):
    rows = [chart_row("nk", "in", "mfi__CD56") | {"value": "900"}]
    rows += [chart_row("t", "out", "mfi__CD56"), chart_row("t", "in", "mfi__CD3")]

    text = page([file_row("P01")], charts=rows)

    assert re.findall(r">bridge: (\w+) mfi of (\w+)", text) == [("nk", "CD56"), ("t", "CD3")]


def test_gates_are_compared_within_the_panel_its_own_batch_first():
    files = [file_row(f"P{n:02}", batch=f"b{n % 2}") for n in range(8)]
    files += [file_row("P20", panel="cll"), file_row("P21", "refused")]

    names = comparable(files[0], files, 5)

    assert [name[:3] for name in names] == ["P02", "P04", "P06", "P01", "P05"]


def quadrants(x, y, scale=None):
    dividers = tuple(
        Divider(name, Dimension(name, transform=scale), (value,))
        for name, value in (("A", x), ("B", y))
    )
    return QuadrantGate("q", ROOT, "q", dividers, (Quadrant("++", {}),))


def polygon(*points):
    return PolygonGate("p", ROOT, "p", (Dimension("A"), Dimension("B")), points)


@pytest.mark.parametrize(
    ("own", "other", "drawn"),
    [
        pytest.param(
            RectangleGate("r", ROOT, "r", (Dimension("A", minimum=10.0),)),
            RectangleGate("r", ROOT, "r", (Dimension("A", minimum=50.0),)),
            "M98,0V196",
            id="a threshold",
        ),
        pytest.param(quadrants(1, 1), quadrants(50, 25), "M98,0V196M0,147H196", id="quadrants"),
        pytest.param(
            polygon((0, 0), (1, 0), (1, 1)),
            polygon((0.0, 0.0), (50.0, 0.0), (50.0, 100.0)),
            "M0,196 98,196 98,0Z",
            id="a polygon",
        ),
        pytest.param(
            quadrants(1, 1), polygon((0, 0), (1, 0), (1, 1)), None, id="a gate of another form"
        ),
        pytest.param(
            RectangleGate("r", ROOT, "r", (Dimension("A", minimum=10.0),)),
            RectangleGate("r", ROOT, "r", (Dimension("A", minimum=500.0),)),
            None,
            id="off the axis",
        ),
        pytest.param(
            RectangleGate("r", ROOT, "r", (Dimension("A", maximum=90.0), Dimension("B"))),
            RectangleGate("r", ROOT, "r", (Dimension("B", maximum=90.0),)),
            None,
            id="on other axes, as margins are that a file has not",
        ),
    ],
)
def test_gates_of_others_are_drawn_on_this_files_axes(own, other, drawn):
    (plot,) = plots_of(Strategy((own,)))

    found = lines_of_others(plot, [LINEAR_AXIS] * len(plot.dimensions), [Strategy((other,))])

    assert re.findall(r' d="([^"]*)"', found) == ([drawn] if drawn else [])


def test_a_gate_is_brought_from_its_own_scale_to_this_files():
    scale = Transform("linear", {"t": 200.0, "a": 0.0})
    own = RectangleGate("r", ROOT, "r", (Dimension("A", minimum=10.0),))
    other = RectangleGate("r", ROOT, "r", (Dimension("A", transform="s", minimum=0.25),))
    (plot,) = plots_of(Strategy((own,)))

    found = lines_of_others(plot, [LINEAR_AXIS], [Strategy((other,), {"s": scale})])

    assert 'd="M98,0V196"' in found


@pytest.fixture
def plates(tmp_path):
    """Return what writes the verdicts on plates of an assay and returns its files."""

    def write(*rows):
        path = tmp_path / "results" / "qpcr" / "runs.tsv"
        columns = ("assay", "run", "verdict", "reasons", "n_samples", "details")
        told = [dict(zip(columns, ("qpcr", *row), strict=False)) for row in rows]
        write_tsv(path, columns, told)
        return files_by_folder([path])

    return write


def test_a_bad_plate_is_something_to_do(page, plates):
    rows = [("p1", "pass", ""), ("p2", "flag", "No no_rt."), ("p3", "fail", "The NTC comes up.")]

    text = page([], assays=plates(*rows))

    today = text[text.index('id="today"') : text.index('id="files"')]
    assert "Nothing:" not in today
    assert today.index("p3: The NTC comes up.") < today.index("p2: No no_rt.")
    assert 'href="#assay-qpcr"' in today
    assert 'id="assay-qpcr"' in text


def test_without_files_nothing_is_said_of_gates(page, plates):
    text = page([], assays=plates(("p1", "pass", "")))

    assert "Nothing: every run of the assays passed." in text
    assert "every file was accepted" not in text


def test_problems_of_a_folder_of_plates_reach_the_laboratory(page):
    empty = dict.fromkeys(PROBLEM_COLUMNS, "")
    problems = [
        empty | {"file": "plates/p3.txt", "row": "9", "problem": "this sample is not known"},
        empty | {"file": "clinic/response.tsv", "row": "2", "problem": "no such response"},
    ]

    text = page([], problems=problems, sheets_shown=frozenset({"plates/"}))

    assert "this sample is not known" in text
    assert "no such response" not in text
