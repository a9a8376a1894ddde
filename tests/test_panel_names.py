"""A panel's channels in a file: by name, alias or label; in the sheet: one meaning a batch."""

import json
from types import SimpleNamespace

import pytest

from correlates.flow.planning import gating_problems
from correlates.flow.templates.resolve import channels_of_dimensions, label_names, resolve_panel
from correlates.intake.panels import PanelRow, panel_row, rows_of_batch
from correlates.intake.records import Plan
from correlates.intake.sheets.panel_names import check_names, unknown_batches
from correlates.intake.sheets.sheet import read_sheet

HEADER = "panel\tchannel\tmarker\tbatch\taliases\n"
TEMPLATE = (
    'alias,pop,parent,dims,gating_method,gating_args\nt,+,root,CD3,mindensity,"gate_range=c(1,2)"\n'
)


def channels(*pairs):
    return [SimpleNamespace(name=name, label=label) for name, label in pairs]


def resolved(markers, *pairs, aliases=None):
    return resolve_panel(markers, aliases or {}, channels(*pairs), "x.fcs")


@pytest.mark.parametrize(
    ("label", "marker"),
    [
        ("CD3", "CD3"),
        ("cd3 bv605", "CD3"),
        ("CD3-BV605-A", "CD3"),
        ("BV605 - CD3", "CD3"),
        ("CD3_PerCP-Cy5.5", "CD3"),
        ("CD45RA APC/Fire 750", "CD45RA"),
        ("HLADR PE-Cy7", "HLA-DR"),
        ("PD-1 Alexa Fluor 647", "PD1"),
        ("VIVID / CD14", "VIVID/CD14"),
        ("L/D Aqua - Viability", "Viability"),
        ("APCCy7 - CD4", "CD4"),
        ("PerCP-Cy55 - CD45RA", "CD45RA"),
    ],
)
def test_a_label_names_its_antigen_beside_the_dye(label, marker):
    assert label_names(label, marker)


@pytest.mark.parametrize(
    ("label", "marker"),
    [("CD38 BV605", "CD3"), ("CD3", "CD38"), ("CD45RA", "CD45"), ("BV605", "CD3"), ("", "CD3")],
)
def test_a_label_of_another_antigen_does_not(label, marker):
    assert not label_names(label, marker)


@pytest.mark.parametrize(
    ("pairs", "aliases", "found"),
    [
        pytest.param([("BV605-A", "")], (), "BV605-A", id="as the sheet has it"),
        pytest.param([("Comp-BV605-A", "")], (), "Comp-BV605-A", id="compensated"),
        pytest.param([("bv605_a", "")], (), "bv605_a", id="case and separators"),
        pytest.param([("<BV605-A>", "")], (), "<BV605-A>", id="FlowJo's brackets"),
        pytest.param([("Qdot605-A", "")], ("Qdot605-A",), "Qdot605-A", id="an alias"),
        pytest.param([("V610-A", "CD3 BV605")], (), "V610-A", id="antigen and dye in the label"),
        pytest.param([("V610-A", "CD3e")], ("CD3e",), "V610-A", id="an alias of the marker"),
        pytest.param(
            [("BV605-A", ""), ("V610-A", "CD3")], (), "BV605-A", id="the name goes before the label"
        ),
        pytest.param(
            [("BV605-A", ""), ("bv605-A", "")], (), "BV605-A", id="the exact name goes first"
        ),
    ],
)
def test_a_channel_is_found_under_any_of_its_names(pairs, aliases, found):
    panel = resolved({"BV605-A": "CD3"}, *pairs, aliases={"BV605-A": aliases})

    assert panel.problems == {}
    assert panel.markers == {found: "CD3"}


def test_several_channels_that_fit_are_refused_with_all_of_them():
    panel = resolved({"BV605-A": "CD3"}, ("V610-A", "CD3 BV605"), ("G610-A", "CD3 PE"))

    (problem,) = panel.problems.values()
    assert problem.problem.endswith("CD3 (BV605-A): V610-A (CD3 BV605), G610-A (CD3 PE)")
    assert panel.markers == {}


