"""Families of contrasts: their corrections, their sizes, and what is claimed after them."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from correlates.analyses.comparison import Contrast
from correlates.analyses.contrasts import run_contrasts
from correlates.analyses.families import ALTERNATIVES, corrected, families_of
from correlates.analyses.markers import MEASUREMENT_COLUMNS, CohortTables
from correlates.analyses.multiplicity import benjamini_hochberg, family_verdict, holm
from correlates.analyses.ranks import exact_p, pairs_higher, rank_scores, smallest_p_of_sizes


def cohort(*markers, events=5):
    """Markers m1, m2, ... of which each is a list of values; the first patients have the event."""
    names = [f"P{number}" for number in range(1, len(markers[0]) + 1)]
    parts = [
        pd.DataFrame(
            {
                "patient": names,
                "marker": f"m{place}__abs@B1",
                "value": np.array(values, dtype=float),
                "status": "ok",
                "limit": np.nan,
                "unit": "/uL",
            }
        )
        for place, values in enumerate(markers, start=1)
    ]
    cr = (np.arange(len(names)) < events).astype(float)
    ends = pd.DataFrame({"cr": cr, "orr": 1.0}, index=names)
    return CohortTables(ends, pd.concat(parts)[MEASUREMENT_COLUMNS])


def contrast(place=1, **changed):
    plain = {"id": f"H{place}", "feature": f"m{place}__abs", "baseline": "B1", "endpoint": "cr"}
    return plain | changed


# 5 v 8 without ties, by their rank sums: 55 is the highest (p = 2 / 1287), 51 has p = 0.0186 and 50
# p = 0.0295, by enumeration
APART = [9, 10, 11, 12, 13, 1, 2, 3, 4, 5, 6, 7, 8]
SUM_51 = [13, 12, 11, 9, 6, 10, 8, 7, 5, 4, 3, 2, 1]
SUM_50 = [13, 12, 11, 8, 6, 10, 9, 7, 5, 4, 3, 2, 1]
NOTHING = [13, 1, 6, 7, 8, 12, 11, 10, 9, 5, 4, 3, 2]


@pytest.mark.parametrize(
    ("p", "adjusted"),
    [
        pytest.param([0.01, 0.04, 0.03], [0.03, 0.06, 0.06], id="times 3, 2, 1, never falling"),
        pytest.param([0.01, np.nan], [0.02, np.nan], id="an untested contrast stays in the family"),
        pytest.param([0.6, 0.7], [1.0, 1.0], id="never above 1"),
        pytest.param([0.02], [0.02], id="one contrast is not corrected"),
    ],
)
def test_holm(p, adjusted):
    assert holm(p) == pytest.approx(adjusted, nan_ok=True)


@pytest.mark.parametrize(
    ("size", "p"),
    [
        pytest.param(4, [0.04, np.nan], id="times the size of the whole family"),
        pytest.param(1, [0.02, np.nan], id="never less than are listed"),
    ],
)
def test_holm_counts_hypotheses_that_are_not_listed(size, p):
    assert holm([0.01, np.nan], size) == pytest.approx(p, nan_ok=True)


@pytest.mark.parametrize(
    ("p", "size", "q"),
    [
        # ordered .01 .02 .04 times 3 / 1, 3 / 2, 3 / 3, never falling towards the smallest
        pytest.param([0.04, 0.01, 0.02], 0, [0.04, 0.03, 0.03], id="by hand"),
        pytest.param([0.01, np.nan], 0, [0.02, np.nan], id="an untested contrast counts as 1"),
        pytest.param([0.01, 0.02], 4, [0.04, 0.04], id="those that are not listed too"),
        pytest.param([], 0, [], id="an empty family"),
    ],
)
def test_benjamini_and_hochberg(p, size, q):
    assert benjamini_hochberg(p, size) == pytest.approx(q, nan_ok=True)


@pytest.mark.parametrize(
    ("smallest", "can", "sentence"),
    [
        pytest.param(
            [2 / 84] * 4,
            False,
            "The primary family holds 4 contrasts. The smallest p attainable, given the ties, is "
            "0.024; times 4 that is 0.0952, so the family cannot reach 0.05 at these numbers of "
            "patients.",
            id="3 v 6 with four contrasts",
        ),
        pytest.param(
            [2 / 84, np.nan],
            True,
            "The primary family holds 2 contrasts, of which 1 could be tested. The smallest "
            "p attainable, given the ties, is 0.024; times 2 that is 0.0476, so the family can "
            "reach 0.05 at these numbers of patients.",
            id="3 v 6 with two, one untested",
        ),
        pytest.param(
            [np.nan],
            False,
            "The primary family holds one contrast; none could be tested.",
            id="nothing tested",
        ),
    ],
)
def test_whether_a_family_can_reach_its_level(smallest, can, sentence):
    assert family_verdict(smallest) == (can, sentence)


@pytest.mark.parametrize(
    ("smallest", "size", "is_primary", "can", "sentence"),
    [
        pytest.param(
            [2 / 84, np.nan],
            4,
            True,
            False,
            "The primary family holds 4 contrasts, 2 of them not listed here; of the 2 listed, 1 "
            "could be tested. The smallest p attainable, given the ties, is 0.024; times 4 that is "
            "0.0952, so the family cannot reach 0.05 at these numbers of patients.",
            id="more than are listed",
        ),
        pytest.param(
            [2 / 84, 2 / 84, np.nan],
            0,
            False,
            True,
            "The secondary family holds 3 contrasts, of which 2 could be tested. The smallest p "
            "attainable, given the ties, is 0.024, and the smallest q (Benjamini and Hochberg) "
            "0.036, so the family can reach 0.1 at these numbers of patients.",
            id="secondary: two of three at their smallest",
        ),
    ],
)
def test_what_a_family_can_reach(smallest, size, is_primary, can, sentence):
    assert family_verdict(smallest, size, is_primary) == (can, sentence)


@pytest.mark.parametrize(
    ("rows", "size"),
    [
        pytest.param([contrast(1), contrast(2)], 2, id="those listed"),
        pytest.param([contrast(1, family_size=4), contrast(2)], 4, id="as many as one says"),
        pytest.param([contrast(1, family_size=1.0), contrast(2)], 2, id="never fewer than listed"),
        pytest.param([contrast(1, family_size=np.nan)], 1, id="an empty cell says nothing"),
    ],
)
def test_the_size_of_a_family(rows, size):
    assert families_of([Contrast.of(row) for row in rows])["primary"].size == size


def test_each_family_is_corrected_by_itself():
    specified = [
        contrast(1),
        contrast(1, id="H2", endpoint="orr"),
        *(contrast(place, id=f"S{place}", family="secondary") for place in (1, 2)),
        contrast(1, id="X", family="exploratory"),
    ]
    table = run_contrasts(cohort(SUM_51, NOTHING), pd.DataFrame(specified)).set_index("id")

    p = table["p"]
    assert table["family_size"].tolist() == [2, 2, 2, 2, 0]
    assert table.loc["H1", "p_holm"] == pytest.approx(2 * p["H1"])
    assert table.loc["S1", "q"] == pytest.approx(2 * p["S1"])
    assert table["p_holm"].notna().tolist() == [True, False, False, False, False]
    assert table["q"].notna().tolist() == [False, False, True, True, False]
    assert (
        "Corrected for the 2 contrasts of the family (Holm): p = 0.037." in table["sentence"]["H1"]
    )
    assert "(Benjamini and Hochberg): q = 0.037." in table["sentence"]["S1"]
    assert "Exploratory: p is not corrected." in table["sentence"]["X"]
    assert "not corrected" in table["family_sentence"]["X"]


@pytest.mark.parametrize(
    ("values", "changed", "claim"),
    [
        pytest.param(SUM_51, {}, "higher", id="0.0186 times 2 passes"),
        pytest.param(SUM_50, {}, "", id="0.0295 times 2 does not, though its interval excludes 1"),
        pytest.param(SUM_51, {"family_size": 4}, "", id="0.0186 times 4 does not"),
        pytest.param(SUM_50, {"family": "secondary"}, "higher", id="q = 0.059 passes 0.10"),
        pytest.param(APART, {"family": "exploratory"}, "", id="exploratory never claims"),
        pytest.param(-np.array(SUM_51) + 14, {}, "lower", id="and the other way"),
    ],
)
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_a_claim_needs_the_corrected_p_whatever_the_confidence(values, changed, claim, confidence):
    tables = cohort(values, NOTHING)
    rows = [contrast(1, **changed), contrast(2, **changed)]
    row = run_contrasts(tables, rows, confidence).iloc[0]
    excludes = not row["ci_low"] <= 1 <= row["ci_high"]

    assert row["claim"] == claim
    is_fact = bool(claim) and row["family"] == "primary"
    assert ("It was " in row["sentence"]) == is_fact
    assert ("passes the false discovery rate of 10 %" in row["sentence"]) == (
        bool(claim) and row["family"] == "secondary"
    )
    assert (": the estimate is " in row["sentence"]) == (not is_fact or not excludes)


@pytest.mark.parametrize(
    ("p", "name", "other", "changed", "is_fragile"),
    [
        pytest.param([0.01, 0.5], "primary", "p_sensitivity", 0.02, False, id="0.04 passes"),
        pytest.param([0.01, 0.5], "primary", "p_sensitivity", 0.03, True, id="0.06 does not"),
        pytest.param(
            [0.01, 0.02], "primary", "p_sensitivity", 0.03, False, id="second of two: times 1"
        ),
        pytest.param(
            [0.01, 0.5], "secondary", "p_missing_events_lowest", 0.04, False, id="q = 0.08 passes"
        ),
        pytest.param(
            [0.01, 0.5], "secondary", "p_missing_events_lowest", 0.06, True, id="q = 0.12 not"
        ),
        pytest.param(
            [0.01, 0.5], "primary", "p_missing_events_highest", 0.001, True, id="turned round"
        ),
        pytest.param([0.2, 0.5], "primary", "p_sensitivity", 0.6, False, id="nothing is claimed"),
    ],
)
def test_a_claim_that_other_values_would_undo_is_fragile(p, name, other, changed, is_fragile):
    table = pd.DataFrame(
        {
            **{"family": name, "p": p, "pairs_higher": 0.9, "smallest_p_with_ties": 0.001},
            **dict.fromkeys(["p_holm", "q", *ALTERNATIVES], np.nan),
            **{"way_missing_events_lowest": "higher", "way_missing_events_highest": "lower"},
            **{"family_size": 0, "family_sentence": "", "claim": "", "fragile": ""},
        }
    )
    table.loc[0, other] = changed
    families = families_of([Contrast.of(contrast(place, family=name)) for place in (1, 2)])

    assert corrected(table, families)["fragile"].tolist()[0] == (other if is_fragile else "")


def test_family_wise_error_is_kept():
    """Two markers and no difference: either is claimed in at most 5 % of cohorts."""
    rng = np.random.default_rng(5)
    cohorts, claimed, members = 250, 0, np.arange(14) < 6
    families = families_of([Contrast.of(contrast(1)), Contrast.of(contrast(2))])
    for _ in range(cohorts):
        scores = [rank_scores(values) for values in rng.normal(size=(2, 14))]
        table = pd.DataFrame(
            {
                "family": "primary",
                "p": [exact_p(one, members) for one in scores],
                "pairs_higher": [pairs_higher(one, members) for one in scores],
                "smallest_p_with_ties": smallest_p_of_sizes(6, 8),
                "p_holm": np.nan,
                **dict.fromkeys(ALTERNATIVES, np.nan),
                "family_size": 0,
            }
        ).assign(family_sentence="", claim="", fragile="")
        claimed += (corrected(table, families)["claim"] != "").any()

    assert 0 < claimed <= stats.binom.ppf(0.999, cohorts, 0.05)
