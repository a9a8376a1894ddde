"""The per-file job: what it may import, and what it leaves behind whatever the file holds."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import flowkit
import numpy as np
import pytest
import yaml

from correlates.flow.acquisition import gate_acquisition
from correlates.flow.outcome import intensity_rows, population_rows
from correlates.flow.outputs import write_outcome
from correlates.flow.quantiles import PROBABILITIES, quantile_rows
from correlates.flow.sources import read_source
from correlates.flow.templates.template import parse_template
from correlates.intake.fcs.reader import read_header
from correlates.intake.files.folder import fingerprint
from correlates.simulate.cohort import simulate_cohort
from correlates.tables import read_tsv

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "resources" / "gating" / "tnk.csv"
OUTPUTS = (
    *("populations", "intensities", "thresholds", "quantiles", "ledger", "course", "scales"),
    *("cofactors", "combinations"),
    *("verdict", "gates", "strategy", "figure", "events"),
)
QUALITY = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())["flow"]["quality"]
SCALE = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())["flow"]["scale"]
HEAVY = ("flowkit", "flowio", "pandas", "scipy", "pyarrow", "sklearn", "scanpy", "anndata", "numba")


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulated")
    simulate_cohort(folder, n_patients=1, n_events=6000, seed=5)
    return folder


@pytest.fixture
def markers(simulated):
    rows = read_tsv(simulated / "panels.tsv")
    return {row["channel"]: row["marker"] for row in rows}


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def outputs(folder):
    return SimpleNamespace(**{name: folder / name for name in OUTPUTS})


def gate(path, markers, **others):
    arguments = {"sha256": sha256(path), "source": read_source(TEMPLATE), "markers": markers}
    return gate_acquisition(path, **(arguments | others))


def test_the_job_imports_nothing_heavy(simulated):
    """Start-up would cost more than the gating: flowkit alone takes ten times as long."""
    code = (
        "import json, sys; sys.path.insert(0, 'scripts')\n"
        "import gate_sample\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )

    assert not set(json.loads(done.stdout)) & set(HEAVY)


def test_a_whole_job_imports_nothing_heavy_either(simulated, tmp_path):
    file = simulated / "fcs" / "P01_C1D1_tnk.fcs"
    code = f"""
