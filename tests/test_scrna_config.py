"""Settings of single cells that are legal one by one and mean nothing together."""

import copy

import pytest
import yaml

from correlates.intake.config import check_config
from study import ROOT


@pytest.fixture
def config():
    return yaml.safe_load((ROOT / "config" / "config.yaml").read_text())


@pytest.mark.parametrize(
    ("change", "column", "words"),
    [
        pytest.param(
            lambda one: one["report_types"].append("cl"),
            *("scrna.report_types", "Did you mean 'cll'?"),
            id="a type that is reported and never defined",
        ),
        pytest.param(
            lambda one: one["types"][4].update(within="t_cd4"),
            *("scrna.types[4]", "A parent has none itself"),
            id="a child of a child",
        ),
        pytest.param(
            lambda one: one["types"].append({"type": "x", "genes": [], "without": []}),
            *("scrna.types[8]", "Give genes, without, or both"),
            id="a type without a marker",
        ),
        pytest.param(
            lambda one: one["typing"]["excluding"].append(["cll", "t"]),
            *("scrna.typing.excluding", "not defined here"),
            id="a child that excludes another type",
        ),
        pytest.param(
            lambda one: one["labels"][0]["labels"].append("nk cells"),
            *("scrna.labels", "several times"),
            id="a label of two types",
        ),
        pytest.param(
            lambda one: one["genes"].append({"symbol": "Rhoh", "ensembl": ""}),
            *("scrna.genes", "several times"),
            id="a gene twice",
        ),
        pytest.param(
            lambda one: one["quality"].update(mito_never_below_pct=30),
            *("scrna.quality.mito_never_below_pct", "at most mito_always_above_pct, which is 20"),
            id="a floor above its cap",
        ),
    ],
)
def test_what_cannot_be_is_told_with_its_place(config, change, column, words):
    changed = copy.deepcopy(config)
    change(changed["scrna"])

    problems = check_config(changed)

    assert [problem.column for problem in problems] == [column]
    assert words in str(problems[0])
