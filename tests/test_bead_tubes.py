"""Counting beads in a simulated tube: gated by the rows of the README, and tied to their lot."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from correlates.flow.gating.events import Events
from correlates.flow.gating.gates import Compensation
from correlates.flow.templates.instantiate import instantiate
from correlates.flow.templates.panel import match_channels, panel_of
from correlates.flow.templates.template import check_template, parse_template
from correlates.intake.fcs.reader import read_header
from correlates.intake.sheets.sheet import read_sheet
from correlates.simulate.cohort import simulate_cohort
from correlates.tables import read_tsv
from study import ROOT
from test_plan import study  # noqa: F401

N_BEADS = 3000
README = (ROOT / "resources" / "gating" / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tubes(tmp_path_factory):
    """One simulated tube as it is, and the same with two kinds of beads, gated both ways."""
    folder = tmp_path_factory.mktemp("cohort")
    simulate_cohort(folder, n_patients=1, seed=3)
    path = sorted((folder / "fcs").glob("*.fcs"))[0]
    header = read_header(path)
    found = header.spillover
    matrix = Compensation(
        tuple(found.channels), tuple(found.channels), tuple(map(tuple, found.matrix.tolist()))
    )
    cells = Events.of_file(header, None, hold=True)
    raw = np.column_stack([cells.values(name, "uncompensated") for name in header.names])
    panel = panel_of(read_tsv(folder / "panels.tsv"), "tnk")
    shipped = (ROOT / "resources" / "gating" / "tnk.csv").read_text(encoding="utf-8")
    counts = {}
    for name, text, values in (
        ("cells", shipped, raw),
        ("beads", with_bead_rows(shipped), np.vstack([raw, beads(header, panel)])),
    ):
        template, problems = parse_template(text, "t.csv")
        assert problems == check_template(template, panel) == []
        channels, _ = match_channels(template.dimensions, panel, header.names, "a.fcs")
        events = Events.of_array(values.astype(np.float32), header.channels, matrix)
        counts[name] = instantiate(template, events, channels).gated
    return SimpleNamespace(n_events=len(raw), **counts)


def with_bead_rows(shipped):
    """Put the rows of the README into the shipped template, as it says to."""
    rows = re.search(r"```csv\n(beads,.*?)```", README, flags=re.S)[1]
    assert "single,+,on_scale" in shipped
    return shipped.replace("single,+,on_scale", rows + "single,+,not_beads")


def beads(header, panel):
    """Beads that shine in every dye, half of them ten times as bright as the others."""
    rng = np.random.default_rng(1)
    events = np.zeros((N_BEADS, len(header.names)))
    bright = np.where(np.arange(N_BEADS) < N_BEADS // 2, 160_000.0, 60_000.0)
    for place, name in enumerate(header.names):
        if name in panel.values():
            events[:, place] = bright
    scatter = {"FSC-A": 60_000.0, "FSC-H": 48_000.0, "SSC-A": 90_000.0}
    for name, level in scatter.items():
        events[:, header.names.index(name)] = level
    return events * rng.normal(1, 0.02, events.shape)


def test_the_rows_of_the_readme_find_the_beads_and_both_kinds(tubes):
    gated = tubes.beads
    true = np.arange(gated.n_events) >= tubes.n_events

    assert gated.counts["beads"] == pytest.approx(N_BEADS, abs=5)
    assert (gated.members("beads") & ~true).sum() <= 3
    assert gated.counts["beads_a"] == pytest.approx(N_BEADS / 2, rel=0.02)
    assert gated.counts["beads_b"] == pytest.approx(N_BEADS / 2, rel=0.02)


@pytest.mark.parametrize("population", ["live", "singlets", "viable", "cd45", "lymph", "t", "cll"])
def test_no_bead_is_among_the_cells_and_the_cells_are_counted_as_without_beads(tubes, population):
    members = tubes.beads.members(population)

    assert not members[tubes.n_events :].any()
    assert tubes.beads.counts[population] == pytest.approx(tubes.cells.counts[population], rel=0.01)


def write_beads(study, *rows):  # noqa: F811
    study.sheet("lot beads_per_tube blood_ul dilution", *rows, name="beads.tsv")
    study.block["beads"] = "beads.tsv"


def test_a_sample_is_tied_to_its_lot_by_the_samples_sheet(study):  # noqa: F811
    study.drop("P01_C0D1_tnk.fcs", "P02_C0D1_tnk.fcs")
    write_beads(study, "L1 50000 100 1")
    study.sheet("patient visit bead_lot tube_prep", "P01 C0D1 L1 lyse_no_wash")

    plan = study.plan()

    assert [(one.lot, one.tube_prep) for one in plan.acquisitions] == [
        ("L1", "lyse_no_wash"),
        ("", ""),
    ]
    assert (plan.beads[0]["lot"], plan.beads[0]["beads_per_tube"]) == ("L1", 50_000)
    assert type(plan).from_json(plan.to_json()) == plan


@pytest.mark.parametrize("known", [True, False], ids=["another lot", "no beads sheet"])
def test_a_lot_that_no_sheet_holds_leaves_out_the_row(study, known):  # noqa: F811
    study.drop("P01_C0D1_tnk.fcs", "P02_C0D1_tnk.fcs")
    if known:
        write_beads(study, "L1 50000 100 1")
    study.sheet("patient visit bead_lot", "P01 C0D1 L2", "P02 C0D1 -".replace("-", ""))

    plan = study.plan()

    assert [one.patient for one in plan.acquisitions] == ["P02"]
    (problem,) = [one for one in plan.problems if one.column == "bead_lot"]
    assert (problem.row, problem.value, problem.stops) == (2, "L2", "row")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        pytest.param("50000,,", "", id="by tube"),
        pytest.param(",1000,50", "", id="by volume"),
        pytest.param("50000,1000,50", "twice", id="in both ways"),
        pytest.param(",1000,", "in no way", id="a concentration without its volume"),
        pytest.param(",,", "in no way", id="nothing"),
    ],
)
def test_the_beads_of_a_tube_are_told_in_one_way(tmp_path, row, told):
    path = tmp_path / "beads.csv"
    path.write_text(f"lot,blood_ul,beads_per_tube,beads_per_ul,beads_ul\nL1,100,{row}\n")

    sheet = read_sheet(path, "beads")

    problems = [problem.problem for problem in sheet.problems if problem.stops == "row"]
    assert problems == ([f"beads of a tube are told {told}"] if told else [])
