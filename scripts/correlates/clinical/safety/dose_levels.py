"""Review of the dose levels by three plus three, beside what was done (``dose_levels.tsv``).

Study days are counted per patient, so nobody can tell here which toxicity was known when the next
patient was enrolled: cohorts are taken in the order of enrolment, each as complete before the
next. Patients who cannot be evaluated yet are counted apart.
"""

from collections.abc import Mapping, Sequence

from correlates.clinical.safety.dose_limiting import PENDING
from correlates.clinical.safety.escalation import (
    COHORT,
    Level,
    allowed_levels,
    maximum_tolerated,
    next_step,
    probability_of_escalation,
    step_with_pending,
)
from correlates.clinical.safety.rates import exact_percent
from correlates.clinical.safety.settings import SafetySettings
from correlates.clinical.safety.words import NO, YES, joined, number

COLUMNS = [
    *("unit_of_analysis", "level_mg", "dose_cohort", "patients", "n_treated", "n_evaluable"),
    *("n_pending", "n_to_be_replaced", "replaced_patients", "n_dlt", "dlt_rate_pct"),
    *("ci_low_pct", "ci_high_pct", "rule_says", "done_next", "finding"),
    *("true_dlt_rate_pct", "probability_of_escalation_pct"),
]
NOT_BY_RULE = "not per 3+3"


def dose_level_rows(dose_limiting: Sequence[Mapping], settings: SafetySettings) -> list[dict]:
    """Review the escalation.

    Parameters
    ----------
    dose_limiting
        Rows of `dose_limiting_row` of all patients.
    settings
        Planned levels, and true rates for which the design's properties are stated.

    Returns
    -------
    Rows of four units: ``level`` (what happened at each and what the rule says next), ``cohort``
    (the order of what was done, with every step that the rule would not have taken), ``study`` (the
    maximum tolerated dose) and ``design`` (how often a level of a true rate is passed).
    """
    treated = [row for row in dose_limiting if row.get("window_first_day") is not None]
    planned = sorted(settings.dose_levels_mg)
    tallies = {mg: tally([row for row in treated if row["level_mg"] == mg]) for mg in planned}
    rows = [
        _level_row(mg, [row for row in treated if row["level_mg"] == mg], settings)
        for mg in planned
    ]
    strange = [row for row in treated if row["level_mg"] not in planned]
    rows += _strange_rows(strange, settings)
    rows += _cohort_rows([row for row in treated if row["level_mg"] in planned], planned)
    mtd, reason = maximum_tolerated(tallies, planned)
    rows.append(
        {
            "unit_of_analysis": "study",
            "level_mg": mtd,
            "rule_says": "no maximum tolerated dose" if mtd is None else "maximum tolerated dose",
            "finding": reason,
        }
    )
    return rows + [
        {
            "unit_of_analysis": "design",
            "rule_says": "how often a level is passed",
            "true_dlt_rate_pct": 100 * rate,
            "probability_of_escalation_pct": 100 * probability_of_escalation(rate),
        }
        for rate in settings.true_dlt_rates
    ]


def tally(rows: Sequence[Mapping]) -> Level:
    """Count the evaluable patients, and those of them with a dose-limiting toxicity."""
    evaluable = [row for row in rows if row["evaluable"] == YES]
    return Level(len(evaluable), sum(row["dlt"] == YES for row in evaluable))


def _counts(rows: Sequence[Mapping], settings: SafetySettings) -> dict:
    level = tally(rows)
    low, high = exact_percent(level.dlt, level.n, settings.confidence)
    replaced = [row["patient"] for row in rows if row.get("to_be_replaced")]
    return {
        "patients": ", ".join(row["patient"] for row in rows),
        "n_treated": len(rows),
        "n_evaluable": level.n,
        "n_pending": sum(row["evaluable"] == PENDING for row in rows),
        "n_to_be_replaced": len(replaced),
        "replaced_patients": ", ".join(replaced),
        "n_dlt": level.dlt,
        "dlt_rate_pct": 100 * level.dlt / level.n if level.n else None,
        "ci_low_pct": low,
        "ci_high_pct": high,
    }


def _level_row(mg, rows, settings) -> dict:
    row = {"unit_of_analysis": "level", "level_mg": mg} | _counts(rows, settings)
    if not rows:
        return row | {"rule_says": "", "finding": "nobody was treated at this level"}
    unclear = [one["patient"] for one in rows if one["evaluable"] == NO and not one["to_be_judged"]]
    pending = f"{row['n_pending']} pending" if row["n_pending"] else ""
    said = [
        pending,
        _if_judged(rows),
        f"not evaluable: {', '.join(unclear)}" if unclear else "",
        f"more than 6 evaluable: {row['n_evaluable']}" if row["n_evaluable"] > 6 else "",
    ]
    says = step_with_pending(tally(rows), row["n_pending"])
    return row | {"rule_says": says, "finding": joined(said)}


