import numpy as np
import pytest

from correlates.flow.gating.evaluate import evaluate
from correlates.flow.gating.gates import BooleanGate, Dimension, RectangleGate, Transform
from correlates.flow.gating.strategies import UnreadableStrategy, read_flowjo, read_gatingml
from correlates.flow.gating.workspaces import FlowJoWorkspace, NotInWorkspace, population_ids
from flow_maker import blobs, events_of

SPACES = " ".join(
    f'xmlns:{name}="http://www.isac-net.org/std/Gating-ML/v2.0/{path}"'
    for name, path in (
        ("gating", "gating"),
        ("transforms", "transformations"),
        ("data-type", "datatypes"),
    )
)
BIEX = (
    '<transforms:biex transforms:length="256" transforms:maxRange="262144" transforms:neg="0" '
    'transforms:width="-100" transforms:pos="4.418539922">'
    '<data-type:parameter data-type:name="{channel}"/></transforms:biex>'
)
FLAT = (
    '<transforms:linear transforms:minRange="0" transforms:maxRange="0">'
    '<data-type:parameter data-type:name="{channel}"/></transforms:linear>'
)
UNKNOWN = (
    '<transforms:hyperlog transforms:T="1">'
    '<data-type:parameter data-type:name="{channel}"/></transforms:hyperlog>'
)
MATRIX = (
    '<transforms:spilloverMatrix name="mine" prefix="Comp-" suffix="" spectral="0">'
    "<data-type:parameters>"
    '<data-type:parameter data-type:name="FITC-A"/><data-type:parameter data-type:name="PE-A"/>'
    "</data-type:parameters>"
    '<transforms:spillover data-type:parameter="FITC-A">'
    '<transforms:coefficient data-type:parameter="FITC-A" transforms:value="1"/>'
    '<transforms:coefficient data-type:parameter="PE-A" transforms:value="0.5"/>'
    '</transforms:spillover><transforms:spillover data-type:parameter="PE-A">'
    '<transforms:coefficient data-type:parameter="FITC-A" transforms:value="0"/>'
    '<transforms:coefficient data-type:parameter="PE-A" transforms:value="1"/>'
    "</transforms:spillover></transforms:spilloverMatrix>"
)


def ranged(name, channel, low, high, count, inner="", inside=1) -> str:
    return (
        f'<Population name="{name}" owningGroup="" count="{count}"><Gate>'
        f'<gating:RectangleGate eventsInside="{inside}">'
        f'<gating:dimension gating:min="{low}" gating:max="{high}">'
        f'<data-type:fcs-dimension data-type:name="{channel}"/></gating:dimension>'
        f"</gating:RectangleGate></Gate><Subpopulations>{inner}</Subpopulations></Population>"
    )


def combined(tag, name, *operands) -> str:
    dependents = "".join(f'<Dependent name="{operand}"/>' for operand in operands)
    head = f'<{tag} name="{name}" owningGroup="" count="7">'
    return f"{head}<Dependents>{dependents}</Dependents></{tag}>"


def sample(number, file, populations, scales=BIEX, name="tube.fcs", matrix=MATRIX) -> str:
    scale = scales.format(channel="FITC-A") + BIEX.format(channel="PE-A")
    return (
        f'<Sample><DataSet uri="file:/C:/data/{file}" sampleID="{number}"/>{matrix}'
        f"<Transformations>{scale}</Transformations><Keywords/>"
        f'<SampleNode name="{name}" count="3000" sampleID="{number}">'
        f"<Subpopulations>{populations}</Subpopulations></SampleNode></Sample>"
    )


def workspace(tmp_path, *samples):
    path = tmp_path / "study.wsp"
    members = "".join(f'<SampleRef sampleID="{number}"/>' for number in range(len(samples)))
    path.write_text(
        f'<?xml version="1.0"?><Workspace flowJoVersion="10.8.1" {SPACES}>'
        f'<Groups><GroupNode name="All Samples"><Group><SampleRefs>{members}</SampleRefs></Group>'
        f"</GroupNode></Groups><SampleList>{''.join(samples)}</SampleList></Workspace>"
    )
    return path


TREE = ranged(
    "CD4/8",
    "Comp-FITC-A",
    100,
    1e6,
    40,
    ranged("CD8+", "Comp-PE-A", 500, 1e6, 12) + ranged("low", "PE-A", 0, 300, 5, inside=0),
) + ranged("T", "FSC-A", 0, 90000, 60, ranged("CD8+", "Comp-PE-A", 1000, 1e6, 9))
BOTH = TREE + combined("AndNode", "both", "CD4/8/CD8+", "T/CD8+")


