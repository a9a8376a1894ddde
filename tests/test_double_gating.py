"""Files gated twice: which they are, how their populations are paired, and what is said of few."""

import numpy as np
import pytest

from correlates.flow.counts.agreement import absolute_agreement
from correlates.flow.counts.double_gating import Pair, compare_gatings
from correlates.flow.double_gating import plan_double_gating
from correlates.flow.gating.flowjo_gates import in_flowjo_gates
from correlates.flow.gating.flowjo_workspace import WorkspaceSample, write_flowjo
from correlates.flow.gating.gates import ROOT, Dimension, RectangleGate, Strategy
from correlates.intake.records import Plan
from study import ROOT as PROJECT
from test_overrides import acquisition

FIRST = [(400, 1000), (300, 1000), (100, 500), (40, 400), (200, 800)]
AGAIN = [(420, 1000), (310, 1000), (108, 500), (48, 400), (204, 800)]


def table(**populations):
    """Return rows of a populations table; n and n_parent by population."""
    root = {"population": ROOT, "n": "5000", "n_parent": ""}
    rows = {
        name: {"population": name, "n": str(n), "n_parent": str(of)}
        for name, (n, of) in populations.items()
    }
    return {ROOT: root} | rows


def pairs(first=FIRST, again=AGAIN, name="t"):
    return [
        Pair(f"f{number}", table(t=one), table(**{name: two}))
        for number, (one, two) in enumerate(zip(first, again, strict=True))
    ]


def test_agreement_is_on_percentages_and_on_the_logarithm_of_counts():
    rows, values = compare_gatings("tnk", pairs(), {})

    percent, count = rows
    first = [100 * n / of for n, of in FIRST]
    again = [100 * n / of for n, of in AGAIN]
    expected = absolute_agreement(np.column_stack([first, again]))
    assert (percent["quantity"], count["quantity"]) == ("percent_of_parent", "log10_events")
    assert (percent["icc"], percent["ci_low"]) == (expected.icc, expected.ci_low)
    assert percent["bias"] == pytest.approx((2 + 1 + 1.6 + 2 + 0.5) / 5)
    assert (percent["n"], percent["status"]) == (5, "ok")
    assert count["mean"] == pytest.approx(np.log10([400, 300, 100, 40, 200]).mean())
    assert len(values) == 10
    assert values[0]["acquisition"] == "f0"
    assert (values[0]["first"], values[0]["again"]) == (40.0, 42.0)


def test_two_files_are_refused_with_a_sentence_and_no_number():
    rows, values = compare_gatings("tnk", pairs()[:2], {})

    for row in rows:
        assert row["status"] == "refused"
        assert "needs 5 files" in row["reason"]
        assert "there are 2" in row["reason"]
        assert not {"icc", "ci_low", "bias"} & set(row)
    assert len(values) == 4


def test_a_file_without_events_is_left_out_of_the_logarithm_alone():
    first = [*FIRST, (0, 300)]
    again = [*AGAIN, (3, 300)]

    percent, count = compare_gatings("tnk", pairs(first, again), {})[0]

    assert (percent["n"], count["n"]) == (6, 5)
    assert count["reason"] == "1 of 6 files lack a value in either gating"


def test_names_are_paired_by_the_config_and_others_are_listed():
    rows, _ = compare_gatings("tnk", pairs(name="T_cells"), {"T_cells": "t"})
    assert [row["status"] for row in rows] == ["ok", "ok"]
    assert rows[0]["population_again"] == "T_cells"

    rows, _ = compare_gatings("tnk", pairs(name="T_cells"), {})
    assert [(row["population"], row["population_again"]) for row in rows] == [
        ("t", ""),
        ("", "T_cells"),
    ]
    assert {row["status"] for row in rows} == {"unmatched"}


def test_values_that_never_differ_have_no_agreement():
    percent, _ = compare_gatings("tnk", pairs([(0, 100)] * 4, [(0, 100)] * 4), {})[0]

    assert percent["status"] == "refused"
    assert "icc" not in percent


def plan_of(*samples):
    return Plan(acquisitions=tuple(map(acquisition, samples)), gating={"tnk": "first.csv"})


def test_of_a_workspace_only_the_files_that_it_holds_are_gated_again(tmp_path):
    gate = RectangleGate("g", ROOT, "g", (Dimension("FSC-A", minimum=1.0),))
    held = WorkspaceSample(
        "any",
        tmp_path / "P02_C1D1.fcs",
        (("FSC-A", 1024.0),),
        5,
        in_flowjo_gates(Strategy((gate,))),
    )
    write_flowjo(tmp_path / "second.wsp", "tnk", [held])
    plan = plan_of("P01_C1D1", "P02_C1D1")

    found, problems = plan_double_gating({"double_gating": {"tnk": "second.wsp"}}, plan, tmp_path)

    assert problems == []
    assert found.acquisitions == ("P02_C1D1__tnk__full",)


@pytest.mark.parametrize(
    ("study", "column", "said"),
    [
        pytest.param(
            {"double_gating": {"tnl": "a.csv"}}, "study.double_gating.tnl", "'tnk'", id="no panel"
        ),
        pytest.param(
            {"double_gating": {"tnk": "a.csv"}}, "study.double_gating.tnk", "Looked", id="no file"
        ),
        pytest.param(
            {"double_gating": {"tnk": "a.jo"}}, "study.double_gating.tnk", ".wsp", id="unknown kind"
        ),
        pytest.param(
            {"double_gating_names": {"tnk": {"T": "t"}}},
            "study.double_gating_names.tnk",
            "study.double_gating first",
            id="names without a gating",
        ),
    ],
)
def test_a_wrong_config_is_told_of_by_its_key(tmp_path, study, column, said):
    found, problems = plan_double_gating(study, plan_of("P01_C1D1"), tmp_path)

    assert found.acquisitions == ()
    (problem,) = problems
    assert (problem.column, problem.stops) == (column, "run")
    assert said in problem.remedy


def test_a_template_for_another_panel_is_told_of():
    template = str(PROJECT / "resources" / "gating" / "tnk.csv")

    _, problems = plan_double_gating({"double_gating": {"tnk": template}}, plan_of("P01_C1D1"))

    assert any(problem.value == "CD3" for problem in problems)