import json, sys
sys.path.insert(0, "scripts")
from types import SimpleNamespace
import gate_sample
names = {OUTPUTS!r}
gate_sample.main(SimpleNamespace(
    input=SimpleNamespace(gating={str(TEMPLATE)!r}, thresholds=[], verdicts=[]),
    params=SimpleNamespace(
        path={str(file)!r}, content={sha256(file)!r}, compensation="file",
        markers=json.loads(sys.argv[1]), aliases={{}}, scale={SCALE!r},
        fmo_percentile=99.5, fmo_min_parent_events=1000, tube="full", threshold_tubes=[],
        overrides=[], quantiles_of="cd45", quality={QUALITY!r},
        events={{"events_per_sample": 500, "population": "cd45", "seed": 1, "width": 0.5,
                "decades": 4.5}},
        ics=dict(parents=["t_cd4"], functions=["ifng"], single=[]),
    ),
    wildcards=SimpleNamespace(acquisition="P01_C1D1__tnk__full"),
    output=SimpleNamespace(**{{name: {str(tmp_path)!r} + "/" + name for name in names}}),
))
print(json.dumps(sorted({{name.split(".")[0] for name in sys.modules}})))
"""
    panel = {row["channel"]: row["marker"] for row in read_tsv(simulated / "panels.tsv")}
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(panel)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        env=os.environ,
    )

    assert not set(json.loads(done.stdout)) & set(HEAVY)
    assert json.loads((tmp_path / "verdict").read_text())["verdict"] == "accepted"
    assert {row["marker"] for row in read_tsv(tmp_path / "quantiles")} >= {"CD3", "CD45"}


def test_every_gate_ends_as_a_population(simulated, markers):
    outcome = gate(simulated / "fcs" / "P01_C1D1_tnk.fcs", markers)

    rows = {row["population"]: row for row in population_rows(outcome)}

    assert set(read_source(TEMPLATE).populations) <= set(rows)
    assert rows["root"]["n"] == outcome.events.n_events
    for row in list(rows.values())[1:]:
        assert 0 <= row["n"] <= row["n_parent"] == rows[row["parent"]]["n"]


def test_what_only_serves_an_expression_is_in_the_gates_and_in_no_table(
    simulated, markers, tmp_path
):
    template, out = tmp_path / "tnk.csv", outputs(tmp_path)
    expression = "x,+,root,,boolGate,!t | (t_cd4 & t_cd8),,,,\n"
    template.write_text(TEMPLATE.read_text() + expression)
    file = simulated / "fcs" / "P01_C1D1_tnk.fcs"

    write_outcome(gate(file, markers, source=read_source(template)), "P01", str(file), out)

    for table in (read_tsv(out.populations), read_tsv(out.intensities)):
        assert {row["population"] for row in table} >= {"x"}
        assert not [row["population"] for row in table if row["population"].startswith("x_")]
    assert "x__1" in out.gates.read_text()


def test_intensities_are_medians_of_compensated_linear_values(simulated, markers):
    file = simulated / "fcs" / "P01_C1D1_tnk.fcs"
    outcome = gate(file, markers)
    sample = flowkit.Sample(str(file))
    sample.apply_compensation(sample.metadata["spillover"])
    compensated = sample.as_dataframe(source="comp", col_multi_index=False)
    inside = outcome.gated.members("t_cd4")

    rows = [row for row in intensity_rows(outcome) if row["population"] == "t_cd4"]

    assert len(rows) == len(set(markers.values()) - {""})
    for row in rows:
        expected = compensated.loc[inside, row["channel"]].median()
        assert row["median"] == pytest.approx(expected, rel=1e-5, abs=1e-3)
        assert row["n"] == inside.sum()


def test_the_gates_that_are_written_give_the_same_cells_in_flowkit(simulated, markers, tmp_path):
    file = simulated / "fcs" / "P01_C1D1_tnk.fcs"
    outcome = gate(file, markers)
    out = outputs(tmp_path)
    write_outcome(outcome, "P01_C1D1__tnk__full", str(file), out)
    sample = flowkit.Sample(str(file))
    session = flowkit.Session(flowkit.parse_gating_xml(str(out.gates)), fcs_samples=sample)
    session.analyze_samples(sample.id)
    report = session.get_analysis_report()
    theirs = dict(zip(report["gate_name"], report["count"], strict=True))

    for row in population_rows(outcome)[1:]:
        assert theirs[row["population"]] == row["n"]


@pytest.mark.parametrize(
    ("make", "code"),
    [
        pytest.param(lambda path: path.unlink(), "vanished", id="removed while the run was on"),
        pytest.param(
            lambda path: path.write_bytes(path.read_bytes()[:-4]),
            "changed_during_run",
            id="changed while the run was on",
        ),
    ],
)
def test_a_file_that_is_not_the_planned_one_is_refused(simulated, markers, tmp_path, make, code):
    file = tmp_path / "one.fcs"
    file.write_bytes((simulated / "fcs" / "P01_C1D1_tnk.fcs").read_bytes())
    planned = sha256(file)
    make(file)

    outcome = gate_acquisition(file, planned, read_source(TEMPLATE), markers)

    assert outcome.verdict.verdict == "refused"
    assert [finding.code for finding in outcome.verdict.findings] == [code]


def test_quantiles_are_those_of_the_population_and_of_beads_as_the_detectors_saw_them(
    simulated, markers
):
    outcome = gate(simulated / "fcs" / "P01_C1D1_tnk.fcs", markers)
    channel = next(name for name, marker in outcome.markers.items() if marker == "CD3")

    for population, mode in (("cd45", outcome.compensation), ("root", "uncompensated")):
        rows = [row for row in quantile_rows(outcome, population) if row["marker"] == "CD3"]
        values = outcome.events.values(channel, mode)[outcome.gated.members(population)]
        found = [float(row["value"]) for row in rows]
        assert found == pytest.approx(np.quantile(values, PROBABILITIES), rel=1e-5)
        assert {row["n"] for row in rows} == {outcome.gated.counts[population]}
    assert quantile_rows(outcome, "no_such_gate") == []


def test_a_refused_file_leaves_every_output(simulated, markers, tmp_path):
    file = tmp_path / "cut.fcs"
    file.write_bytes((simulated / "fcs" / "P01_C1D1_tnk.fcs").read_bytes()[:-1000])
    out = outputs(tmp_path / "out")

    write_outcome(gate(file, markers), "cut__tnk__full", str(file), out)

    assert read_tsv(out.populations) == read_tsv(out.intensities) == []
    assert json.loads(out.verdict.read_text())["verdict"] == "refused"
    assert "cut short" in out.figure.read_text()
    assert len(ElementTree.parse(out.gates).getroot()) == 0


def test_a_channel_that_is_missing_names_the_nearest(simulated, markers):
    """The file's label does not help: it says CD3, and CD3e is wanted."""
    renamed = {channel.replace("BV605-A", "BV650-A"): name for channel, name in markers.items()}
    renamed["BV650-A"] = "CD3e"
    text = TEMPLATE.read_text().replace(",CD3,", ",CD3e,").replace('"CD3,', '"CD3e,')
    template, _ = parse_template(text, "cd3e.csv")

    outcome = gate(simulated / "fcs" / "P01_C1D1_tnk.fcs", renamed, source=template)

    assert outcome.verdict.verdict == "refused"
    finding = outcome.verdict.findings[0]
    assert "CD3e (BV650-A)" in finding.message
    assert "BV605-A (CD3)" in finding.remedy


