"""Equivalence is claimed for the whole interval, whatever censored values were."""

import numpy as np
import pytest

from correlates.analyses.equivalence import equivalence_verdict

SMALL = np.array([0.5, -1.0, 1.5, 0.2, -0.4, 0.9])


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        pytest.param(SMALL, SMALL, "equivalent", id="all within"),
        pytest.param(SMALL + 4.5, SMALL + 4.5, "not shown", id="an end beyond the margin"),
        pytest.param(SMALL + 9, SMALL + 9, "beyond the margin", id="all of it beyond"),
        pytest.param(SMALL - 9, SMALL - 9, "beyond the margin", id="and in the other direction"),
        pytest.param(SMALL[:4], SMALL[:4], "too few pairs", id="4 pairs have no 90 % interval"),
        pytest.param([], [], "no pairs", id="nobody"),
        pytest.param(
            SMALL - 3, SMALL + 3, "equivalent", id="censored, and equivalent in the worst case"
        ),
        pytest.param(
            np.full(6, -12.0),
            np.full(6, 12.0),
            "bounded by assay ceiling",
            id="a ceiling of 88 hides 12 points in either direction",
        ),
        pytest.param(
            [*SMALL[:5], -12], [*SMALL[:5], 12], "bounded by assay ceiling", id="one pair is enough"
        ),
        pytest.param(
            [20, -20, 20, -20, 20, -2],
            [20, -20, 20, -20, 20, 2],
            "not shown",
            id="what the ceiling hides decides nothing",
        ),
    ],
)
def test_verdict(low, high, verdict):
    assert equivalence_verdict(low, high, margin=5)[0] == verdict


def test_the_interval_touching_the_margin_is_not_within_it():
    differences = np.array([5.0, 0, 0, 0, 0])

    assert equivalence_verdict(differences, differences, margin=5)[0] == "not shown"
    assert equivalence_verdict(differences, differences, margin=5.01)[0] == "equivalent"
