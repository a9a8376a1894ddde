import json

import numpy as np
import pytest

from correlates.flow.gating.gates import (
    Dimension,
    Divider,
    Quadrant,
    QuadrantGate,
    RectangleGate,
    from_json,
    kind_of,
    populations_of,
    to_json,
)
from flow_maker import random_strategy

QUADRANTS = QuadrantGate(
    "q",
    "root",
    "q",
    (Divider("d", Dimension("A"), (1.0,)),),
    (Quadrant("low", {"d": (None, 1.0)}), Quadrant("high", {"d": (1.0, None)})),
)


@pytest.mark.parametrize("seed", range(3))
def test_a_strategy_survives_json(seed):
    strategy = random_strategy(np.random.default_rng(seed), 20)

    assert from_json(json.loads(json.dumps(to_json(strategy)))) == strategy


@pytest.mark.parametrize(
    ("gate", "kind", "populations"),
    [
        pytest.param(RectangleGate("r", "root", "R"), "rectangle", ("r",), id="a gate is its own"),
        pytest.param(QUADRANTS, "quadrant", ("low", "high"), id="a quadrant gate is its parts"),
    ],
)
def test_populations_of(gate, kind, populations):
    assert (kind_of(gate), populations_of(gate)) == (kind, populations)
