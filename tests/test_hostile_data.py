"""No sample raises an exception from its data: every method on events that none is made for."""

import json

import numpy as np
import pandas as pd
import pytest

from correlates.flow.gating.evaluate import evaluate
from correlates.flow.gating.gates import kind_of, to_json
from correlates.flow.gating.gatingml import write_gatingml
from correlates.flow.templates.instantiate import instantiate
from correlates.flow.templates.method_arguments import METHODS
from correlates.flow.templates.methods import Settings
from correlates.flow.templates.scales import KINDS, ScaleSettings
from correlates.intervals import garwood
from test_flow_measurements import counts, measure, row_of
from test_instantiate import NAMES, events_of, template_of

# One row a method, each with a range and without; those that look at data are told apart by name.
RANGED = '"gate_range=c(300,5000){}"'
ROWS = {
    "boundary": ['x,+,root,"A,B",boundary,"min=c(-100,1), max=c(1e4,1e9)",,,,'],
    "polygonGate": ['x,+,root,"A,B",polygonGate,"x=c(-10,1e4,1e9), y=c(-10,1e5,1)",,,,'],
    "steadyGate": ["x,+,root,Time,steadyGate,,,,,"],
    "marginGate": ["x,+,root,,marginGate,,,,,"],
    "singletGate": ['x,+,root,"FSC-A,FSC-H",singletGate,,,,,'],
    "mindensity": ["x,+,root,A,mindensity,{},,,,", 'x,--,root,"A,SSC-A",mindensity,{},,,,'],
    "quadrantGate": ['"a,b,c,x",*,root,"A,B",quadrantGate,{},,,,'],
    "tailgate": ["x,+,root,A,tailgate,{},,,,", "x,+,root,SSC-A,tailgate,,,,,"],
    "quantileGate": ["x,+,root,A,quantileGate,{},,,,", "x,-,root,SSC-A,quantileGate,,,,,"],
    "fmoGate": ["x,+,root,A,fmoGate,{},,,,"],
    "negativeGate": ['y,+,root,FSC-A,boundary,"min=-1e9",,,,', "x,+,root,A,negativeGate,{},,,,"],
    "ellipseGate": [
        'x,+,root,"A,B",ellipseGate,{},,,,',
        'x,+,root,"A,FSC-A",ellipseGate,"K=3, target=c(1e3,5e4)",,,,',
        'x,+,root,"A,B",ellipseGate,"K=1, nu=Inf",,,,',
    ],
    "refGate": ["y,+,root,A,mindensity,{},,,,", "x,-,root,A,refGate,y,,,,"],
    "boolGate": ["y,+,root,A,tailgate,{},,,,", "x,+,root,,boolGate,!y,,,,"],
}
_JOINT = ("refGate", "boolGate", "negativeGate")
# What the data decide, and so can fail to decide.
DATA_DRIVEN = sorted(set(ROWS) - {"boundary", "polygonGate", "steadyGate", "marginGate"})
HOSTILE = {
    "no event": lambda rng: np.zeros((0, 5)),
    "one event": lambda rng: np.full((1, 5), 5e4),
    "one value": lambda rng: np.full((700, 5), 1234.5),
    "nothing but nan": lambda rng: np.full((700, 5), np.nan),
    "infinities and nan": lambda rng: rng.choice([np.inf, -np.inf, np.nan], (700, 5)),
    "all saturated": lambda rng: np.full((700, 5), 262144.0),
}
ODD = {
    "two values": lambda rng: rng.choice([10.0, 1e4], (700, 5)),
    "all negative": lambda rng: -(10 ** rng.uniform(0, 6, (700, 5))),
    "beyond every range": lambda rng: 10 ** rng.uniform(6, 12, (700, 5)),
    "subnormal": lambda rng: rng.choice([5e-324, 1e-310, 0.0], (700, 5)),
    "largest numbers": lambda rng: rng.choice([1e300, -1e300, 3e38], (700, 5)),
    "some nan": lambda rng: np.where(rng.random((700, 5)) < 0.5, np.nan, rng.normal(0, 1e4)),
    "equal columns": lambda rng: np.repeat(10 ** rng.normal(3, 1, (700, 1)), 5, axis=1),
    "few events": lambda rng: 10 ** rng.normal(3, 1, (rng.integers(2, 60), 5)),
}


