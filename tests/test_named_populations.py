"""A population that the config names by a wrong name is told of before anything runs."""

import copy

import pytest
import yaml

from correlates.flow.named_populations import unmade_populations
from correlates.intake.records import Plan
from study import ROOT

SHIPPED = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))
TNK = str(ROOT / "resources" / "gating" / "tnk.csv")


def told(gating, **changes):
    config = copy.deepcopy(SHIPPED)
    for key, value in changes.items():
        *path, last = key.split("__")
        block = config
        for part in path:
            block = block[part]
        block[last] = value
    return [
        (one.column, one.value, one.remedy, one.stops)
        for one in unmade_populations(Plan(gating=gating), config, SHIPPED)
    ]


def test_the_shipped_names_are_not_told_of_even_where_the_template_lacks_them():
    assert told({"tnk": TNK}) == []


@pytest.mark.parametrize(
    ("changes", "column", "value", "near"),
    [
        pytest.param(
            {"flow__anchors__leukocytes": "cd450"},
            "flow.anchors.leukocytes",
            "cd450",
            "cd45",
            id="an anchor",
        ),
        pytest.param({"flow__clone": ["clll"]}, "flow.clone", "clll", "cll", id="the clone"),
        pytest.param(
            {"flow__unsupervised__population": "lymp"},
            "flow.unsupervised.population",
            "lymp",
            "lymph",
            id="what is clustered",
        ),
    ],
)
def test_a_name_that_no_template_makes_is_a_warning_with_the_nearest(changes, column, value, near):
    ((found, name, remedy, stops),) = told({"tnk": TNK}, **changes)

    assert (found, name, stops) == (column, value, "nothing")
    assert f"'{near}'" in remedy


def test_names_of_a_workspace_are_not_known_beforehand():
    assert told({"tnk": "gates.wsp"}, flow__clone=["CLL cells"]) == []