def test_a_channel_of_another_name_is_found_by_its_label_and_that_is_told(simulated, markers):
    renamed = {channel.replace("BV605-A", "BV650-A"): name for channel, name in markers.items()}

    outcome = gate(simulated / "fcs" / "P01_C1D1_tnk.fcs", renamed)

    assert outcome.verdict.verdict == "accepted"
    assert outcome.markers["BV605-A"] == "CD3"
    told = {finding.code: finding.message for finding in outcome.verdict.findings}
    assert told["channel_renamed"].endswith("CD3 in BV605-A (sheet: BV650-A).")


def test_an_alias_of_the_sheet_stands_for_its_channel(simulated, markers):
    renamed = {channel.replace("BV605-A", "XY1-A"): name for channel, name in markers.items()}
    renamed["XY1-A"] = "CD3e"
    aliases = {"XY1-A": ["BV605-A", "CD3"]}

    outcome = gate(simulated / "fcs" / "P01_C1D1_tnk.fcs", renamed, aliases=aliases)

    assert outcome.channels["CD3"] == "BV605-A"
    assert outcome.markers["BV605-A"] == "CD3e"


def test_a_marker_that_no_gate_needs_and_no_channel_holds_is_a_warning(simulated, markers):
    outcome = gate(simulated / "fcs" / "P01_C1D1_tnk.fcs", {**markers, "BV570-A": "CRBN"})

    assert outcome.verdict.verdict == "accepted_with_warning"
    assert "CRBN (BV570-A), so that it is not measured" in outcome.verdict.reason
    assert "CRBN" not in outcome.markers.values()


def test_a_label_that_names_another_marker_of_the_panel_is_a_warning(simulated, markers):
    swapped = markers | {"BV605-A": markers["BV711-A"], "BV711-A": markers["BV605-A"]}

    outcome = gate(simulated / "fcs" / "P01_C1D1_tnk.fcs", swapped)

    assert outcome.verdict.verdict == "accepted_with_warning"
    assert "BV605-A carries CD57 by the panels sheet, and the file labels it 'CD3'" in (
        outcome.verdict.reason
    )