def test_populations_of_a_workspace(tmp_path):
    read = read_flowjo(workspace(tmp_path, sample(0, "a%20b.fcs", BOTH)))

    found = read.sample_of("a b.fcs")

    assert found.counts == {
        "CD4_8": 40,
        "CD4_8/CD8+": 12,
        "low": 5,
        "T": 60,
        "T/CD8+": 9,
        "both": 7,
    }
    assert found.paths["CD4_8/CD8+"] == "CD4/8/CD8+"
    gates = {gate.id: gate for gate in found.strategy.gates}
    assert set(gates) == set(found.counts)
    assert (gates["T/CD8+"].parent, gates["T/CD8+"].name) == ("T", "CD8+")
    assert isinstance(gates["both"], BooleanGate)
    assert [operand.gate for operand in gates["both"].operands] == ["CD4_8/CD8+", "T/CD8+"]
    assert isinstance(gates["low"], RectangleGate)
    assert gates["low"].complement


def test_gates_of_a_workspace_see_its_own_compensation(tmp_path):
    read = read_flowjo(workspace(tmp_path, sample(0, "a.fcs", BOTH)))
    values = blobs(np.random.default_rng(1), 3000)
    fitc, pe = values[:, 2].astype(float), values[:, 3].astype(float)
    compensated = pe - 0.5 * fitc

    gated = evaluate(read.samples[0].strategy, events_of(values))

    high = (fitc >= 100) & (compensated >= 500)
    np.testing.assert_array_equal(gated.members("CD4_8/CD8+"), high)
    np.testing.assert_array_equal(
        gated.members("both"), high & (values[:, 0] < 90000) & (compensated >= 1000)
    )


def test_samples_that_share_a_name_are_told_apart_by_file(tmp_path):
    read = read_flowjo(
        workspace(
            tmp_path,
            sample(0, "a.fcs", ranged("T", "FSC-A", 0, 1000, 10)),
            sample(1, "b.fcs", ranged("T", "FSC-A", 0, 2000, 20)),
        )
    )

    assert [read.sample_of(name).counts["T"] for name in ("a.fcs", "b.fcs")] == [10, 20]
    highs = [read.sample_of(f).strategy.gates[0].dimensions[0].maximum for f in ("a.fcs", "b.fcs")]
    assert highs == [1000, 2000]


def test_a_population_has_one_id_in_all_samples(tmp_path):
    """CD8+ stands once in the first sample, twice in the second."""
    first = ranged("T", "FSC-A", 0, 1000, 10, ranged("CD8+", "PE-A", 0, 1, 1))
    second = first + ranged("NK", "FSC-A", 0, 1000, 10, ranged("CD8+", "PE-A", 0, 1, 1))
    read = read_flowjo(workspace(tmp_path, sample(0, "a.fcs", first), sample(1, "b.fcs", second)))

    assert list(read.samples[0].counts) == ["T", "T/CD8+"]
    assert list(read.samples[1].counts) == ["T", "T/CD8+", "NK", "NK/CD8+"]


def test_a_file_is_also_found_by_the_name_that_flowjo_shows(tmp_path):
    read = read_flowjo(workspace(tmp_path, sample(0, "a.fcs", TREE, name="tube7.fcs")))

    assert read.sample_of("tube7.fcs").file == "a.fcs"


@pytest.mark.parametrize(
    ("samples", "asked", "message"),
    [
        pytest.param(
            [sample(0, "donor_1.fcs", TREE)],
            "donor_l.fcs",
            "not in the workspace study.wsp. Did you mean 'donor_1.fcs'",
            id="a file that the workspace lacks, with the nearest",
        ),
        pytest.param(
            [sample(0, "a.fcs", TREE), sample(1, "a.fcs", TREE)],
            "a.fcs",
            "2 samples called a.fcs",
            id="two files of one name",
        ),
        pytest.param(
            [sample(0, "a.fcs", TREE, scales=UNKNOWN), sample(1, "b.fcs", TREE)],
            "a.fcs",
            "'hyperlog' is undocumented",
            id="a scale that FlowKit refuses",
        ),
    ],
)
def test_a_file_without_usable_gates(tmp_path, samples, asked, message):
    read = read_flowjo(workspace(tmp_path, *samples))

    with pytest.raises(NotInWorkspace, match=message):
        read.sample_of(asked)


def test_a_sample_that_is_refused_does_not_stop_the_others(tmp_path):
    read = read_flowjo(
        workspace(
            tmp_path,
            sample(0, "a.fcs", TREE, scales=UNKNOWN),
            sample(1, "b.fcs", TREE),
            sample(2, "c.fcs", TREE),
        )
    )

    assert [each.strategy is None for each in read.samples] == [True, False, False]


