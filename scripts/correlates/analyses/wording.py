"""How numbers and endpoints read in a sentence."""

from collections.abc import Mapping
from math import floor, isinf, isnan, log10

EVENTS = {
    "cr": "a complete response (CR or CRi)",
    "orr": "a response (PR or better)",
    "orr_l": "a response (PR-L or better)",
    "tfr_any": "a tumor flare reaction",
    "tfr_ge2": "a tumor flare reaction of grade 2 or more",
}
# what an endpoint counts, where its name does not say it
RULES = dict.fromkeys(("orr", "orr_l"), "A response that was not assessed (NE) counts as none.")
CAUTION = "An association is not a cause."
BASELINES = ("B0", "B1")
AFTER_BASELINE = (
    "It was measured after the baselines B0 and B1, perhaps after the event, so it can be a "
    "consequence as well as a sign of it."
)
ENDPOINT_CAUSE = "endpoint_not_evaluable"
MARKER_CAUSE = "marker_missing"
_CAUSES = {
    ENDPOINT_CAUSE: "without an evaluable endpoint",
    MARKER_CAUSE: "lacking a marker",
    "missing": "without a measurement",
    "not_evaluable": "whose value could not be evaluated",
    "infinite": "with an infinite value",
    "censored_without_limit": "beyond a limit that is not recorded",
}
_DEFAULT_EVENT = "the event"
# p-values this near to a level (the second is that of false discovery) are written so that rounding
# takes none of them across it
_LEVELS, _NEAR, _MOST_DIGITS = (0.05, 0.10), 0.005, 12


def unit_words(unit: str) -> str:
    """Return a UCUM unit as people write it; intensities have none."""
    return {"/uL": "cells/µL", "1": ""}.get(unit, unit)


def caution_of(design_note: str, caution: str = CAUTION) -> str:
    """Return what the design of the trial keeps apart, and what is true of every association."""
    return f"{design_note.strip()} {caution}".strip()


def event_of(endpoint: str, level: float = 1.0) -> str:
    """Return what happened to a patient with the event, to follow 'patients with'."""
    if endpoint in EVENTS:
        return EVENTS[endpoint]
    return f"{_DEFAULT_EVENT} {endpoint}" if level == 1 else f"{endpoint} of {number(level)}"


def number(value: float) -> str:
    """Return a number with three significant digits and no exponent where it is readable."""
    if isnan(value):
        return "not estimable"
    if isinf(value):
        return "unbounded"
    if value == 0:
        return "0"
    # by its digits after rounding: 99.97 is 100 and not 100.0
    digits = 2 - floor(log10(abs(float(f"{value:.2e}"))))
    if not -7 < digits < 7:
        return f"{value:.2e}"
    return f"{round(value, digits):,.{max(digits, 0)}f}"


def percent(value: float) -> str:
    """Return a share in percent like `number`; one below 100 is rounded down, never to 100."""
    return f"{floor(10 * value) / 10:.1f}" if value < 100 <= round(value, 1) else number(value)


def p_value(p: float) -> str:
    """Return ``p = 0.024``, or ``p < 0.0001``; near a level with the digits that tell its side."""
    return "p < 0.0001" if p < 1e-4 else f"p = {_p_digits(p)}"


def smallest(p: float) -> str:
    """Return a smallest attainable p: ``0.024``, or ``below 0.0001``."""
    return "below 0.0001" if p < 1e-4 else _p_digits(p)


def _p_digits(p: float) -> str:
    near = [level for level in _LEVELS if abs(p - level) <= _NEAR]
    if not near:
        return f"{p:.2g}"
    digits = 3
    while digits < _MOST_DIGITS and float(f"{p:.{digits}g}") == near[0] != p:
        digits += 1
    return f"{p:#.{digits}g}"


def patients(count: int) -> str:
    """Return ``1 patient`` or ``n patients``."""
    return "1 patient" if count == 1 else f"{count} patients"


def left_out(
    missing: Mapping[str, int],
    missing_events: Mapping[str, int] | None = None,
    missing_non_events: Mapping[str, int] | None = None,
) -> str:
    """Return how many were left out and why; empty where nobody was.

    Parameters
    ----------
    missing
        Patients by cause.
    missing_events, missing_non_events
        Those of them with and without the event, where that is told.
    """
    with_event, without = missing_events or {}, missing_non_events or {}
    listed = []
    for cause, count in missing.items():
        own, others = with_event.get(cause), without.get(cause)
        parts = [f"{own} with the event"] if own else []
        parts += [f"{others} without{'' if own else ' the event'}"] if others else []
        divided = " and ".join(parts)
        said = f"{patients(count)} {_CAUSES.get(cause, cause)}"
        listed += [f"{said} ({divided})" if divided else said] if count else []
    return f"Left out: {', '.join(listed)}." if listed else ""


def left_out_of_model(
    left_out_by: Mapping[str, int], missing: Mapping[str, Mapping], by_class: Mapping[str, int]
) -> str:
    """Return how many patients a model leaves out, and which markers they lack for what cause."""
    lacking = [
        f"{name} {', '.join(f'{count} {_CAUSES.get(cause, cause)}' for cause, count in by.items())}"
        for name, by in missing.items()
        if by
    ]
    detail = f": of {'; of '.join(lacking)}" if lacking else ""
    of_class = [{MARKER_CAUSE: by_class[name]} for name in ("events", "non_events")]
    sentence = left_out(left_out_by, *of_class)
    return f"{sentence.removesuffix('.')}{detail}." if sentence else ""
