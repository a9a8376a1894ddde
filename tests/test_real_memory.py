"""Two real files of T memory through the shipped template, its ranges set to their instruments.

The second, of a healthy donor, is stained as it should be, and markers that no gate looks at
confirm its subsets. Of the first, most events are autofluorescent and show no marker at all; 6 % of
the lymphocytes are T cells that stand apart. On them CD3 and CD45RO have valleys and CD4 parts in
two by a mixture; CD8 tells nothing: it does not fall as CD4 rises. The tests say all of it, so that
none of it is forgotten.
"""

import csv
import hashlib
import io

import numpy as np
import pytest

from correlates.flow.acquisition import gate_acquisition
from correlates.flow.templates.template import parse_template
from correlates.intake.fcs.reader import read_header

TEMPLATE = "resources/gating/t_memory.csv"
# where one would accept each line on this instrument: few of its intensities reach 1,000
RANGES = {
    "live": "gate_range=c(5000,12000)",
    "viable": "gate_range=c(15000,23000)",
    "viable_t": "gate_range=c(300,800)",
    "lymph": "gate_range=c(500,900), side=right, sds=5",
    "cd19_pos": "gate_range=c(390,410)",
    "cd3_pos": "gate_range=c(150,800)",
    "t_dp,t_cd4,t_cd8,t_dn": "gate_range=list(c(420,440), c(900,1100))",
    "ro_pos": "gate_range=c(300,1000), min_depth=0.5",
    "ccr7_pos": "gate_range=c(255,265)",
    "cd57_pos": "gate_range=c(1190,1210)",
}
MEMORY = ("naive", "cm", "em", "temra")
# the second file: no CD19 and no CD57 were stained
DONOR_RANGES = {
    "live": "gate_range=c(900,8000)",
    "viable": "gate_range=c(25000,70000)",
    "viable_t": "gate_range=c(300,8000)",
    "lymph": "gate_range=c(30000,110000), side=right, sds=4",
    "t": "gate_range=c(300,8000)",
    "t_dp,t_cd4,t_cd8,t_dn": "gate_range=c(300,8000)",
    "ro_pos": "gate_range=c(400,4000)",
    "ccr7_pos": "gate_range=c(200,4000)",
}
NOT_STAINED = {"cd19_pos", "cd19_neg", "cd3_pos", "cd57_pos", "t_cd4_cd57", "t_cd8_cd57"}


@pytest.fixture(scope="module")
def file(real_data):
    return real_data / "fcs" / "hiv_t_memory" / "100715.fcs"


def template_with(root, ranges, left_out=()):
    """The shipped template with the ranges of an instrument, as its README asks for."""
    rows = list(csv.DictReader((root / TEMPLATE).read_text().splitlines()))
    assert set(ranges) | set(left_out) <= {row["alias"] for row in rows}
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    for row in rows:
        row["gating_args"] = ranges.get(row["alias"], row["gating_args"])
        if row["alias"] == "t" and left_out:
            row |= {"pop": "+", "dims": "CD3", "gating_method": "mindensity"}
        if row["alias"] not in left_out:
            writer.writerow(row)
    template, problems = parse_template(text.getvalue(), "t_memory.csv")
    assert problems == []
    return template


def dyes_of(file):
    """Compensated intensities of all events, by marker; a label has the dye before a dash."""
    header = read_header(file)
    names = [one.name for one in header.channels]
    places = [names.index(name) for name in header.spillover.channels]
    dyes = np.asarray(header.events(), float)[:, places] @ np.linalg.inv(header.spillover.matrix)
    labels = {one.name: one.label.split(" - ")[-1] for one in header.channels}
    return {labels[name]: dyes[:, n] for n, name in enumerate(header.spillover.channels)}


@pytest.fixture(scope="module")
def outcome(file, request):
    template = template_with(request.config.rootpath, RANGES)
    # the panel sheet as it would be copied; the file's labels tell which channel is which
    markers = {f"{marker} detector": marker for marker in ("CD3", "CD4", "CD8", "CD19", "CD27")}
    markers |= {"R660-A": "CD45RO", "G610-A": "CCR7", "V585-A": "CD57", "R710-A": "CD28"}
    markers |= {"G560-A": "CD127", "violet": "Viability"}
    aliases = {"violet": ["VIVID / CD14"]}
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return gate_acquisition(file, digest, template, markers, aliases=aliases)


@pytest.fixture(scope="module")
def t_cells(file, outcome):
    """Compensated intensities of the T cells, by marker."""
    is_t = outcome.gated.members("t")
    return {marker: values[is_t] for marker, values in dyes_of(file).items()}


def rank_correlation(one, other):
    ranks = [np.argsort(np.argsort(values)) for values in (one, other)]
    return np.corrcoef(ranks)[0, 1]


def test_labels_and_an_alias_find_every_channel(outcome):
    assert outcome.verdict.verdict == "accepted"
    assert outcome.channels["CD3"] == "R780-A"
    assert outcome.channels["Viability"] == "V450-A"
    assert outcome.markers["V800-A"] == "CD8"