def test_one_channel_that_fits_two_markers_is_refused_for_both():
    panel = resolved(
        {"A": "CD3", "B": "CD4"}, ("V610-A", ""), aliases={"A": ["V610-A"], "B": ["V610_A"]}
    )

    assert {one.problem for one in panel.problems.values()} == {
        "V610-A could be the channel of CD3 and of CD4"
    }
    assert set(panel.problems) == {"cd3", "cd4"}
    assert panel.markers == {}


def test_an_unmatched_marker_lists_the_nearest_names_and_labels():
    panel = resolved({"BV605-A": "CD3e"}, ("FSC-A", ""), ("BV606-A", "x"), ("G610-A", "CD3"))

    (problem,) = panel.problems.values()
    assert problem.problem == "no channel holds CD3e (BV605-A)"
    assert "BV606-A (x)" in problem.remedy
    assert "G610-A (CD3)" in problem.remedy
    assert "FSC-A" not in problem.remedy


def test_a_template_may_use_marker_alias_or_channel():
    panel = resolved({"A1": "PD1"}, ("A-1", ""), ("SSC-A", ""), aliases={"A1": ["CD279"]})

    found, problems = channels_of_dimensions(
        ["PD-1", "cd279", "A1", "SSC_A"], panel, ["A-1", "SSC-A"], "x.fcs"
    )

    assert problems == []
    assert found == {"PD-1": "A-1", "cd279": "A-1", "A1": "A-1", "SSC_A": "SSC-A"}


def test_rows_of_a_batch_take_the_place_of_those_for_all():
    rows = [
        PanelRow("BV605-A", "CD3"),
        PanelRow("PE-A", "CD19"),
        PanelRow("BV650-A", "CD3", "b2"),
        PanelRow("PE-A", "CD20", "b3"),
        PanelRow("FSC-A"),
    ]

    def of(batch):
        return {row.channel: row.marker for row in rows_of_batch(rows, batch)}

    assert of("b1") == {"BV605-A": "CD3", "PE-A": "CD19", "FSC-A": ""}
    assert of("b2") == {"PE-A": "CD19", "BV650-A": "CD3", "FSC-A": ""}
    assert of("b3") == {"BV605-A": "CD3", "PE-A": "CD20", "FSC-A": ""}
    assert of("") == of("b1")


def test_aliases_stand_between_semicolons():
    row = panel_row({"channel": "A", "marker": "CD3", "aliases": " CD3e;;Qdot605-A ;CD3e"})

    assert row.aliases == ("CD3e", "Qdot605-A")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        pytest.param(
            "t\tA\tCD3\t\t\nt\tB\tcd-3\t\t\n",
            "row 3, marker: this marker of panel t also stands in row 2",
            id="one marker on two channels",
        ),
        pytest.param(
            "t\tA\tCD3\tb1\t\nt\tB\tCD3\tb1\t\n",
            "row 3, marker: this marker of panel t also stands in row 2",
            id="the same within a batch",
        ),
        pytest.param(
            "t\tA\tCD3\t\tleu4\nt\tB\tCD4\t\tLeu-4\n",
            "row 3, aliases: row 2 uses this name too, so that it means two channels "
            "(found 'Leu-4'). Leave it to CD4 or to CD3.",
            id="an alias of two",
        ),
        pytest.param(
            "t\tA\tCD3\t\t\nt\tB\tCD4\t\tcd3\n",
            "row 3, aliases: row 2 uses this name too",
            id="an alias that is another marker",
        ),
        pytest.param(
            "t\tA\tCD3\t\tleu4\nt\tB\tCD4\tb2\tLeu-4\n",
            "row 3, aliases: row 2 uses this name too",
            id="an alias for all and one of a batch",
        ),
    ],
)
def test_a_name_that_means_two_channels_stops_the_run(tmp_path, rows, said):
    (tmp_path / "panels.tsv").write_text(HEADER + rows)
    sheet = read_sheet(tmp_path / "panels.tsv", "panels", "panels.tsv")

    problems = list(check_names(sheet))

    assert any(said in str(one) for one in problems), list(map(str, problems))
    assert {one.stops for one in problems} == {"run"}


