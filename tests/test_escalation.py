"""Three plus three: what it says next, how often it escalates, and where it was left."""

import random

import pytest
from scipy.stats import binom

from correlates.clinical.safety.dose_levels import cohorts_of, dose_level_rows
from correlates.clinical.safety.escalation import (
    Level,
    maximum_tolerated,
    next_step,
    probability_of_escalation,
    step_with_pending,
)
from safety_maker import make_settings

SETTINGS = make_settings()
PLANNED = [2.5, 5, 7.5, 10]


@pytest.mark.parametrize(
    ("n", "dlt", "step"),
    [
        (0, 0, "treat more"),
        (2, 0, "treat more"),
        (2, 1, "treat more"),
        (2, 2, "stop"),
        (3, 0, "escalate"),
        (3, 1, "expand"),
        (3, 2, "stop"),
        (3, 3, "stop"),
        (5, 1, "expand"),
        (6, 0, "escalate"),
        (6, 1, "escalate"),
        (6, 2, "stop"),
    ],
)
def test_the_rule(n, dlt, step):
    assert next_step(Level(n, dlt)) == step


def test_more_toxicities_than_patients_are_refused():
    with pytest.raises(ValueError, match="2 of 1 patients"):
        next_step(Level(1, 2))


@pytest.mark.parametrize(("rate", "chance"), [(0.2, 0.709), (0.3, 0.494), (0.4, 0.309)])
def test_operating_characteristics(rate, chance):
    three = binom(3, rate)

    assert probability_of_escalation(rate) == pytest.approx(chance, abs=5e-4)
    assert probability_of_escalation(rate) == pytest.approx(
        three.pmf(0) + three.pmf(1) * three.pmf(0)
    )


def test_operating_characteristics_by_playing_the_rule():
    rng = random.Random(3)

    def passes():
        level = Level()
        while next_step(level) in ("treat more", "expand"):
            hits = sum(rng.random() < 0.3 for _ in range(3))
            level = Level(level.n + 3, level.dlt + hits)
        return next_step(level) == "escalate"

    share = sum(passes() for _ in range(20_000)) / 20_000

    # three standard errors
    assert share == pytest.approx(probability_of_escalation(0.3), abs=0.011)


def test_a_rate_is_a_probability():
    assert (probability_of_escalation(0), probability_of_escalation(1)) == (1, 0)
    with pytest.raises(ValueError, match="no probability"):
        probability_of_escalation(20)


@pytest.mark.parametrize(
    ("levels", "mtd", "reason"),
    [
        ({2.5: (6, 1), 5: (3, 2)}, 2.5, "1 of 6 at 2.5 mg, and 2 or more at 5 mg"),
        ({2.5: (3, 0), 5: (6, 1), 7.5: (6, 2)}, 5, "1 of 6"),
        ({2.5: (3, 0), 5: (3, 2)}, None, "not established: 3 of 6 evaluable patients at 2.5 mg"),
        ({2.5: (3, 2)}, None, "the lowest level tested had 2 toxicities"),
        ({2.5: (3, 0), 5: (6, 1)}, None, "not reached: no level above 5 mg was stopped"),
        ({10: (6, 0)}, None, "not reached: 10 mg is the highest level planned"),
        ({2.5: (6, 0), 7.5: (3, 2)}, None, "not reached"),
        ({}, None, "no level tested"),
    ],
)
def test_maximum_tolerated_dose(levels, mtd, reason):
    found, said = maximum_tolerated({mg: Level(*one) for mg, one in levels.items()}, PLANNED)

    assert found == mtd
    assert reason in said


def patients(*cohorts, numbered=True):
    """Rows of cohorts, each (level, letters): n no toxicity, d toxicity, r replaced, p pending."""
    rows = []
    for number, (level, letters) in enumerate(cohorts, start=1):
        for letter in letters:
            verdict = {"n": "no", "d": "yes", "r": "not_evaluable", "p": "pending"}[letter]
            rows.append(
                {
                    "patient": f"P{len(rows) + 1:02d}",
                    "level_mg": level,
                    "dose_cohort": number if numbered else None,
                    "enrolment_order": len(rows) + 1,
                    "window_first_day": 29,
                    "dlt": verdict,
                    "evaluable": {"n": "yes", "d": "yes", "r": "no", "p": "pending"}[letter],
                    "to_be_replaced": letter == "r",
                    "to_be_judged": "",
                }
            )
    return rows


def findings(*cohorts, **more):
    rows = dose_level_rows(patients(*cohorts, **more), SETTINGS)
    return [row["finding"] for row in rows if row["unit_of_analysis"] == "cohort"]


@pytest.mark.parametrize(
    "cohorts",
    [
        pytest.param([(2.5, "nnn"), (5, "nnn"), (7.5, "nnd"), (7.5, "nnn"), (10, "nnn")], id="up"),
        pytest.param([(2.5, "nnn"), (5, "ddn"), (2.5, "nnn")], id="back to fill the level below"),
        pytest.param([(2.5, "nnr"), (2.5, "n"), (5, "nnn")], id="a replaced patient"),
        pytest.param([(2.5, "nn"), (2.5, "n"), (5, "nnn")], id="a cohort that came in two parts"),
    ],
)
def test_what_is_by_the_rule_has_no_finding(cohorts):
    assert set(findings(*cohorts)) == {""}


