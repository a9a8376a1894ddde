"""The result of a contrast in words."""

from collections.abc import Mapping
from math import isinf, isnan

from correlates.analyses.censoring import censoring_sentence, quantile_words
from correlates.analyses.comparison import PRIMARY, SECONDARY
from correlates.analyses.direction import direction_sentence, excludes_no_difference
from correlates.analyses.highest_limit import highest_limit_sentence
from correlates.analyses.missingness import missing_sentence
from correlates.analyses.quality import quality_sentence
from correlates.analyses.spread import spread_sentence
from correlates.analyses.wording import (
    RULES,
    left_out,
    number,
    p_value,
    patients,
    smallest,
    unit_words,
)

MISSING = ("missing", "missing_events", "missing_non_events")


def contrast_sentence(row: Mapping) -> str:
    """Return a tested contrast in plain words, with everything that its reading needs.

    Parameters
    ----------
    row
        A row of the contrasts table with status ``ok``, its p corrected.
    """
    marker = f"{row['feature']} at {row['baseline']}{_specimen(row)}"
    parts = [
        f"{marker}{_size(row)} (medians "
        f"{quantile_words(row, 'median_events')} and {quantile_words(row, 'median_non_events')} "
        f"{unit_words(row['unit'])}; "
        f"{_interval(row)}).".replace(" ;", ";"),
        f"Exact two-sided {p_value(row['p'])}; the smallest that {_bound(row)} allow is "
        f"{smallest(row['smallest_p_with_ties'])}.",
        direction_sentence(row),
        _corrected(row),
        RULES.get(row["endpoint"], ""),
        spread_sentence(row),
        censoring_sentence(row),
        highest_limit_sentence(row),
        quality_sentence(row),
        left_out(*(missing_of(row[name]) for name in MISSING)),
        missing_sentence(row),
        _fragile(row),
    ]
    return " ".join(part for part in parts if part)


def missing_of(text: str) -> dict[str, int]:
    """Read ``cause=count;cause=count``."""
    pairs = [pair.split("=") for pair in text.split(";") if pair]
    return {cause: int(count) for cause, count in pairs}


def _fragile(row: Mapping) -> str:
    """Say with which other values the claim would not be made; empty where with all it would."""
    found = row["fragile"].split(";")
    ends = [end for end in ("lowest", "highest") if f"p_missing_events_{end}" in found]
    which = {"lowest": "first", "highest": "second"}
    cases = []
    if ends:
        extremes = " or ".join(which[end] for end in ends)
        cases.append(f"with the missing values at the {extremes} of these extremes")
    if "p_sensitivity" in found:
        cases.append("without the values whose limit ties the others")
    if not cases:
        return ""
    said = ", or ".join(cases)
    p = "the corrected p"
    if row["family"] == SECONDARY:
        p = "q"
    elif row["family_size"] < 2:
        p = "p"
    return f"{said[0].upper()}{said[1:]}, {p} would not pass in this direction."


def _specimen(row: Mapping) -> str:
    """Name the specimen where the cohort holds the feature in several."""
    own = row["marker"].split("@")[2:]
    return f" in {own[0]}" if own else ""


def _bound(row: Mapping) -> str:
    has_costly_ties = row["smallest_p_with_ties"] > row["smallest_p"] * (1 + 1e-9)
    return "these numbers of patients" + (" and ties" if has_costly_ties else "")


def _size(row: Mapping) -> str:
    """Say how far apart the groups are: as a fact where that is claimed, else as an estimate."""
    n_events, n_others = int(row["n_events"]), int(row["n_non_events"])
    whom = f"in the {patients(n_events)} with {row['event']}"
    others = f"in the {n_others} without"
    if isnan(row["estimate"]) or isinf(row["estimate"]):
        return (
            f" was higher in {100 * row['pairs_higher']:.0f} % of the pairs of one of the "
            f"{whom.removeprefix('in the ')} and one of the {others.removeprefix('in the ')}, ties "
            "counting half"
        )
    is_fact = row["claim"] and row["family"] == PRIMARY and excludes_no_difference(row)
    verb = " was" if is_fact else ": the estimate is"
    if row["scale"] == "ratio":
        return f"{verb} {number(row['estimate'])} times as high {whom} as {others}"
    if row["estimate"] == 0:
        return f"{verb} as high {whom} as {others}"
    how = "higher" if row["estimate"] > 0 else "lower"
    size = f"{number(abs(row['estimate']))} {unit_words(row['unit'])}".rstrip()
    return f"{verb} {size} {how} {whom} than {others}"


def _interval(row: Mapping) -> str:
    level = f"{100 * row['confidence']:g} % interval"
    nothing = 0.0 if row["scale"] == "ratio" else float("-inf")
    has_low, has_high = row["ci_low"] != nothing, not isinf(row["ci_high"])
    low, high = number(row["ci_low"]), number(row["ci_high"])
    if has_low and has_high:
        return f"{row['scale']} {level} {low} to {high}"
    if has_low:
        return f"{row['scale']} {level} from {low}, without an upper end"
    if has_high:
        return f"{row['scale']} {level} up to {high}, without a lower end"
    return f"no end of a {level} for the {row['scale']} is attainable"


def _corrected(row: Mapping) -> str:
    size = int(row["family_size"])
    if row["family"] == SECONDARY:
        contrasts = "contrast" if size == 1 else f"{size} contrasts"
        q = p_value(row["q"]).replace("p", "q", 1)
        return f"Over the secondary {contrasts} (Benjamini and Hochberg): {q}."
    if row["family"] != PRIMARY:
        return "Exploratory: p is not corrected."
    if size < 2:
        return ""
    return f"Corrected for the {size} contrasts of the family (Holm): {p_value(row['p_holm'])}."
