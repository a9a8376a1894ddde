"""Why a draw stands for a baseline, why a later one does not, and why there may be none."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from correlates.clinical.dosing.days import (
    DAY_FROM_CYCLE,
    DAY_FROM_EARLIER_CYCLE,
    DAY_FROM_FIRST_DOSE,
    DAY_PLANNED,
    FIRST_COMBINATION_VISIT,
    GUESSES,
    first_day,
)
from correlates.clinical.dosing.dosing import Dosing
from correlates.clinical.dosing.draws import OF_THE_DRAW
from correlates.clinical.dosing.phases import IBR_RUNIN, SCREENING, UNASSIGNED
from correlates.clinical.dosing.unassigned import why_unassigned
from correlates.intake.sheets.visits import parse_visit
from correlates.measurements import USABLE

B0 = "B0"
B1 = "B1"
NOT_AT_RISK = "never received lenalidomide: no B1, and not at risk of flare"
# Causes and features that are named in one sentence; the list of exclusions has each of them.
MOST_CAUSES = 3
MOST_FEATURES = 5
_USUAL_TIMEPOINT = "pre"
# Flags that say how a value may be used, and not that it failed.
_NO_FAILURE = OF_THE_DRAW | {"display_only_compositional"}


def draw_name(draw: Mapping) -> str:
    """Name a draw by its visit, and by its timepoint where that is not the usual one."""
    at = "" if draw["timepoint"] == _USUAL_TIMEPOINT else f" {draw['timepoint']}"
    return f"{draw['visit']}{at}"


def days_known(draw: Mapping) -> str:
    """Say, in brackets, how the day of a draw is known where nobody recorded it."""
    return f" ({on_day(draw)})" if _guess(draw) else ""


def on_day(draw: Mapping) -> str:
    """Say on which day a sample was drawn, and how that is known."""
    if math.isnan(draw["day"]):
        return "no study day"
    day = f"day {draw['day']:g}"
    if _guess(draw) == DAY_PLANNED:
        return f"planned {day}; no day was recorded"
    from_where = {
        DAY_FROM_FIRST_DOSE: "the first lenalidomide dose",
        DAY_FROM_CYCLE: "its cycle, whose beginning was recorded",
        DAY_FROM_EARLIER_CYCLE: "its cycle, counted from an earlier one",
    }
    guess = _guess(draw)
    if guess == DAY_FROM_FIRST_DOSE and parse_visit(draw["visit"]).name != FIRST_COMBINATION_VISIT:
        return f"{day}, counted from the first lenalidomide dose; no day was recorded"
    if guess:
        return f"{day} of {from_where[guess]}, by its label; no day was recorded"
    return day


def days_before(draw: Mapping, column: str = "days_before") -> str:
    """Say how long before the first dose of lenalidomide, or of another column's drug, it was."""
    days = draw[column]
    return f"{days:g} day{'' if days == 1 else 's'} before it"


def passed_over(later: Sequence[Mapping], rows: pd.DataFrame, features: pd.Series) -> str:
    """Say why later draws were passed over for some features.

    Parameters
    ----------
    later
        The draws of the baseline after the one that was taken, in the order of time.
    rows
        Measurements of this baseline, with ``place``, ``feature``, ``status`` and ``flags``.
    features
        Features that were taken from the earlier draw.
    """
    parts = []
    for draw in reversed(later):
        there = rows[(rows["place"] == draw["place"]) & rows["feature"].isin(features)]
        causes = _causes(there)
        absent = len(features) - len(there)
        causes += [f"{absent} not measured"] if absent else []
        parts.append(f"{draw_name(draw)} ({on_day(draw)}) was passed over: {', '.join(causes)}")
    named = ", ".join(features[:MOST_FEATURES])
    more = f" and {len(features) - MOST_FEATURES} more" if len(features) > MOST_FEATURES else ""
    return f"{'; '.join(parts)} ({named}{more})"