def _if_judged(rows) -> str:
    """Say what the rule would do if what is to be judged were dose-limiting."""
    judged = [one for one in rows if one["to_be_judged"] and one["dlt"] != YES]
    if not judged:
        return ""
    worst = tally([one | {"evaluable": YES, "dlt": YES} if one in judged else one for one in rows])
    names = ", ".join(one["patient"] for one in judged)
    return f"to be judged: {names}; if dose-limiting: {next_step(worst)} ({worst.dlt}/{worst.n})"


def _strange_rows(rows, settings) -> list[dict]:
    levels = sorted({row["level_mg"] for row in rows}, key=lambda mg: (mg is None, mg))
    planned = ", ".join(map(number, settings.dose_levels_mg))
    found = []
    for mg in levels:
        of_level = [row for row in rows if row["level_mg"] == mg]
        said = "no dose level is recorded" if mg is None else f"not among the levels {planned} mg"
        row = {"unit_of_analysis": "level", "level_mg": mg, "finding": said}
        found.append(row | _counts(of_level, settings))
    return found


def _cohort_rows(rows: Sequence[Mapping], planned: list[float]) -> list[dict]:
    unordered = [row["patient"] for row in rows if row["enrolment_order"] is None]
    if unordered:
        reason = f"not compared: enrolment_order is not given of {', '.join(unordered)}"
        return [{"unit_of_analysis": "cohort", "finding": reason}]
    cohorts = cohorts_of(rows)
    known: dict[float, list[Mapping]] = {}
    found = []
    for place, (level, cohort) in enumerate(cohorts):
        before = {mg: tally(of_level) for mg, of_level in known.items()}
        said = _findings(cohorts, place, before, planned)
        known.setdefault(level, []).extend(cohort)
        after = tally(known[level])
        following = cohorts[place + 1][0] if place + 1 < len(cohorts) else None
        found.append(
            {
                "unit_of_analysis": "cohort",
                "level_mg": level,
                "dose_cohort": cohort[0]["dose_cohort"],
                "patients": ", ".join(row["patient"] for row in cohort),
                "n_treated": len(cohort),
                "n_evaluable": tally(cohort).n,
                "n_dlt": tally(cohort).dlt,
                "n_pending": sum(row["evaluable"] == PENDING for row in cohort),
                "rule_says": f"{next_step(after)} ({after.dlt}/{after.n} at {number(level)} mg)",
                "done_next": "" if following is None else f"{number(following)} mg",
                "finding": joined(said),
            }
        )
    return found


def cohorts_of(rows: Sequence[Mapping]) -> list[tuple[float, list[Mapping]]]:
    """Return the cohorts in order of enrolment, each with its level.

    By ``dose_cohort`` where it is given; else patients of one level that follow each other, three
    at a time. A declared cohort of two levels is taken apart.
    """
    ordered = sorted(rows, key=lambda row: row["enrolment_order"])
    cohorts: list[tuple[float, list[Mapping]]] = []
    for row in ordered:
        number_, level = row["dose_cohort"], row["level_mg"]
        last = cohorts[-1] if cohorts else None
        belongs = last is not None and last[0] == level
        if belongs and number_ is None:
            # A patient who is to be replaced leaves room for another.
            filled = sum(not one.get("to_be_replaced") for one in last[1])
            belongs = last[1][0]["dose_cohort"] is None and filled < COHORT
        elif belongs:
            belongs = last[1][0]["dose_cohort"] == number_
        if belongs:
            last[1].append(row)
        else:
            cohorts.append((level, [row]))
    return cohorts


def _findings(cohorts, place, before: dict[float, Level], planned) -> list[str]:
    """Say what the rule would not have done in going on to the cohort of this place."""
    level = cohorts[place][0]
    if place == 0:
        low = planned[0]
        return [f"began at {number(level)} mg, not at {number(low)} mg"] if level != low else []
    last = cohorts[place - 1][0]
    allowed = allowed_levels(before, last, planned)
    if level in allowed:
        return []
    seen = before[last]
    does = ", ".join(f"{number(mg)} mg" for mg in sorted(allowed)) or "no further cohort"
    return [
        f"{NOT_BY_RULE}: went on at {number(level)} mg after {seen.dlt}/{seen.n} at "
        f"{number(last)} mg, where the rule asks for {does} ({next_step(seen)})"
    ]
