"""How numbers and codes read on the page; no number is computed here."""

import re
from math import isinf

from correlates.analyses.wording import number, p_value, percent, unit_words
from correlates.pages.words import NOTHING, as_number
from correlates.report.names import INTENSITIES

STATUSES = {
    "nd": "not detected",
    "lt_lloq": "below the limit of quantification",
    "gt_uloq": "above the limit of quantification",
    "not_evaluable": "not evaluable",
    "missing": "missing",
}
ENDPOINTS = {
    "cr": "complete response (CR or CRi)",
    "orr": "response (CR, CRi, nPR or PR)",
    "orr_l": "response, PR with lymphocytosis included",
    "response_depth": "depth of response: 3 CR or CRi, 2 PR or nPR, 1 PR-L, 0 SD or PD",
    "tfr_any": "tumor flare reaction of any grade",
    "tfr_ge2": "tumor flare reaction of grade 2 or more",
    "tfr_ordinal": "grade of tumor flare reaction",
    "tfr_onset_d": "days from the first lenalidomide dose to the first tumor flare reaction",
    "spd_pct_change_best": "deepest change of the sum of products of the nodes, in percent",
    "time_to_response": "days from the first ibrutinib dose to response (PR or better)",
    "pfs": "days from the first ibrutinib dose to progression or death",
    "os": "days from the first ibrutinib dose to death",
    "dor": "days from response (PR or better) to progression or death",
    "dor_l": "days from response, PR with lymphocytosis included, to progression or death",
}
_FROM_LANDMARK = re.compile(r"(pfs|os)_(c\d+d\d+)")


def endpoint_words(name: str) -> str:
    """Return what an endpoint is, in words; empty where the page does not know it."""
    match = _FROM_LANDMARK.fullmatch(name)
    if match is None:
        return ENDPOINTS.get(name, "")
    event = "progression or death" if match[1] == "pfs" else "death"
    return f"days from {match[2].upper()} to {event}, of patients still at risk there"


def shown(value: object, unit: str = "") -> str:
    """Return a number with three significant digits; a dash where there is none.

    In percent one below 100 never reads 100.
    """
    found = as_number(value)
    if found is None:
        return NOTHING
    return percent(found) if unit == "%" else number(found)


def p_shown(value: object) -> str:
    """Return a p-value exactly, never as zero: ``0.024``, ``< 0.0001``."""
    found = as_number(value)
    if found is None:
        return NOTHING
    return p_value(found).removeprefix("p ").removeprefix("= ")


def two_decimals(value: object) -> str:
    """Return a number with two decimals, as an AUC is written."""
    found = as_number(value)
    return NOTHING if found is None else f"{found:.2f}"


def interval(low: object, high: object, of_two_decimals: bool = False, unit: str = "") -> str:
    """Return ``low to high``; an end that the data cannot reach is named so."""
    ends = [as_number(low), as_number(high)]
    if all(end is None for end in ends):
        return NOTHING

    def said(end: float | None) -> str:
        if end is not None and isinf(end):
            return "unbounded"
        return two_decimals(end) if of_two_decimals else shown(end, unit)

    return " to ".join(map(said, ends))


def unit_shown(unit: str, feature: str = "") -> str:
    """Return a UCUM unit as people write it; a feature tells what a plain number is."""
    if unit != "1":
        return unit_words(unit) or "intensity"
    statistic = feature.split("__")[1] if "__" in feature else "mfi"
    for scale in ("log2", "log10"):
        if statistic.startswith(f"{scale}_"):
            return scale
    return "intensity" if statistic in INTENSITIES else "ratio"


def percent_level(confidence: object) -> str:
    """Return a confidence level as ``95 %``."""
    found = as_number(confidence)
    return NOTHING if found is None else f"{100 * found:g} %"