@pytest.mark.parametrize(
    ("cohorts", "said"),
    [
        ([(2.5, "nnd"), (5, "nnn")], "went on at 5 mg after 1/3 at 2.5 mg"),
        ([(2.5, "ndd"), (5, "nnn")], "after 2/3 at 2.5 mg, where the rule asks for no further"),
        ([(2.5, "ndd"), (2.5, "nnn")], "went on at 2.5 mg after 2/3"),
        (
            [(2.5, "nnn"), (7.5, "nnn")],
            "went on at 7.5 mg after 0/3 at 2.5 mg, where the rule asks",
        ),
        ([(2.5, "nn"), (5, "nnn")], "after 0/2 at 2.5 mg, where the rule asks for 2.5 mg"),
        ([(2.5, "nnr"), (5, "nnn")], "after 0/2 at 2.5 mg"),
        ([(2.5, "nnn"), (2.5, "nnn")], "where the rule asks for 5 mg (escalate)"),
        ([(2.5, "nnn"), (5, "dd"), (5, "n")], "went on at 5 mg after 2/2 at 5 mg"),
        ([(2.5, "nnn"), (5, "ndd"), (2.5, "nnn"), (5, "n")], "asks for no further cohort"),
        (
            [(2.5, "nnd"), (2.5, "nnn"), (5, "dd"), (2.5, "n")],
            "after 2/2 at 5 mg, where the rule asks",
        ),
    ],
)
def test_what_is_not_by_the_rule_is_found(cohorts, said):
    last = findings(*cohorts)[-1]

    assert last.startswith("not per 3+3")
    assert said in last


def test_a_start_above_the_lowest_level_is_told():
    assert findings((5, "nnn"))[0] == "began at 5 mg, not at 2.5 mg"


def test_cohorts_without_numbers_are_threes_in_order_of_enrolment():
    rows = patients((2.5, "nnrn"), (2.5, "nn"), (5, "nnn"), numbered=False)

    assert [(level, len(cohort)) for level, cohort in cohorts_of(rows)] == [
        (2.5, 4),
        (2.5, 2),
        (5, 3),
    ]


def test_without_the_order_of_enrolment_nothing_is_compared():
    rows = patients((2.5, "nnd"), (5, "nnn"))
    rows[4]["enrolment_order"] = None

    table = dose_level_rows(rows, SETTINGS)

    (row,) = [row for row in table if row["unit_of_analysis"] == "cohort"]
    assert row["finding"] == "not compared: enrolment_order is not given of P05"


def test_a_level_has_its_counts_its_interval_and_what_comes_next():
    rows = patients((2.5, "nnn"), (5, "ndr"), (5, "np"), (15, "n"))
    rows[0]["to_be_judged"] = "ANC 0.4 on day 31: grade 4 (CTCAE 5.0)"
    table = dose_level_rows(rows, SETTINGS)
    first, second, third = table[:3]

    assert (first["n_dlt"], first["n_evaluable"], first["rule_says"]) == (0, 3, "escalate")
    assert first["ci_low_pct"] == 0
    # 1 - 0.025^(1/3)
    assert first["ci_high_pct"] == pytest.approx(70.76, abs=0.005)
    assert first["finding"] == "to be judged: P01; if dose-limiting: expand (1/3)"
    assert (second["n_treated"], second["n_evaluable"], second["n_dlt"]) == (5, 3, 1)
    assert (second["n_pending"], second["replaced_patients"]) == (1, "P06")
    assert second["rule_says"] == "expand"
    assert (third["n_treated"], third["dlt_rate_pct"], third["rule_says"]) == (0, None, "")
    (strange,) = [row for row in table if row.get("level_mg") == 15]
    assert strange["finding"] == "not among the levels 2.5, 5, 7.5, 10 mg"


def test_the_design_s_properties_and_the_maximum_stand_in_the_table():
    table = dose_level_rows(patients((2.5, "nnnnnd"), (5, "dd")), SETTINGS)
    design = [row for row in table if row["unit_of_analysis"] == "design"]
    (study,) = [row for row in table if row["unit_of_analysis"] == "study"]

    assert [round(row["probability_of_escalation_pct"]) for row in design] == [71, 49, 31]
    assert study["level_mg"] == 2.5


@pytest.mark.parametrize(
    ("n", "dlt", "pending", "step"),
    [
        (0, 0, 2, "treat more"),
        (2, 0, 1, "wait for who is pending"),
        (3, 0, 0, "escalate"),
        (3, 0, 3, "wait for who is pending"),
        (3, 1, 2, "expand"),
        (3, 1, 3, "wait for who is pending"),
        (1, 1, 1, "treat more"),
        (1, 1, 2, "wait for who is pending"),
        (2, 2, 1, "stop"),
        (6, 0, 1, "escalate"),
    ],
)
def test_a_level_waits_for_patients_who_may_change_what_the_rule_says(n, dlt, pending, step):
    assert step_with_pending(Level(n, dlt), pending) == step