def why_none(
    baseline: str,
    draws: Sequence[Mapping],
    rows: pd.DataFrame,
    dosing: Dosing,
    most_days: float,
) -> str:
    """Say why a patient has no usable sample of a specimen at a baseline.

    Parameters
    ----------
    baseline
        ``B0`` or ``B1``.
    draws
        All of the patient and specimen, in the order of time.
    rows
        Measurements of those draws that may stand for this baseline; none of them is usable.
    dosing
        The patient's recorded dosing.
    most_days
        Most days by which this baseline may lie before its drug's first dose.
    """
    start = dosing.first_lenalidomide
    if baseline == B1 and start is None:
        return NOT_AT_RISK
    if not draws:
        return "no sample of this specimen was measured"
    if len(rows):
        parts = [
            f"{draw_name(draw)} ({on_day(draw)}): "
            + ", ".join(_causes(rows[rows["place"] == draw["place"]]))
            for draw in reversed(draws)
            if draw["place"] in set(rows["place"])
        ]
        return f"no usable value: {'; '.join(parts)}"
    if baseline == B0:
        return f"{_without_b0(draws, start, dosing, most_days)}{_unplaced(draws)}"
    return f"{_without_b1(draws, dosing, most_days)}{_unplaced(draws)}"


def _without_b0(
    draws: Sequence[Mapping], start: float | None, dosing: Dosing, most_days: float
) -> str:
    before = [draw for draw in draws if draw["phase"] == SCREENING]
    if before:
        last = before[-1]
        return (
            f"the last sample before ibrutinib ({draw_name(last)}, {on_day(last)}) lies "
            f"{days_before(last, 'days_before_ibrutinib')}, more than {most_days:g}"
        )
    dated = [draw for draw in draws if not math.isnan(draw["day"])]
    first = "no sample has a study day"
    if dated:
        first = f"the first is {draw_name(dated[0])}, {on_day(dated[0])}"
    if start is not None and start < first_day(dosing):
        return (
            f"no sample before both drugs: lenalidomide began on day {start:g}, before ibrutinib; "
            f"{first}"
        )
    return f"no sample before the first ibrutinib dose; {first}"


def _without_b1(draws: Sequence[Mapping], dosing: Dosing, most_days: float) -> str:
    start = dosing.first_lenalidomide
    run_in = [draw for draw in draws if draw["phase"] == IBR_RUNIN]
    if run_in:
        last = run_in[-1]
        return (
            f"the last sample before lenalidomide ({draw_name(last)}, {on_day(last)}) lies "
            f"{days_before(last)}, more than {most_days:g}"
        )
    if start < first_day(dosing):
        return f"lenalidomide began on day {start:g}, before ibrutinib: there is no run-in"
    doses = f"the first ibrutinib dose and the first lenalidomide dose (day {start:g})"
    return f"no sample between {doses}"


def _unplaced(draws: Iterable[Mapping]) -> str:
    """Name the draws that might have served, had their time been known."""
    reasons = {
        draw_name(draw): why_unassigned(draw["visit"], draw["day"], draw["flags"])
        for draw in draws
        if draw["phase"] == UNASSIGNED
    }
    return "".join(f"; {name} has no place: {why}" for name, why in reasons.items() if why)


def _causes(rows: pd.DataFrame) -> list[str]:
    """Count the measurements that cannot be used, by status, each with its commonest flags."""
    found = []
    for status, of in rows[~rows["status"].isin(USABLE)].groupby("status", sort=True):
        counted = Counter(f for flags in of["flags"] for f in set(flags) if f not in _NO_FAILURE)
        flags = sorted(counted, key=lambda flag: (-counted[flag], flag))[:MOST_CAUSES]
        why = f" ({'; '.join(flag.replace('_', ' ') for flag in flags)})" if flags else ""
        found.append(f"{len(of)} {str(status).replace('_', ' ')}{why}")
    return found


def _guess(draw: Mapping) -> str:
    """Return the flag of a day that nobody recorded."""
    return next((flag for flag in draw["flags"] if flag in GUESSES), "")