def test_a_channel_with_two_markers_in_one_batch_is_refused(tmp_path):
    (tmp_path / "panels.tsv").write_text(HEADER + "t\tA\tCD3\tb1\t\nt\tA\tCD4\tb1\t\n")

    sheet = read_sheet(tmp_path / "panels.tsv", "panels", "panels.tsv")

    assert [row.number for row in sheet.refused] == [2, 3]
    assert "also stands in row 3, with other values" in str(sheet.problems[0])


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param("t\tA\tCD3\t\t\nt\tB\tCD3\tb2\t\n", id="a marker that moved in a batch"),
        pytest.param("t\tA\tCD3\tb1\tX\nt\tB\tCD3\tb2\tX\n", id="an alias that moved with it"),
        pytest.param("t\tA\tCD3\t\tX\nu\tB\tCD4\t\tX\n", id="an alias in another panel"),
        pytest.param("t\tA\tCD3\t\tA1\nt\tA\tCD3\tb2\tA1;A2\n", id="an alias more in a batch"),
    ],
)
def test_what_differs_between_batches_is_no_contradiction(tmp_path, rows):
    (tmp_path / "panels.tsv").write_text(HEADER + rows)
    sheet = read_sheet(tmp_path / "panels.tsv", "panels")

    assert [str(one) for one in [*sheet.problems, *check_names(sheet)]] == []


def test_a_batch_that_no_file_is_of_is_told_with_the_nearest(tmp_path):
    (tmp_path / "panels.tsv").write_text(HEADER + "t\tA\tCD3\trun3\t\nt\tA\tCD3\trun1\t\n")
    sheet = read_sheet(tmp_path / "panels.tsv", "panels", "panels.tsv")

    (problem,) = unknown_batches(sheet, {"run1", "run30", "b9"})

    assert str(problem).startswith("panels.tsv, row 2, batch: no file is of this batch")
    assert "'run30'" in problem.remedy
    assert problem.stops == "nothing"


@pytest.mark.parametrize(
    ("rows", "batches", "said"),
    [
        pytest.param([PanelRow("A", "CD3")], ["b1"], [], id="for all"),
        pytest.param([PanelRow("A", "CD3e", "", ("CD3",))], [""], [], id="by an alias"),
        pytest.param(
            [PanelRow("A", "CD3", "b1"), PanelRow("B", "CD3", "b2")], ["b1", "b2"], [], id="each"
        ),
        pytest.param(
            [PanelRow("A", "CD3"), PanelRow("A", "CD4", "b2")],
            ["b1", "b2"],
            ["the panel has no such marker or channel in batch b2"],
            id="not in one of them",
        ),
    ],
)
def test_a_template_is_checked_against_the_panel_of_each_batch(tmp_path, rows, batches, said):
    (tmp_path / "t.csv").write_text(TEMPLATE)
    used = tuple(SimpleNamespace(panel="t", batch=batch) for batch in batches)
    plan = Plan(acquisitions=used, panels={"t": tuple(rows)}, gating={"t": str(tmp_path / "t.csv")})

    assert [one.problem for one in gating_problems(plan)] == said


def test_aliases_survive_the_snapshot():
    plan = Plan(panels={"t": (PanelRow("A", "CD3", "b1", ("x", "y")),)})

    assert Plan.from_json(plan.to_json()).panels == plan.panels
    assert json.loads(plan.to_json())["panels"]["t"][0]["aliases"] == ["x", "y"]