def test_subsets_of_the_real_t_cells_are_plausible_and_add_up(outcome):
    counts = outcome.gated.counts

    assert counts["single"] > 0.97 * counts["root"]
    assert counts["lymph"] > 0.85 * counts["single"]
    assert 0.04 < counts["t"] / counts["lymph"] < 0.08
    assert 0.30 < counts["t_cd4"] / counts["t"] < 0.50
    for lineage in ("t_cd4", "t_cd8"):
        assert sum(counts[f"{lineage}_{name}"] for name in MEMORY) == counts[lineage]
    for name in MEMORY:
        assert 0.10 < counts[f"t_cd4_{name}"] / counts["t_cd4"] < 0.45
    assert sum(counts[name] for name in ("t_cd4", "t_cd8", "t_dp", "t_dn")) == counts["t"]
    assert 0.05 < counts["cd57_pos"] / counts["t"] < 0.20


def test_t_cells_and_cd45ro_stand_apart_by_a_valley(outcome):
    assert "cd3_pos" not in outcome.flags
    assert "ro_pos" not in outcome.flags
    assert 300 < outcome.thresholds["cd3_pos"]["CD3"] < 500
    assert 500 < outcome.thresholds["ro_pos"]["CD45RO"] < 1000


def test_cd4_t_cells_are_what_cd4_t_cells_are(outcome, t_cells):
    """More of them carry CD28, CD127 and CD45RO, fewer CD57, than of the other T cells."""
    is_cd4 = outcome.gated.members("t_cd4")[outcome.gated.members("t")]
    medians = {
        marker: (np.median(values[is_cd4]), np.median(values[~is_cd4]))
        for marker, values in t_cells.items()
    }
    counts = outcome.gated.counts

    assert medians["CD28"][0] > 1.5 * medians["CD28"][1]
    assert medians["CD127"][0] > 1.1 * medians["CD127"][1]
    assert medians["CD45RO"][0] > 1.4 * medians["CD45RO"][1]
    cd4_cd57 = counts["t_cd4_cd57"] / counts["t_cd4"]
    rest_cd57 = (counts["cd57_pos"] - counts["t_cd4_cd57"]) / (counts["t"] - counts["t_cd4"])
    assert cd4_cd57 < rest_cd57


def test_cd8_is_not_resolved_and_all_that_rests_on_it_says_so(outcome, t_cells):
    """Where CD8 is stained it excludes CD4, with a strongly negative rank correlation."""
    assert rank_correlation(t_cells["CD4"], t_cells["CD8"]) > 0
    assert outcome.gated.counts["t_cd8"] < 0.01 * outcome.gated.counts["t"]
    for name in ("t_cd8", *(f"t_cd8_{subset}" for subset in MEMORY), "t_cd8_cd57"):
        assert "fallback_no_valley" in outcome.flags[name]


def test_with_the_ranges_of_another_instrument_every_population_is_flagged(file, request):
    """The template as it is shipped draws its lines elsewhere, and does not keep silent."""
    template, _ = parse_template((request.config.rootpath / TEMPLATE).read_text(), "t.csv")
    header = read_header(file)
    markers = {one.name: one.label for one in header.channels if one.label.strip()}
    aliases = {"V450-A": ["Viability"]}
    digest = hashlib.sha256(file.read_bytes()).hexdigest()

    outcome = gate_acquisition(file, digest, template, markers, aliases=aliases)

    assert {"live", "viable", "t", "t_cd4", "t_cd8"} <= set(outcome.flags)


def test_memory_subsets_of_a_healthy_donor_are_confirmed_by_markers_that_were_not_gated(
    real_data, request
):
    """Naive cells have CD45RA and CD27, central memory CD27 only, effector memory neither."""
    file = next((real_data / "fcs" / "omip021").glob("*.fcs"))
    template = template_with(request.config.rootpath, DONOR_RANGES, NOT_STAINED)
    stained = ("CD3", "CD4", "CD8", "CD45RO", "CCR7", "CD27", "CD45RA", "Viability")
    markers = {f"{marker} detector": marker for marker in stained}
    digest = hashlib.sha256(file.read_bytes()).hexdigest()

    outcome = gate_acquisition(file, digest, template, markers, aliases={"CD8 detector": ["CD8a"]})

    counts, dyes = outcome.gated.counts, dyes_of(file)
    assert counts["t_cd4"] == pytest.approx(1212, rel=0.06)
    assert counts["t_cd4"] + counts["t_cd8"] > 0.9 * counts["t"]
    medians = {
        name: {
            marker: np.median(values[outcome.gated.members(f"t_cd4_{name}")])
            for marker, values in dyes.items()
            if marker in ("CD45RA", "CD27")
        }
        for name in ("naive", "cm", "em")
    }
    assert medians["naive"]["CD45RA"] > 5 * medians["cm"]["CD45RA"]
    assert medians["naive"]["CD45RA"] > 5 * medians["em"]["CD45RA"]
    assert medians["naive"]["CD27"] > 10 * medians["em"]["CD27"]
    assert medians["cm"]["CD27"] > 10 * medians["em"]["CD27"]
    shares = [counts[f"t_cd4_{name}"] / counts["t_cd4"] for name in MEMORY]
    assert sum(shares) == pytest.approx(1)
    assert 0.08 < shares[0] < 0.30
    assert shares[3] < 0.05