def test_compensation_from_a_table_goes_before_the_file_s(simulated, markers, tmp_path):
    """A unit matrix leaves the values as they were read, whatever the file's own says."""
    file = simulated / "fcs" / "P01_C1D1_tnk.fcs"
    channels = [channel for channel, marker in markers.items() if marker]
    rows = [",".join(channels)]
    rows += [",".join("1" if a == b else "0" for b in channels) for a in channels]
    (tmp_path / "unit.csv").write_text("\n".join(rows) + "\n")

    of_table = gate(file, markers, compensation=str(tmp_path / "unit.csv"))
    of_none = gate(file, markers, compensation="none")
    of_file = gate(file, markers)

    def median(outcome):
        return intensity_rows(outcome)[0]["median"]

    assert median(of_table) == pytest.approx(median(of_none))
    assert median(of_table) != pytest.approx(median(of_file))


def test_a_matrix_of_other_channels_refuses_the_file(simulated, markers, tmp_path):
    (tmp_path / "other.csv").write_text("X1-A,X2-A\n1,0.1\n0.1,1\n")

    outcome = gate(
        simulated / "fcs" / "P01_C1D1_tnk.fcs", markers, compensation=str(tmp_path / "other.csv")
    )

    assert outcome.verdict.verdict == "refused"
    assert {finding.code for finding in outcome.verdict.findings} == {"matrix_does_not_fit"}
    assert "X1-A" in outcome.verdict.reason


def test_reading_a_file_does_not_change_it(simulated, markers):
    file = simulated / "fcs" / "P01_C1D1_tnk.fcs"
    before = fingerprint(file)

    gate(file, markers)

    assert fingerprint(file) == before


@pytest.mark.parametrize(
    ("damaged", "verdict"),
    [
        pytest.param(3, "accepted_with_warning", id="three events are told of"),
        pytest.param(60, "refused", id="one in a hundred is a damaged file"),
    ],
)
def test_values_that_no_cytometer_writes(simulated, markers, tmp_path, damaged, verdict):
    header = read_header(simulated / "fcs" / "P01_C1D1_tnk.fcs")
    content = bytearray(header.path.read_bytes())
    size = header.layout.event_bytes
    for event in range(damaged):
        # All bits set is no number, in either byte order.
        start = header.data_start + (100 + event) * size
        content[start : start + 4] = b"\xff\xff\xff\xff"
    file = tmp_path / "damaged.fcs"
    file.write_bytes(content)

    outcome = gate(file, markers)

    assert outcome.verdict.verdict == verdict
    assert outcome.verdict.findings[0].code == "impossible_values"
    assert f"{damaged} of {header.n_events:,} events" in outcome.verdict.findings[0].message


@pytest.mark.parametrize(
    ("still", "said"),
    [
        pytest.param(["BV605-A"], "CD3 (BV605-A).", id="a detector that was off"),
        pytest.param(["FSC-A", "FSC-H"], "FSC-A, FSC-H.", id="scatter"),
        pytest.param([], "", id="none"),
    ],
)
def test_a_channel_that_has_one_value_in_all_events_is_told_of(
    simulated, markers, tmp_path, still, said
):
    header = read_header(simulated / "fcs" / "P01_C1D1_tnk.fcs")
    content = bytearray(header.path.read_bytes())
    stored = np.ndarray((header.n_events, len(header.names)), "<f4", content, header.data_start)
    assert np.array_equal(stored[:5], header.events(scale=False)[:5])
    for name in still:
        stored[:, header.names.index(name)] = 0
    del stored
    file = tmp_path / "still.fcs"
    file.write_bytes(content)

    findings = gate(file, markers).verdict.findings

    told = [one.message for one in findings if one.code == "constant_channel"]
    assert told == [f"Every event has the same value in {said}"] * bool(still)


