"""One draw set among a patient's doses: its day, its phase, and what a reader of it must know."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from correlates.clinical.dosing.days import GUESSES, day_of, due_day, planned_day
from correlates.clinical.dosing.dosing import IBRUTINIB, LENALIDOMIDE, Dosing
from correlates.clinical.dosing.hours import hours_after_dose
from correlates.clinical.dosing.phases import (
    HOURS_WITHOUT_DOSE,
    LENALIDOMIDE_ALONE,
    UNASSIGNED,
    phase_and_flag,
)
from correlates.clinical.dosing.settings import VisitSettings, name_of_draw
from correlates.clinical.dosing.unassigned import TIMES_DISAGREE

# What tells one draw from another, in every table.
DRAW = ["patient", "specimen", "visit", "timepoint"]
OFF_DRUG = "off_drug"
STEROID = "steroid_7d"
OUT_OF_WINDOW = "out_of_window"
# Flags that tell of a draw's time and doses, which are no reason to leave a value out.
OF_THE_DRAW = frozenset(
    {
        *GUESSES,
        *(TIMES_DISAGREE, HOURS_WITHOUT_DOSE, LENALIDOMIDE_ALONE),
        *(OFF_DRUG, STEROID, OUT_OF_WINDOW),
    }
)


@dataclass(frozen=True)
class DrawNote:
    """What the samples sheet says of a draw besides its day, over all its rows.

    Parameters
    ----------
    hours_post_lenalidomide
        Recorded hours since the last lenalidomide dose; the most, where rows differ.
    hours_disagree
        Whether some of its rows were before a dose and some after.
    steroid_7d
        Whether a row says that a steroid was taken in the days before; None if none says either.
    occasion
        Why it was drawn, several joined by commas; empty if nobody said.
    process_delay_h, thaw_n
        Hours until it was processed, and how often it was thawed; the most, where rows differ.
    """

    hours_post_lenalidomide: float | None = None
    hours_disagree: bool = False
    steroid_7d: bool | None = None
    occasion: str = ""
    process_delay_h: float | None = None
    thaw_n: int | None = None


@dataclass(frozen=True)
class PlacedDraw:
    """A draw among the doses of its patient.

    Parameters
    ----------
    day
        Study day; None where nothing tells it.
    how_known
        A flag of `GUESSES`; empty for a recorded day, or none.
    phase
        What was being taken.
    off_drug
        Drugs of the trial that had been held for long enough on that day.
    is_under_steroids
        Whether a steroid was taken on that day or in the days before.
    due_day, days_off_window
        The day on which it was due, and by how many days a recorded one lies outside of the window
        about it: negative if early, 0 within; None where there is no telling.
    flags
        Flags of all of this, in this order.
    """

    day: float | None
    how_known: str
    phase: str
    off_drug: tuple[str, ...] = ()
    is_under_steroids: bool = False
    due_day: float | None = None
    days_off_window: float | None = None
    flags: tuple[str, ...] = ()


def place_draw(
    visit: str,
    timepoint: str,
    day: float | None,
    hours_post_dose: float | None,
    dosing: Dosing,
    note: DrawNote,
    settings: VisitSettings,
) -> PlacedDraw:
    """Set a draw among the doses of its patient.

    Parameters
    ----------
    visit, timepoint, day, hours_post_dose
        As recorded; of ibrutinib are the hours.
    dosing
        What the patient took.
    note
        What else the samples sheet says of the draw.
    settings
        Windows, holds and steroids.
    """
    at, guess = day_of(visit, day, dosing)
    hours = note.hours_post_lenalidomide
    phase, why = phase_and_flag(visit, timepoint, day, hours_post_dose, dosing, hours)
    if note.hours_disagree:
        phase, why = UNASSIGNED, TIMES_DISAGREE
    placed = PlacedDraw(at, guess, phase)
    if at is not None:
        is_before_dose = hours_after_dose(visit, timepoint, None) < 0
        placed = replace(
            placed,
            off_drug=_held(at, is_before_dose, dosing, settings.hold_days),
            is_under_steroids=_is_under_steroids(
                # A steroid that begins on the day of a planned draw before the dose comes after it.
                math.floor(at) - (is_before_dose and planned_day(visit) is not None),
                math.floor(at) - settings.steroid_days,
                dosing,
                settings,
            ),
        )
    if note.steroid_7d:
        placed = replace(placed, is_under_steroids=True)
    due, off = _off_window(visit, timepoint, day, dosing, settings)
    flags = (
        guess,
        why,
        OFF_DRUG if placed.off_drug else "",
        STEROID if placed.is_under_steroids else "",
        OUT_OF_WINDOW if off else "",
    )
    return replace(
        placed, due_day=due, days_off_window=off, flags=tuple(flag for flag in flags if flag)
    )


def draw_notes(samples: Iterable[Mapping]) -> dict[tuple[str, str, str, str], DrawNote]:
    """Gather what the samples sheet says of each draw, by patient, specimen, visit and timepoint.

    A row without a specimen is of the study's usual one, and stands under an empty name.
    """
    rows: dict[tuple, list[Mapping]] = {}
    for row in samples:
        rows.setdefault(_key(row), []).append(row)
    return {key: _note(of) for key, of in rows.items()}


def note_of(notes: Mapping[tuple, DrawNote], draw: Mapping) -> DrawNote:
    """Return what the samples sheet says of a draw; nothing where it has no row of it."""
    patient, specimen, visit, timepoint = _key(draw)
    usual = notes.get((patient, "", visit, timepoint), DrawNote())
    return notes.get((patient, specimen, visit, timepoint), usual)


def _key(row: Mapping) -> tuple[str, str, str, str]:
    name = name_of_draw(str(row["visit"]), row.get("timepoint") or "")
    return str(row["patient"]), row.get("specimen") or "", *name


def _note(rows: list[Mapping]) -> DrawNote:
    hours = _known(rows, "hours_post_lenalidomide")
    steroid = {row["steroid_7d"] for row in rows} - {None}
    occasions = {row["occasion"] for row in rows if row["occasion"]}
    return DrawNote(
        max(hours, default=None),
        len({one > 0 for one in hours}) > 1,
        any(steroid) if steroid else None,
        ", ".join(sorted(occasions)),
        max(_known(rows, "process_delay_h"), default=None),
        max(_known(rows, "thaw_n"), default=None),
    )


def _known(rows: list[Mapping], column: str) -> list[float]:
    return [row[column] for row in rows if row.get(column) is not None]


def _held(day: float, is_before_dose: bool, dosing: Dosing, hold_days: float) -> tuple[str, ...]:
    """Return the drugs that were held; before the dose that ends a hold, it is not over."""
    return tuple(
        drug
        for drug in (IBRUTINIB, LENALIDOMIDE)
        for hold in dosing.holds(drug, hold_days)
        if hold.covers(day) or (is_before_dose and math.floor(day) - 1 == hold.last)
    )


def _is_under_steroids(
    last: float, earliest: float, dosing: Dosing, settings: VisitSettings
) -> bool:
    return any(
        one.is_taken and one.first <= last and one.last >= earliest
        for drug in settings.steroid_drugs
        for one in dosing.intervals(drug)
    )


def _off_window(
    visit: str, timepoint: str, day: float | None, dosing: Dosing, settings: VisitSettings
) -> tuple[float | None, float | None]:
    """Return the day on which a draw was due, and days outside of its window, of the nearest name.

    A draw that may stand for another is in its window if it is in that of either.
    """
    names = settings.names_of(name_of_draw(visit, timepoint))
    due = [due_day(name, at, dosing) for name, at in names]
    if day is None:
        return due[0], None
    found = [
        _days_off(math.floor(day) - math.floor(its), *window)
        for (name, _), its in zip(names, due, strict=True)
        if its is not None and (window := settings.window_of(name)) is not None
    ]
    return due[0], min(found, key=abs, default=None)


def _days_off(late: float, most_early: float, most_late: float) -> float:
    return float(min(late + most_early, 0) + max(late - most_late, 0))
