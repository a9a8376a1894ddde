"""What the clinic recorded and what came of it, as the page shows it; nothing is computed here."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup

from correlates.pages.words import as_number, is_true, plural
from correlates.report.swimmer import swimmer_plot
from correlates.report.waterfall import Bar, waterfall_plot

# Tables of the clinic that the page shows, by the name of their file.
TABLES = (
    *("responses", "disagreements", "response_rates", "courses", "flares", "flare_rates"),
    *("follow_up", "tls", "safety_rates", "dose_limiting", "dose_levels", "dose_intensity"),
)
CATEGORIES = ("CR", "CRi", "nPR", "PR", "PR-L", "SD", "PD", "NE")
SEVERITIES = ("error", "warning", "note")
# Findings of one rule that are shown before the rest is folded away.
_SEVERE = 3
Rows = Sequence[Mapping[str, str]]


def clinical_view(tables: Mapping[str, Rows], response_pct: float | None) -> dict:
    """Return what the clinical sections show.

    Parameters
    ----------
    tables
        Rows of ``TABLES``, by name; one that is absent has none.
    response_pct
        Change of the sum of products that a response needs, for the plot.
    """
    tables = dict.fromkeys(TABLES, ()) | dict(tables)
    responses = [row for row in tables["responses"] if is_true(row["enrolled"])]
    return {
        "has_any": any(tables.values()),
        "cut": _cut(tables),
        "waterfall": _waterfall(responses, response_pct),
        "swimmer": _swimmer(tables["courses"]),
        "categories": _categories(responses),
        "rates": _rates(tables["response_rates"], responses),
        "disagreements": tables["disagreements"],
        "grades": _grades(tables["flares"]),
        "not_at_risk": [row for row in tables["flares"] if not is_true(row["at_risk"])],
        "flare_rates": tables["flare_rates"],
        "times": _times(tables["follow_up"]),
        # The order of the cohorts is worth a line only where the rule would have gone another way.
        "levels": [
            row
            for row in tables["dose_levels"]
            if row["unit_of_analysis"] != "cohort" or row["finding"]
        ],
        "limiting": [
            row for row in tables["dose_limiting"] if row["declared"] or row["to_be_judged"]
        ],
        "tls": _lysis(tables["tls"]),
        "severe": _severe(tables["safety_rates"]),
        "n_safety_rates": len(tables["safety_rates"]),
        "intensity": [
            row for row in tables["dose_intensity"] if row["unit_of_analysis"] == "level"
        ],
    }


def _cut(tables: Mapping[str, Rows]) -> str:
    """Return the name of the data cut; empty without one."""
    names = {row["data_cut"] for rows in tables.values() for row in rows}
    return ", ".join(sorted(names - {"none"}))


def _waterfall(responses: Rows, response_pct: float | None) -> dict:
    bars = [
        Bar(row["patient"], change, row["best"])
        for row in responses
        for change in [as_number(row["spd_pct_change_best"])]
        if change is not None
    ]
    if not bars:
        return {}
    label = f"Best change of the sum of products of diameters in {plural(len(bars), 'patient')}"
    return {
        "svg": Markup(waterfall_plot(bars, response_pct, label)),
        "drawn": len(bars),
        "absent": [row["patient"] for row in responses if not row["spd_pct_change_best"]],
    }


def _swimmer(courses: Rows) -> Markup:
    patients = {row["patient"] for row in courses}
    label = f"Course of {plural(len(patients), 'patient')}"
    return Markup(swimmer_plot(courses, label)) if courses else Markup("")


def _categories(responses: Rows) -> list[dict]:
    """Return how many patients have each best response, by each way of knowing it."""
    ways = {
        "best": "counts here",
        "computed_confirmed": "computed, confirmed",
        "computed_unconfirmed": "computed, unconfirmed",
        "investigator_confirmed": "investigator, confirmed",
        "investigator_unconfirmed": "investigator, unconfirmed",
        "typed": "patients sheet",
    }
    shown = []
    for column, words in ways.items():
        counts = Counter(row[column] for row in responses)
        if set(counts) - {""}:
            amounts = [counts[category] for category in CATEGORIES]
            shown.append({"words": words, "counts": amounts, "unknown": counts[""]})
    return shown


def _rates(rows: Rows, responses: Rows) -> list[tuple[bool, list[dict]]]:
    """Return the rates of the responses that count here, then those of every other reading."""
    names = {"orr": "response (CR, CRi, nPR, PR)", "orr_l": "with PR-L", "cr": "CR or CRi"}
    counts_here = {(row["source"], row["best_kind"]) for row in responses}
    shown = [dict(row) | {"words": names.get(row["rate"], row["rate"])} for row in rows]
    first = [row for row in shown if (row["source"], row["responses"]) in counts_here]
    others = [row for row in shown if row not in first]
    return [(is_first, of) for is_first, of in ((True, first), (False, others)) if of]


def _grades(flares: Rows) -> list[tuple[str, int]]:
    """Return how many patients at risk had each worst grade; what is not evaluable comes last."""
    at_risk = [row for row in flares if is_true(row["at_risk"])]
    counts = Counter(row["worst_grade"] if is_true(row["evaluable"]) else "" for row in at_risk)
    graded = [(grade, counts[grade]) for grade in sorted(counts) if grade]
    return [*graded, *([("not evaluable", counts[""])] if counts[""] else [])]


def _times(rows: Rows) -> list[Mapping]:
    """Return the rows that say something; an endpoint that lacks its sheet is named by it."""
    return [row for row in rows if row["measure"] or row["reason"]]


def _lysis(rows: Rows) -> dict:
    """Return the starts and escalations at which tumor lysis was met, and how the rest was."""
    states = Counter(row["laboratory_tls"] for row in rows)
    met = [row for row in rows if "yes" in (row["laboratory_tls"], row["clinical_tls"])]
    return {"met": met, "states": sorted(states.items()), "total": len(rows)}


def _severe(rows: Rows) -> list[Mapping]:
    """Return the rates of events and values of grade 3 or more, and those that know no grade."""
    shown = [row for row in rows if not row["grade"] or _lowest_grade(row["grade"]) >= _SEVERE]
    return sorted(shown, key=lambda row: -(as_number(row["rate_pct"]) or 0.0))


def _lowest_grade(text: str) -> float:
    """Return the lowest grade that a rate counts: 3 of ``>=3``, 1 of ``any``."""
    digits = "".join(letter for letter in text if letter.isdigit())
    return float(digits[0]) if digits else 1.0


def integrity_groups(findings: Iterable[Mapping]) -> list[tuple[str, list[Mapping]]]:
    """Return the findings by severity, the gravest first."""
    by_severity: dict[str, list[Mapping]] = {name: [] for name in SEVERITIES}
    for row in findings:
        by_severity.setdefault(row["severity"], []).append(row)
    return [(name, rows) for name, rows in by_severity.items() if rows]
