"""Thresholds from reference tubes: which tube is used, and what is said where none can be."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from correlates.flow.acquisition import gate_acquisition
from correlates.flow.outcome import threshold_rows
from correlates.flow.templates.borrowed import Borrowing, Handed, ReferenceTube, read_tube
from correlates.flow.templates.instantiate import instantiate
from correlates.flow.templates.methods import Settings
from correlates.flow.templates.template import check_template, parse_template
from correlates.intake.sheets.visits import tube_key
from correlates.simulate.panels.specs import SPECS
from correlates.simulate.panels.tube import draw_panel_tube
from correlates.tables import write_json, write_tsv
from test_instantiate import HEADER, NAMES, events_of, template_of

FMO_A = 'a_pos,+,root,A,fmoGate,"gate_range=c(100,20000)",,,,'
SETTINGS = Settings(min_reference_events=100)


def stained(low=1000, high=1000, seed=0):
    """Events whose A is low or high and whose B runs from 0 to 1000 in even steps."""
    rng = np.random.default_rng(seed)
    a = np.concatenate([10 ** rng.normal(1.5, 0.1, low), 10 ** rng.normal(4, 0.1, high)])
    scatter = rng.uniform(4e4, 8e4, low + high)
    return events_of([scatter, scatter, scatter, a, np.linspace(0, 1000, low + high)])


def gate(events, *rows, borrowing=None, settings=SETTINGS):
    channels = dict(zip(NAMES, NAMES, strict=True))
    return instantiate(template_of(*rows), events, channels, settings, borrowing=borrowing)


def tube(name, value, n=1000, *, tube="fmo_a", is_own=False, flags=(), refusal=""):
    found = {} if refusal else {("a_pos", "A"): Handed(value, n, flags)}
    return ReferenceTube(name, tube, is_own, found, refusal)


def chosen(*tubes):
    return Borrowing(tubes=tubes).choose("fmo_a", "a_pos", "A", 500)


@pytest.mark.parametrize(
    ("tubes", "value", "source", "flags"),
    [
        pytest.param([], None, "", ["fmo_missing"], id="none at all"),
        pytest.param(
            [tube("c", 9, tube="control")], None, "", ["fmo_missing"], id="none of the kind"
        ),
        pytest.param([tube("x", 700)], 700, "x", [], id="the only one of the batch"),
        pytest.param(
            [tube("x", 700), tube("own", 300, is_own=True)], 300, "own", [], id="the draw's own"
        ),
        pytest.param(
            [tube("x", 700), tube("own", 300, n=499, is_own=True), tube("y", 900)],
            800,
            "x;y",
            ["fmo_parent_below_floor", "fmo_batch_median"],
            id="an own one that is too small gives way to the batch",
        ),
        pytest.param(
            [tube("x", 700), tube("own", 0, is_own=True, refusal="truncated")],
            700,
            "x",
            ["fmo_refused_truncated", "fmo_batch_median"],
            id="so does a refused one, with its reason",
        ),
        pytest.param(
            [tube("x", 1, n=499), tube("y", 2, n=0)],
            None,
            "",
            ["fmo_parent_below_floor"],
            id="all too small",
        ),
        pytest.param(
            [tube("x", 700), tube("y", 800), tube("z", 9000), tube("small", 1, n=3)],
            800,
            "x;y;z",
            [],
            id="the median of those that can be used",
        ),
        pytest.param(
            [tube("x", 700, flags=("fallback_no_valley",))],
            700,
            "x",
            ["fallback_no_valley"],
            id="what is known of it goes with it",
        ),
    ],
)
def test_the_own_tube_goes_first_then_the_median_of_the_batch(tubes, value, source, flags):
    choice = chosen(*tubes)

    assert (choice.handed and choice.handed.value, choice.source) == (value, source)
    assert list(choice.flags) == flags


def test_an_fmo_tube_finds_the_percentile_of_its_own_parent():
    row = 'b_pos,+,root,B,fmoGate,"probs=0.99",,,,'

    made = gate(stained(), row, borrowing=Borrowing(tube="fmo_b"))

    # 2000 even steps from 0 to 1000
    assert made.thresholds["b_pos"]["B"] == pytest.approx(990)
    assert made.gated.counts["b_pos"] == 20
    assert made.origins["b_pos"]["B"].n == 2000
    assert (made.origins["b_pos"]["B"].source, made.flags) == ("own", {})


def test_the_percentile_is_the_settings_where_the_row_says_none():
    settings = Settings(fmo_percentile=95.0)

    made = gate(
        stained(), "b_pos,+,root,B,fmoGate,,,,,", settings=settings, borrowing=Borrowing("fmo_b")
    )

    assert made.gated.counts["b_pos"] == 100


def test_a_full_tube_uses_what_its_fmo_found():
    borrowing = Borrowing(tubes=[tube("hd_b1__tnk__fmo_A", 12_000.0)])
    events = stained()

    made = gate(events, FMO_A, "a_neg,-,root,A,refGate,a_pos,,,,", borrowing=borrowing)

    above = int(np.count_nonzero(events.values("A", "uncompensated") >= 12_000))
    assert made.thresholds["a_pos"]["A"] == pytest.approx(12_000, rel=1e-9)
    assert (made.gated.counts["a_pos"], made.gated.counts["a_neg"]) == (above, 2000 - above)
    assert made.methods["a_pos"] == "fmoGate from hd_b1__tnk__fmo_A"
    assert made.methods["a_neg"] == "refGate from hd_b1__tnk__fmo_A"
    assert made.flags == {}


@pytest.mark.parametrize(
    ("fallback", "low", "high"),
    [("", 100, 4000), (", fallback=mindensity", 100, 4000), (", fallback=tailgate", 100, 1e5)],
)
def test_without_a_tube_the_file_s_own_density_decides_and_says_so(fallback, low, high):
    row = FMO_A.replace("20000)", f"20000){fallback}")

    made = gate(stained(), row)

    assert low <= made.thresholds["a_pos"]["A"] < high
    assert made.flags["a_pos"][:2] == ("fmo_missing", "fallback_own_events")
    assert made.origins["a_pos"]["A"].source == "fallback"
    assert made.methods["a_pos"] == "fmoGate"


def test_a_threshold_beyond_the_range_is_clamped_and_flagged():
    made = gate(stained(), FMO_A, borrowing=Borrowing(tubes=[tube("x", 30_000.0)]))

    assert made.thresholds["a_pos"]["A"] == pytest.approx(20_000)
    assert made.flags["a_pos"] == ("clamped_to_gate_range",)


@pytest.mark.parametrize(
    "row",
    [
        'a_pos,+,root,A,mindensity,"gate_range=c(100,5000), from=control",,,,',
        'a_pos,+,root,A,tailgate,"gate_range=c(100,5000), from=control",,,,',
    ],
)
def test_a_borrowed_gate_is_found_on_the_control_and_used_on_the_sample(row):
    control = gate(stained(), row, borrowing=Borrowing("control"))
    found = control.thresholds["a_pos"]["A"]
    handed = ReferenceTube("c", "control", False, {("a_pos", "A"): Handed(found, 2000)})
    shifted = stained(low=5, high=900, seed=4)

    made = gate(shifted, row, borrowing=Borrowing(tubes=[handed]))

    assert made.thresholds["a_pos"]["A"] == pytest.approx(found, rel=1e-9)
    assert made.flags == {}
    assert gate(shifted, row).flags["a_pos"][:2] == ("control_missing", "fallback_own_events")


def test_quadrants_borrow_each_of_their_thresholds():
    row = '"pp,pn,np,nn",*,root,"A,B",quadrantGate,"gate_range=c(10,5000), from=control",,,,'
    found = {("pp", "A"): Handed(500.0, 2000), ("pp", "B"): Handed(250.0, 2000)}

    made = gate(
        stained(), row, borrowing=Borrowing(tubes=[ReferenceTube("c", "control", False, found)])
    )

    assert [made.gated.counts[name] for name in ("pp", "pn", "np", "nn")] == [1000, 0, 500, 500]


def test_a_pseudo_negative_threshold_is_the_percentile_of_the_sample_s_own_negatives():
    rows = [
        'a_neg,-,root,A,mindensity,"gate_range=c(100,5000)",,,,',
        'a_high,+,root,A,refGate,"a_neg",,,,',
        'b_pos,+,a_high,B,negativeGate,"negative=a_neg, probs=0.9",,,,',
    ]

    made = gate(stained(), *rows)

    # the thousand negatives hold the lower half of B: 0 to 500
    assert made.thresholds["b_pos"]["B"] == pytest.approx(450, abs=1)
    assert made.gated.counts["b_pos"] == 1000
    assert made.flags == {}


def test_negatives_too_few_for_a_percentile_are_flagged():
    rows = [
        'a_neg,-,root,A,mindensity,"gate_range=c(100,5000)",,,,',
        'b_pos,+,root,B,negativeGate,"negative=a_neg, gate_range=c(100,900)",,,,',
    ]

    made = gate(stained(low=99), *rows)

    assert made.flags["b_pos"][:2] == ("negative_below_floor", "fallback_own_events")


def test_an_unstimulated_tube_hands_its_percentile_to_the_stimulated_one():
    row = 'b_pos,+,root,B,negativeGate,"from=unstim, probs=0.999",,,,'
    unstim = gate(stained(), row, borrowing=Borrowing("unstim"))
    found = Handed(unstim.thresholds["b_pos"]["B"], unstim.origins["b_pos"]["B"].n)
    handed = ReferenceTube("u", "unstim", True, {("b_pos", "B"): found})

    made = gate(stained(), row, borrowing=Borrowing("stim_seb", [handed]))

    assert found.value == pytest.approx(999, abs=1)
    assert made.gated.counts["b_pos"] == 2
    assert made.methods["b_pos"] == "negativeGate from u"


def test_an_fmo_tube_without_an_event_hands_on_nothing():
    rows = ['none,+,root,A,boundary,"min=1e6",,,,', FMO_A.replace("root", "none")]

    made = gate(stained(), *rows, borrowing=Borrowing("fmo_a"))

    assert made.origins["a_pos"]["A"].n == 0
    assert made.flags["a_pos"] == ("fallback_no_events",)


def test_what_a_tube_s_job_wrote_is_read(tmp_path):
    columns = ("population", "marker", "threshold", "source", "n", "flags")
    rows = [
        dict(zip(columns, ("a_pos", "A", 512.25, "own", 1200, "x;y"), strict=True)),
        dict(zip(columns, ("b_pos", "B", 99.0, "fallback", 1200, ""), strict=True)),
    ]
    write_tsv(tmp_path / "t.tsv", columns, rows)
    write_json(tmp_path / "v.json", {"verdict": "accepted", "findings": []})
    about = {"acquisition": "hd_b1__tnk__fmo_A", "tube": "fmo_A", "is_own": True}

    read = read_tube(about, tmp_path / "t.tsv", tmp_path / "v.json")

    assert read.thresholds == {("a_pos", "A"): Handed(512.25, 1200, ("x", "y"))}
    assert (read.tube, read.is_own, read.refusal) == ("fmo_a", True, "")


def test_a_refused_tube_says_why(tmp_path):
    write_tsv(tmp_path / "t.tsv", ("population", "source"), [])
    findings = [
        {"code": "old", "severity": "warning"},
        {"code": "truncated", "severity": "error"},
    ]
    write_json(tmp_path / "v.json", {"verdict": "refused", "findings": findings})
    about = {"acquisition": "x", "tube": "fmo_A", "is_own": False}

    read = read_tube(about, tmp_path / "t.tsv", tmp_path / "v.json")

    assert (read.thresholds, read.refusal) == ({}, "truncated")


@pytest.mark.parametrize(
    ("method", "arguments", "problem", "remedy"),
    [
        ("fmoGate", "from=control", "from an FMO tube", "negativeGate"),
        ("fmoGate", "from=fmo_", "must name a reference tube", "fmo_<marker>"),
        ("fmoGate", "probs=99", "between 0 and 1", ""),
        ("fmoGate", "fallback=none", "mindensity or tailgate", "no"),
        ("mindensity", "from=full", "must name a reference tube", "control, unstained"),
        ("mindensity", "from=own", "is no borrowed one", "Leave it out"),
        ("negativeGate", "", "needs a population that is negative", "negative=<population>"),
        ("negativeGate", "negative=nobody", "no row makes this population", "Known"),
    ],
)
def test_a_wrong_argument_is_told_with_its_row(method, arguments, problem, remedy):
    text = f'{HEADER}a_pos,+,root,A,{method},"{arguments}",,,,\n'

    _, problems = parse_template(text, "t.csv")

    assert [(one.row, one.column) for one in problems] == [(2, "gating_args")]
    assert problem in problems[0].problem
    assert remedy in problems[0].remedy


def test_an_fmo_of_a_marker_that_the_panel_lacks_is_told():
    template = template_of('a_pos,+,root,CD57,fmoGate,"from=fmo_CD75",,,,')

    (problem,) = check_template(template, {"CD57": "BV421-A", "CD3": "FITC-A"})

    assert (problem.row, problem.column, problem.value) == (2, "gating_args", "from=fmo_CD75")
    assert "CD57" in problem.remedy


def test_a_template_names_the_tubes_that_it_needs():
    template = template_of(
        "a_pos,+,root,HLA-DR,fmoGate,,,,,",
        'b_pos,+,root,B,mindensity,"from=control",,,,',
        'c_pos,+,root,A,negativeGate,"negative=a_pos",,,,',
    )

    assert template.tubes == ("control", "fmo_hladr")


@pytest.mark.parametrize("name", ["fmo_HLA-DR", "FMO HLADR", "fmo-hla.dr", "fmo_HLA/DR"])
def test_a_tube_is_known_however_its_marker_is_written(name):
    assert tube_key(name) == "fmo_hladr"


def test_an_fmo_s_threshold_finds_the_cells_that_truly_have_the_marker(tmp_path):
    """PD-1 is planted; the FMO is another draw of the same donor on the same day."""
    shipped = Path(__file__).resolve().parent.parent / "resources/gating/t_subsets.csv"
    lines = shipped.read_text().splitlines()
    rows = [line for line in lines[1:] if not line.startswith("pd1_pos,")]
    template = template_of(*rows, 'pd1_pos,+,t,PD1,fmoGate,"gate_range=c(100,3000)",,,,')
    tubes = {}
    for name, without in (("full", None), ("fmo", "PD1")):
        rng = np.random.default_rng([7, len(name)])
        tubes[name] = draw_panel_tube("t_subsets", 40_000, rng, donor=3, without=without)
        tubes[name].write(tmp_path / name)

    def gated(name, borrowing):
        path = tmp_path / name
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        markers = SPECS["t_subsets"].markers
        return gate_acquisition(path, content, template, markers, borrowing=borrowing)

    fmo = {row["population"]: row for row in threshold_rows(gated("fmo", Borrowing("fmo_pd1")))}
    found = Handed(fmo["pd1_pos"]["threshold"], fmo["pd1_pos"]["n"])
    handed = ReferenceTube("fmo", "fmo_pd1", True, {("pd1_pos", "PD1"): found})
    full = gated("full", Borrowing(tubes=[handed]))

    in_t = full.gated.members("t")
    for lineage in ("t_cd4", "t_cd8"):
        true = tubes["full"].is_member(f"{lineage}_pd1") & in_t
        called = full.gated.members(f"{lineage}_pd1")
        both = np.count_nonzero(true & called)
        assert 2 * both / (true.sum() + called.sum()) > 0.9
