import numpy as np
import pytest

from correlates.flow.gating.biex import biex_table
from correlates.flow.gating.gates import Transform
from correlates.flow.gating.transforms import (
    UnknownTransform,
    apply,
    inverse,
    is_monotone,
    preimage,
    span,
)
from flow_maker import LOGICLE, SCALES

BIEX = Transform(
    "biex", {"negative": 0.5, "width": -100.0, "positive": 4.418540, "max_value": 262144.000029}
)
FLOWJO_LOG = Transform("flowjo_log", {"offset": 10.0, "decades": 4.4})
ALL = {**SCALES, "biex": BIEX, "flowjo_log": FLOWJO_LOG}
VALUES = np.concatenate(
    [
        -np.logspace(6, -3, 200),
        [0.0],
        np.logspace(-3, 7, 400),
        np.arange(-300.0, 300.0),
    ]
)


def flowkit_scale(transform):
    from flowkit import transforms

    given = transform.parameters
    if transform.kind == "biex":
        return transforms.WSPBiexTransform(**given)
    if transform.kind == "flowjo_log":
        return transforms.WSPLogTransform(**given)
    name = {"asinh": "AsinhTransform", "log": "LogTransform", "linear": "LinearTransform"}.get(
        transform.kind, f"{transform.kind.capitalize()}Transform"
    )
    return getattr(transforms, name)(**{f"param_{key}": value for key, value in given.items()})


@pytest.mark.parametrize("name", ALL)
def test_apply_equals_flowkit_to_the_last_bit(name):
    with np.errstate(all="ignore"):
        expected = flowkit_scale(ALL[name]).apply(VALUES.reshape(-1, 1).copy()).ravel()

    np.testing.assert_array_equal(apply(ALL[name], VALUES), expected)


@pytest.mark.parametrize(
    ("transform", "value", "expected"),
    [
        pytest.param(LOGICLE, 262144.0, 1.0, id="logicle puts its top at 1"),
        pytest.param(SCALES["log"], 262144.0, 1.0, id="log puts its top at 1"),
        pytest.param(SCALES["asinh"], 262144.0, 1.0, id="asinh puts its top at 1"),
        pytest.param(SCALES["asinh"], 0.0, 1 / 5.5, id="asinh puts zero after its extra decade"),
        pytest.param(SCALES["linear"], -100.0, 0.0, id="linear begins at -A"),
        pytest.param(BIEX, 1e7, 4096.0, id="biex ends at 4096"),
        pytest.param(BIEX, -1e9, 0.0, id="biex begins at 0"),
        pytest.param(
            FLOWJO_LOG, -5.0, 0.0, id="FlowJo's log puts everything below its offset at 0"
        ),
        pytest.param(FLOWJO_LOG, 100.0, 1 / 4.4, id="FlowJo's log counts decades from its offset"),
        pytest.param(None, 3.5, 3.5, id="no transform is the value itself"),
    ],
)
def test_apply(transform, value, expected):
    assert apply(transform, np.array([value]))[0] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", ALL)
def test_inverse_leads_back(name):
    values = np.array([25.0, 900.0, 40_000.0, 250_000.0])

    np.testing.assert_allclose(inverse(ALL[name], apply(ALL[name], values)), values, rtol=1e-9)


def test_bounds_hold_the_result():
    bounded = Transform("linear", {"t": 10.0, "a": 0.0}, bound_min=0.2, bound_max=0.8)

    assert apply(bounded, np.array([0.0, 5.0, 10.0])).tolist() == [0.2, 0.5, 0.8]
    assert span(bounded) == (0.2, 0.8)


def test_logarithm_of_a_negative_value_is_no_number():
    assert np.isnan(apply(SCALES["log"], np.array([-1.0]))).all()


@pytest.mark.parametrize("name", ALL)
def test_preimage_is_sure_of_what_lies_outside_it(name):
    transform = ALL[name]
    scaled = apply(transform, np.array([0.5, 30.0, 700.0, 60_000.0]))
    for threshold in scaled:
        low, high = preimage(transform, float(threshold))
        assert low <= high
        below = np.array([low - 1e-9 * (1 + abs(low)), low - 1.0])
        with np.errstate(invalid="ignore"):
            assert not (apply(transform, below[np.isfinite(below)]) >= threshold).any()
        if np.isfinite(high):
            assert (apply(transform, np.array([high, high + 1.0])) >= threshold).all()


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [
        pytest.param(0.0, (-np.inf, -np.inf), id="every event reaches the scale's low end"),
        pytest.param(4097.0, (np.inf, np.inf), id="no event is beyond the scale's high end"),
    ],
)
def test_preimage_of_a_scale_that_ends(threshold, expected):
    assert preimage(BIEX, threshold) == expected


@pytest.mark.parametrize(
    ("transform", "expected"),
    [
        pytest.param(None, True, id="the linear scale as read rises"),
        pytest.param(LOGICLE, True, id="logicle rises"),
        pytest.param(Transform("linear", {"t": 1.0, "a": -2.0}), False, id="T below -A falls"),
    ],
)
def test_is_monotone(transform, expected):
    assert is_monotone(transform) is expected


@pytest.mark.parametrize("negative", [-1, 0, 0.5, 1])
@pytest.mark.parametrize("width", [-1, -10, -100, -1000])
@pytest.mark.parametrize("positive", [4.418540, 5.6226599046])
def test_biex_table_equals_flowkits(negative, width, positive):
    from flowkit import transforms

    theirs = transforms.WSPBiexTransform(negative, width, positive, 4194304)
    linear, scaled = biex_table(negative, width, positive, 4194304)

    np.testing.assert_array_equal(linear, theirs.inverse(np.arange(4097.0)))
    np.testing.assert_array_equal(scaled, np.arange(4097.0))


def test_an_unknown_kind_is_named_with_the_known_ones():
    with pytest.raises(UnknownTransform, match=r"'cubic'; known: asinh, biex"):
        apply(Transform("cubic", {}), VALUES)