def test_a_scale_without_extent_leaves_values_as_they_are(tmp_path):
    gate = ranged("G", "FITC-A", 10, 20, 1)

    read = read_flowjo(workspace(tmp_path, sample(0, "a.fcs", gate, scales=FLAT, matrix="")))

    (gate,) = read.samples[0].strategy.gates
    assert gate.dimensions == (Dimension("FITC-A", minimum=10.0, maximum=20.0),)


def test_a_workspace_survives_json(tmp_path):
    read = read_flowjo(
        workspace(tmp_path, sample(0, "a.fcs", BOTH), sample(1, "b.fcs", TREE, scales=UNKNOWN))
    )

    assert FlowJoWorkspace.from_json(read.to_json()) == read


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        pytest.param(read_flowjo, "no xml", "Cannot be read as a FlowJo workspace", id="no XML"),
        pytest.param(read_flowjo, "<Workspace/>", "Holds no sample", id="a workspace of nothing"),
        pytest.param(read_gatingml, "no xml", "Cannot be read as a GatingML 2.0", id="no GatingML"),
        pytest.param(
            read_gatingml,
            f"<gating:Gating-ML {SPACES}><gating:RectangleGate/></gating:Gating-ML>",
            "neither GatingML 2.0 compliant",
            id="GatingML against the standard",
        ),
        pytest.param(
            read_gatingml,
            f'<gating:Gating-ML {SPACES}><gating:RectangleGate gating:id="a" gating:parent_id="b">'
            '<gating:dimension gating:compensation-ref="FCS"><data-type:fcs-dimension '
            'data-type:name="A"/></gating:dimension></gating:RectangleGate></gating:Gating-ML>',
            "Cannot be read",
            id="GatingML with a parent that is missing",
        ),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_what_to_do(tmp_path, read, text, message):
    path = tmp_path / "strategy"
    path.write_text(text)

    with pytest.raises(UnreadableStrategy, match=message) as raised:
        read(path)

    assert raised.value.problem.file == str(path)
    assert raised.value.problem.remedy


GATINGML = f"""<gating:Gating-ML {SPACES}>
<transforms:transformation transforms:id="log" transforms:boundMin="0">
<transforms:flog transforms:T="100" transforms:M="2"/></transforms:transformation>
<transforms:spectrumMatrix transforms:id="m" transforms:matrix-inverted-already="true">
<transforms:fluorochromes><data-type:fcs-dimension data-type:name="a"/>
<data-type:fcs-dimension data-type:name="b"/></transforms:fluorochromes>
<transforms:detectors><data-type:fcs-dimension data-type:name="A"/>
<data-type:fcs-dimension data-type:name="B"/></transforms:detectors>
<transforms:spectrum><transforms:coefficient transforms:value="1"/>
<transforms:coefficient transforms:value="-0.5"/></transforms:spectrum>
<transforms:spectrum><transforms:coefficient transforms:value="0"/>
<transforms:coefficient transforms:value="1"/></transforms:spectrum>
</transforms:spectrumMatrix>
<gating:RectangleGate gating:id="g"><gating:dimension gating:compensation-ref="m" gating:min="5">
<data-type:fcs-dimension data-type:name="b"/></gating:dimension></gating:RectangleGate>
</gating:Gating-ML>"""


def test_what_flowkit_passes_over_is_read(tmp_path):
    """Bounds of a transform, and a matrix that is given inverted."""
    path = tmp_path / "gates.xml"
    path.write_text(GATINGML)

    strategy = read_gatingml(path)

    assert strategy.transforms["log"] == Transform("log", {"t": 100.0, "m": 2.0}, bound_min=0.0)
    np.testing.assert_allclose(strategy.compensations["m"].matrix, ((1, 0.5), (0, 1)), atol=1e-12)
    gated = evaluate(strategy, events_of([[10.0, 9.0], [10.0, 11.0]], ("A", "B")))
    assert gated.members("g").tolist() == [False, True]


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        pytest.param([("T",), ("T", "CD8+")], ["T", "CD8+"], id="a name that stands once is it"),
        pytest.param(
            [("A", "X"), ("B", "X")], ["A/X", "B/X"], id="a repeated name takes its parent"
        ),
        pytest.param(
            [("A", "B", "X"), ("C", "B", "X")],
            ["A/B/X", "C/B/X"],
            id="as much of a path as it takes",
        ),
        pytest.param([("X",), ("A", "X")], ["X", "A/X"], id="a whole path that ends others"),
        pytest.param([("CD4 +",), ("CD4, +",)], ["CD4_+", "CD4_+.2"], id="alike when cleaned"),
        pytest.param([("Q1: CD3- , CD4+",)], ["Q1_CD3-_CD4+"], id="no spaces, commas or colons"),
        pytest.param([("root",)], ["root.2"], id="root is all events"),
    ],
)
def test_population_ids(paths, expected):
    ids = population_ids(paths)

    assert [ids[path] for path in paths] == expected