def rows_of(method):
    """The method's rows, in all its forms that make one template each."""
    rows = ROWS[method]
    arguments = {"negativeGate": ", negative=y, fallback=tailgate"}.get(method, "")
    filled = [row.replace("{}", RANGED.format(arguments)) for row in rows]
    return [filled] if method in _JOINT else [[row] for row in filled]


def numbers_in(content):
    if isinstance(content, dict):
        content = list(content.values())
    if isinstance(content, list | tuple):
        for one in content:
            yield from numbers_in(one)
    elif isinstance(content, float):
        yield content


def gated(rows, values, kind="logicle"):
    events = events_of(values.T)
    settings = Settings(scale=ScaleSettings(kind=kind))
    channels = dict(zip(NAMES, NAMES, strict=True)) | {"Time": "FSC-A"}
    return events, instantiate(template_of(*rows), events, channels, settings)


def test_the_survey_covers_every_method():
    assert set(ROWS) == set(METHODS)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shape", [*HOSTILE, *ODD])
@pytest.mark.parametrize("method", ROWS)
def test_a_method_makes_finite_gates_of_any_events(method, shape, tmp_path):
    for seed, kind in enumerate(KINDS):
        values = (HOSTILE | ODD)[shape](np.random.default_rng(seed))
        for rows in rows_of(method):
            events, made = gated(rows, values, kind)

            numbers = list(numbers_in(to_json(made.strategy)))
            assert np.isfinite(numbers).all(), (kind, rows)
            json.dumps(to_json(made.strategy), allow_nan=False)
            write_gatingml(made.strategy, tmp_path / "gates.xml", events)
            counted = made.gated.counts
            assert 0 <= counted["x"] <= counted["root"] == len(values)
            again = evaluate(made.strategy, events).counts
            assert {name: again[name] for name in counted} == counted, (kind, rows)


@pytest.mark.parametrize("shape", HOSTILE)
@pytest.mark.parametrize("method", DATA_DRIVEN)
def test_what_the_events_could_not_decide_is_flagged(method, shape):
    values = HOSTILE[shape](np.random.default_rng(0))
    for rows in rows_of(method):
        _, made = gated(rows, values)

        flags = made.flags.get("x", ())
        assert any(flag.startswith("fallback_") for flag in flags), (rows, flags)


@pytest.mark.parametrize("method", DATA_DRIVEN)
def test_an_empty_population_is_zero_with_an_upper_bound(method):
    """A parent without events is no reason to leave its children out: they are not detected."""
    rng = np.random.default_rng(3)
    values = np.column_stack([rng.uniform(3e4, 8e4, (600, 3)), rng.normal(0, 50, (600, 2))])
    for rows in rows_of(method):
        nothing = 'nothing,+,root,SSC-A,boundary,"min=2e5",,,,'
        below = [row.replace(",root,", ",nothing,") for row in rows]
        _, made = gated([nothing, *below], values)
        assert made.gated.counts["x"] == 0

        kind = next(kind_of(one) for one in made.strategy.gates)
        flags = ";".join(made.flags["x"])
        extra = {"population": "x", "parent": "lymph", "n": 0.0, "n_parent": 80_000.0}
        about = {"kind": kind, "method": method, "flags": flags}
        row = counts()[0] | extra | about
        table, _ = measure(populations=pd.DataFrame([*counts(), row]).to_dict("records"))

        share = row_of(table, "x__pct__lymph")
        assert (share["value"], share["status"], share["ci_low"]) == (0, "nd", 0)
        assert 0 < share["ci_high"] < 0.01
        absolute = row_of(table, "x__abs")
        assert (absolute["value"], absolute["status"]) == (0, "nd")
        assert absolute["ci_high"] == pytest.approx(garwood(0)[1] * 0.5, rel=1e-3)