def test_a_gate_on_one_of_two_channels_of_one_name_refuses_the_file(simulated, markers, tmp_path):
    """Scatter stands in no panels sheet, and is gated all the same."""
    file = tmp_path / "twice.fcs"
    content = (simulated / "fcs" / "P01_C1D1_tnk.fcs").read_bytes()
    assert content.count(b"FSC-H") == 1
    file.write_bytes(content.replace(b"FSC-H", b"FSC-A"))

    outcome = gate(file, {channel: marker for channel, marker in markers.items() if marker})

    assert outcome.verdict.verdict == "refused"
    assert "Several channels are called FSC-A" in outcome.verdict.reason


@pytest.mark.parametrize("matrix", ["PE-A,FITC-A\n1,1\n1,1\n", "PE-A,PE-A\n1,0\n0,1\n"])
def test_a_matrix_that_cannot_be_solved_refuses_the_file(simulated, markers, tmp_path, matrix):
    (tmp_path / "two.csv").write_text(matrix)

    outcome = gate(
        simulated / "fcs" / "P01_C1D1_tnk.fcs", markers, compensation=str(tmp_path / "two.csv")
    )

    assert outcome.verdict.verdict == "refused"


def test_a_matrix_of_some_channels_is_told_of(simulated, markers, tmp_path):
    (tmp_path / "two.csv").write_text("PE-A,FITC-A\n1,0.1\n0.1,1\n")

    outcome = gate(
        simulated / "fcs" / "P01_C1D1_tnk.fcs", markers, compensation=str(tmp_path / "two.csv")
    )

    assert outcome.verdict.verdict == "accepted_with_warning"
    assert "covers 2 of the panel's 14 channels" in outcome.verdict.reason
    assert "BV605-A" in outcome.verdict.reason


def test_a_file_of_another_panel_says_so_in_a_line(simulated, markers):
    other = {f"X-{channel}": f"X-{name}" for channel, name in markers.items() if name}
    source, _ = parse_template(TEMPLATE.read_text().replace("CD", "X-CD"), "x.csv")
    del other["X-eF780-A"], other["X-BV421-A"]

    outcome = gate(simulated / "fcs" / "P01_C1D1_tnk.fcs", other, source=source)

    (finding,) = outcome.verdict.findings
    assert "channels of the panel are missing: X-" in finding.message
    assert "another panel" in finding.remedy


def test_where_the_matrix_is_from_is_said(simulated, markers, tmp_path):
    file = simulated / "fcs" / "P01_C1D1_tnk.fcs"
    unmixed = tmp_path / "unmixed.fcs"
    unmixed.write_bytes(file.read_bytes().replace(b"$SPILLOVER", b"$SPILL_NOT"))

    assert gate(file, markers).compensated_by == "file"
    assert gate(file, markers, compensation="none").compensated_by == "nothing"
    bare = gate(unmixed, markers)
    assert bare.compensated_by == "nothing"
    assert "no_matrix" in [finding.code for finding in bare.verdict.findings]
    assert bare.verdict.verdict == "accepted_with_warning"
    assert gate(file, markers).verdict.verdict == "accepted"


def test_a_matrix_that_cannot_be_used_is_not_passed_over(simulated, markers, tmp_path):
    """Its channels are called otherwise than the file's; the text keeps its length."""
    content = (simulated / "fcs" / "P01_C1D1_tnk.fcs").read_bytes()
    start = content.index(b"$SPILLOVER")
    spoilt = tmp_path / "spoilt.fcs"
    spoilt.write_bytes(content[:start] + content[start:].replace(b"BV605-A", b"BV650-A", 1))

    refused = gate(spoilt, markers)

    assert refused.verdict.verdict == "refused"
    assert refused.verdict.reason.count("names channels that the file lacks: BV650-A") == 1
    assert gate(spoilt, markers, compensation="none").compensated_by == "nothing"
