"""Tumor lysis syndrome around each start and escalation of a drug, by Cairo and Bishop.

Two of four values out of their bounds, or changed by a quarter, make laboratory tumor lysis; with
a creatinine, an arrhythmia, a seizure or a death it is clinical (`clinical_tls`). What was not
measured is never a "no": a window is a "no" only if the criteria could not be met whatever the
missing values had been.

Source: Cairo and Bishop, Br J Haematol 2004;127:3. Two values within the same 24 hours
(``same_24_hours``), and no criterion of change (``change_pct`` of 0), are the modification of
Howard, N Engl J Med 2011;364:1844.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import floor

from correlates.clinical.safety.course import Patient, Start
from correlates.clinical.safety.predose import before_start, is_before
from correlates.clinical.safety.settings import TlsSettings
from correlates.clinical.safety.words import (
    NO,
    NOT_EVALUABLE,
    NOT_EXCLUDED,
    YES,
    joined,
    number,
    tidy,
)

# Column of the laboratory sheet, its name and unit in a sentence, and where it must go to be met.
PARAMETERS = (
    ("uric_acid_mg_dl", "uric acid", "mg/dL", 1),
    ("potassium_mmol_l", "potassium", "mmol/L", 1),
    ("phosphate_mg_dl", "phosphate", "mg/dL", 1),
    ("calcium_mg_dl", "calcium", "mg/dL", -1),
)
_NEEDED = 2


@dataclass(frozen=True)
class Criterion:
    """What one parameter says in one window.

    Parameters
    ----------
    name
        The parameter, as in a sentence.
    verdict
        ``met``, ``not_met``, ``undecided`` (it may have been met) or ``not_measured``.
    times
        Study day of each value that met it, and whether the hour is in it.
    text
        The value that tells most, with its day and what it was held against.
    baseline, baseline_day
        Last value before the start; None where there is none.
    change_unknown
        Whether a criterion of change could not be looked at.
    """

    name: str
    verdict: str
    times: tuple[tuple[float, bool], ...] = ()
    text: str = ""
    baseline: float | None = None
    baseline_day: float | None = None
    change_unknown: bool = False


@dataclass(frozen=True)
class LaboratoryTls:
    """Verdict on one window, with its criteria and the reason in a sentence."""

    verdict: str
    reason: str
    criteria: tuple[Criterion, ...]
    days_apart: float | None = None


def laboratory_tls(
    start: Start, values: Sequence[Mapping], patient: Patient, settings: TlsSettings
) -> LaboratoryTls:
    """Judge the laboratory values around one start.

    Parameters
    ----------
    start
        Start or escalation of a drug.
    values
        Rows of the laboratory sheet of this patient.
    patient
        For the last day that is known: a window that reaches beyond it is not over.
    settings
        Bounds and window.
    """
    is_over = window_is_over(start, patient, settings)
    criteria = tuple(
        _criterion(column, name, unit, sign, start, values, is_over, settings)
        for column, name, unit, sign in PARAMETERS
    )
    met = [one for one in criteria if one.verdict == "met"]
    open_ = [one for one in criteria if one.verdict in ("undecided", "not_measured")]
    apart = _days_apart(met)
    close = apart is not None and (apart <= 1 or not settings.same_24_hours)
    if close:
        return LaboratoryTls(YES, f"{len(met)} of 4 criteria met", criteria, apart)
    if not any(one.verdict != "not_measured" for one in criteria):
        reason = "none of the 4 values was measured from the start to the end of the window"
        return LaboratoryTls(NOT_EVALUABLE, reason, criteria)
    if open_ and len(met) + len(open_) >= _NEEDED:
        return LaboratoryTls(NOT_EXCLUDED, _open_reason(open_, is_over), criteria, apart)
    reason = f"{len(met)} of 4 criteria met"
    if len(met) >= _NEEDED:
        reason += f", but {number(apart)} days apart"
    return LaboratoryTls(NO, reason, criteria, apart)


def window_is_over(start: Start, patient: Patient, settings: TlsSettings) -> bool:
    """Say whether all days of the window around a start are known."""
    last = patient.last_known_day
    return last is None or last >= start.day + settings.days_after


def in_window(day: float | None, start: Start, settings: TlsSettings) -> bool:
    """Say whether a day lies in the window around a start, whose both ends belong to it."""
    if day is None:
        return False
    # A part of a day belongs to its day.
    return start.day - settings.days_before <= floor(day) <= start.day + settings.days_after


def _criterion(column, name, unit, sign, start, values, is_over, settings) -> Criterion:
    measured = [row for row in values if row.get(column) is not None]
    recent = [row for row in measured if row["study_day"] >= start.day - settings.baseline_days]
    baseline = before_start(recent, start.day)
    inside = [row for row in measured if in_window(row["study_day"], start, settings)]
    base = None if baseline is None else tidy(baseline[column])
    base_day = None if baseline is None else baseline["study_day"]
    hits = []
    for row in inside:
        said = _met_by(
            tidy(row[column]),
            None if is_before(row, start.day) else base,
            getattr(settings, column),
            sign,
            settings.change_pct,
        )
        if said:
            hits.append((row, said))
    if hits:
        worst, said = max(hits, key=lambda hit: sign * hit[0][column])
        text = f"{name} {number(worst[column])} {unit} on day {number(worst['study_day'])}: {said}"
        times = tuple(_time(row) for row, _ in hits)
        return Criterion(name, "met", times, text, base, base_day)
    after = [row for row in inside if not is_before(row, start.day)]
    if not after:
        return Criterion(name, "not_measured", (), "", base, base_day)
    worst = max(after, key=lambda row: sign * row[column])
    text = f"{name} {number(worst[column])} {unit} on day {number(worst['study_day'])}"
    change_unknown = bool(settings.change_pct) and not base
    if change_unknown:
        text += ", no value before the start"
    verdict = "undecided" if change_unknown or not is_over else "not_met"
    return Criterion(name, verdict, (), text, base, base_day, change_unknown)


def _met_by(value: float, base: float | None, bound: float, sign: int, change_pct: float) -> str:
    """Say by what a value meets its criterion; empty if it does not."""
    said = []
    if sign * value >= sign * bound:
        said.append(f"{'>=' if sign > 0 else '<='} {number(bound)}")
    if change_pct and base:
        change = tidy(100 * (value - base) / base)
        if sign * change >= change_pct:
            said.append(f"{change:+.0f} % from {number(base)}")
    return " and ".join(said)


def _time(row: Mapping) -> tuple[float, bool]:
    """Return the day of a value, with its hour where that is known."""
    hour = row.get("hour")
    return (
        (row["study_day"], False) if hour is None else (floor(row["study_day"]) + hour / 24, True)
    )


def _days_apart(met: Sequence[Criterion]) -> float | None:
    """Return the fewest days between values that met two different criteria.

    To the hour where both are known, else in whole days.
    """
    return min(
        (
            _apart(one, other)
            for a, b in combinations(met, 2)
            for one in a.times
            for other in b.times
        ),
        default=None,
    )


def _apart(one: tuple[float, bool], other: tuple[float, bool]) -> float:
    if one[1] and other[1]:
        return tidy(abs(one[0] - other[0]))
    return abs(floor(one[0]) - floor(other[0]))


def _open_reason(open_: Sequence[Criterion], is_over: bool) -> str:
    missing = [one.name for one in open_ if one.verdict == "not_measured"]
    unknown = [one.name for one in open_ if one.change_unknown]
    return "not excluded: " + joined(
        [
            f"{len(missing)} of 4 not measured ({', '.join(missing)})" if missing else "",
            f"change not known of {', '.join(unknown)}" if unknown else "",
            "" if is_over else "the window was not over on the last day that is known",
        ]
    )
