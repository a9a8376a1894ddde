"""What a study's gating is refused for before any file is read."""

import os
import time

import pytest

from correlates.flow.planning import gating_problems, goal_problems, scale_problems
from correlates.intake.acquisitions import Listed
from correlates.intake.records import Plan

TEMPLATE = (
    "alias,pop,parent,dims,gating_method,gating_args\nlow,+,root,FSC-A,boundary,min=1 max=2\n"
)


def plan_of(path):
    return Plan(gating={"tnk": str(path)})


def test_the_ending_of_a_gating_may_be_in_capitals():
    plan = Plan(gating={"tnk": "TNK.CSV", "cll": "gates.WSP", "ics": "gates.xml"})

    assert plan.templates == {"tnk": "TNK.CSV"}
    assert plan.workspaces == {"cll": "gates.WSP"}


@pytest.mark.parametrize(("ahead", "is_refused"), [(3600, True), (0, False), (-1e9, False)])
def test_a_file_of_the_future_would_fail_every_job_and_is_refused(tmp_path, ahead, is_refused):
    gates = tmp_path / "gates.xml"
    gates.write_text("<xml/>")
    os.utime(gates, (time.time() + ahead,) * 2)

    problems = gating_problems(plan_of(gates))

    assert bool(problems) == is_refused
    for problem in problems:
        assert problem.file == str(gates)
        assert problem.stops == "run"
        assert f"touch {gates}" in problem.remedy


def test_a_wrong_template_is_told_of(tmp_path):
    template = tmp_path / "tnk.csv"
    template.write_text(TEMPLATE.replace("root", "rot"))

    problems = gating_problems(plan_of(template))

    assert any("rot" in problem.value for problem in problems)


@pytest.mark.parametrize(
    ("marker", "is_refused"),
    [
        pytest.param("CD56", False, id="a marker of the template"),
        pytest.param("cd56", False, id="in other letters"),
        pytest.param("CD65", True, id="mistyped"),
    ],
)
def test_a_marker_with_a_scale_of_its_own_must_stand_in_a_template(tmp_path, marker, is_refused):
    template = tmp_path / "tnk.csv"
    template.write_text(TEMPLATE + "nk,+,root,CD56,mindensity,\n")

    problems = scale_problems(plan_of(template), {"markers": {marker: {"kind": "asinh"}}})

    assert [one.column for one in problems] == [f"flow.scale.markers.{marker}"] * is_refused
    assert all("CD56" in one.remedy for one in problems)


@pytest.mark.parametrize(
    ("method", "goal", "is_refused"),
    [
        pytest.param("control_quantile", "b1", False, id="a batch of the files"),
        pytest.param("control_quantile", "b9", True, id="of no file"),
        pytest.param("none", "b9", False, id="nothing is corrected"),
    ],
)
def test_the_goal_of_a_correction_must_be_a_batch_of_the_files(method, goal, is_refused):
    plan = Plan(listed=(Listed("a.fcs", "missing", "it is gone", "", batch="b1"),))

    problems = goal_problems(plan, {"method": method, "goal": goal})

    assert [one.value for one in problems] == ["b9"] * is_refused
    assert all("b1" in one.remedy for one in problems)
    assert goal_problems(Plan(), {"method": method, "goal": goal}) == []
