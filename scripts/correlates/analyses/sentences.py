"""The result of a contrast in words."""

from collections.abc import Mapping
from math import isinf, isnan

from correlates.analyses.censoring import censoring_sentence
from correlates.analyses.comparison import PRIMARY, Contrast
from correlates.analyses.quality import quality_sentence
from correlates.analyses.wording import (
    RULES,
    left_out,
    number,
    p_value,
    patients,
    smallest,
    unit_words,
)


def contrast_sentence(row: Mapping) -> str:
    """Return a tested contrast in plain words, with everything that its reading needs.

    Parameters
    ----------
    row
        A row of the contrasts table with status ``ok``.
    """
    parts = [
        f"{row['feature']} at {row['baseline']}{_specimen(row)} {_size(row)} (medians "
        f"{_median(row, 'events')} and {_median(row, 'non_events')} {unit_words(row['unit'])}; "
        f"{_interval(row)}).".replace(" ;", ";"),
        f"Exact two-sided {p_value(row['p'])}; the smallest that {_bound(row)} allow is "
        f"{smallest(row['smallest_p_with_ties'])}.",
        direction_sentence(row),
        _corrected(row),
        RULES.get(row["endpoint"], ""),
        censoring_sentence(row),
        quality_sentence(row),
        left_out(missing_of(row["missing"])),
    ]
    return " ".join(part for part in parts if part)


def missing_of(text: str) -> dict[str, int]:
    """Read ``cause=count;cause=count``."""
    pairs = [pair.split("=") for pair in text.split(";") if pair]
    return {cause: int(count) for cause, count in pairs}


def _specimen(row: Mapping) -> str:
    """Name the specimen where the cohort holds the feature in several."""
    own = row["marker"].split("@")[2:]
    return f" in {own[0]}" if own else ""


def _bound(row: Mapping) -> str:
    has_costly_ties = row["smallest_p_with_ties"] > row["smallest_p"] * (1 + 1e-9)
    return "these numbers of patients" + (" and ties" if has_costly_ties else "")


def _size(row: Mapping) -> str:
    n_events, n_others = int(row["n_events"]), int(row["n_non_events"])
    whom = f"in the {patients(n_events)} with {row['event']} than in the {n_others} without"
    if isnan(row["estimate"]) or isinf(row["estimate"]):
        return f"was compared between {whom.removeprefix('in ').replace(' than in ', ' and ')}"
    if row["scale"] == "ratio":
        whom = whom.replace(" than in ", " as in ")
        return f"was {number(row['estimate'])} times as high {whom}"
    if row["estimate"] == 0:
        whom = whom.replace(" than in ", " as in ")
        return f"was as high {whom}"
    how = "higher" if row["estimate"] > 0 else "lower"
    return f"was {number(abs(row['estimate']))} {unit_words(row['unit'])} {how} {whom}".replace(
        "  ", " "
    )


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


def _median(row: Mapping, group: str) -> str:
    bound = {"<=": "at most ", ">=": "at least "}.get(row[f"median_{group}_sign"], "")
    return f"{bound}{number(row[f'median_{group}'])}"


def direction_sentence(row: Mapping) -> str:
    """Say which way it went, by the interval: a mere estimate points, and shows nothing."""
    sign = Contrast(id="", feature="", baseline="", endpoint="", direction=row["direction"]).sign
    nothing = 1.0 if row["scale"] == "ratio" else 0.0
    shown = int(row["ci_low"] > nothing) - int(row["ci_high"] < nothing)
    if shown:
        way = "higher" if shown > 0 else "lower"
        return f"It was {way} with the event{_as_expected(shown, sign)}."
    began = f"Expected was {'higher' if sign > 0 else 'lower'} with the event" if sign else ""
    points = ""
    if not isnan(row["estimate"]) and row["estimate"] != nothing:
        points = f"the estimate points {'up' if row['estimate'] > nothing else 'down'}"
    elif isnan(row["estimate"]):
        points = "the limits hide the estimate"
    said = "; ".join(filter(None, [began, points, "the interval includes no difference"]))
    sentence = said[0].upper() + said[1:] + "."
    if row["p"] <= round(1 - row["confidence"], 12):
        sentence += (
            " The test itself rejects no difference: with ties as many as these the interval, "
            "which spans every shift that is not rejected, still reaches it."
        )
    return sentence


def _as_expected(shown: int, sign: int) -> str:
    if sign == 0:
        return "; no direction was pre-specified"
    return ", as expected" if shown == sign else ", the opposite of what was expected"


def _corrected(row: Mapping) -> str:
    if row["family"] != PRIMARY or row["family_size"] < 2:
        return ""
    size = int(row["family_size"])
    return f"Corrected for the {size} contrasts of the family (Holm): {p_value(row['p_holm'])}."
