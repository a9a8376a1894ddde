"""Every draw of the study in one table: its day, its doses, its flare, and what it stands for."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from correlates.clinical.dosing.days import (
    DAY_FROM_CYCLE,
    DAY_FROM_EARLIER_CYCLE,
    DAY_FROM_FIRST_DOSE,
    DAY_PLANNED,
    GUESSES,
    first_day,
)
from correlates.clinical.dosing.dosing import Dosing, dosing_of_cohort
from correlates.clinical.dosing.draws import DRAW, DrawNote, draw_notes, note_of, place_draw
from correlates.clinical.dosing.phases import COMBO, FU, IBR_CONT, IBR_RUNIN, SCREENING, UNASSIGNED
from correlates.clinical.dosing.settings import VisitSettings, name_of_draw
from correlates.clinical.dosing.unassigned import why_unassigned
from correlates.clinical.flare.events import FlareWindow, flare_windows
from correlates.clinical.records import ClinicalRecords
from correlates.cohort.baseline_reasons import B0, B1, draw_name
from correlates.cohort.baselines import Baselines

COLUMNS = [
    *("patient", "specimen", "visit", "timepoint", "sample", "occasion", "n_measurements"),
    *("day", "how_known", "due_day", "days_off_window", "phase", "off_drug", "steroid_7d"),
    *("in_flare", "process_delay_h", "thaw_n", "alias", "same_as", "baseline", "reason"),
]
HOW_KNOWN = {
    DAY_PLANNED: "planned",
    DAY_FROM_FIRST_DOSE: "first lenalidomide dose",
    DAY_FROM_CYCLE: "cycle",
    DAY_FROM_EARLIER_CYCLE: "earlier cycle",
}
_BASELINE_OF = {SCREENING: B0, IBR_RUNIN: B1}
_AFTER = {
    COMBO: "after the first lenalidomide dose",
    IBR_CONT: "after lenalidomide",
    FU: "after treatment",
}


@dataclass(frozen=True)
class DrawContext:
    """What draws are looked at by.

    Parameters
    ----------
    dosing
        What each patient of the sheet took.
    notes
        What the samples sheet says of draws besides.
    settings
        Windows, aliases, holds and steroids.
    flares
        Days of the flares of each patient; None if the study does not record them.
    """

    dosing: Mapping[str, Dosing]
    notes: Mapping[tuple, DrawNote] = field(default_factory=dict)
    settings: VisitSettings = field(default_factory=VisitSettings)
    flares: Mapping[str, Sequence[FlareWindow]] | None = None


def draw_context(records: ClinicalRecords, visits: Mapping) -> DrawContext:
    """Return what draws are looked at by, of the study's records and ``clinical.visits``."""
    return DrawContext(
        dosing=dosing_of_cohort(records),
        notes=draw_notes(records.rows("samples")),
        settings=VisitSettings.of(visits),
        flares=(
            {patient: flare_windows(records, patient) for patient in records.patients}
            if records.has("flares")
            else None
        ),
    )


def draw_table(
    measurements: pd.DataFrame, baselines: Baselines, context: DrawContext
) -> pd.DataFrame:
    """Put every draw of which there are measurements into one table, a row a draw.

    Parameters
    ----------
    measurements
        The cohort's measurement table, with days and phases.
    baselines
        Which draws stand for the baselines.
    context
        Dosing, notes, settings and flares.

    Returns
    -------
    ``how_known`` says where the day was taken from; ``days_off_window`` by how many days a recorded
    day is outside of its window, 0 within; ``off_drug`` which drugs were held; ``in_flare`` whether
    a flare was going on (blank where flares are not recorded, or the patient was not at risk);
    ``process_delay_h`` and ``thaw_n`` how it was handled, as far as recorded;
    ``alias`` which other draw of the schedule it stands for; ``same_as`` which draw of its own day
    and specimen is listed under another name for the same; ``baseline`` B0 or B1, and the
    ``reason`` why it is or is not one.
    """
    first = measurements.drop_duplicates(DRAW)
    by_draw = measurements.groupby(DRAW, sort=False)
    samples = by_draw["sample"].agg(lambda names: ", ".join(sorted(set(names)))).to_dict()
    counts = by_draw.size().to_dict()
    taken = _taken(baselines.draws)
    rows = []
    for draw in first.to_dict("records"):
        key = tuple(draw[name] for name in DRAW)
        row = {name: draw[name] for name in (*DRAW, "day", "phase")}
        row |= {"sample": samples[key], "n_measurements": counts[key]}
        row |= _doses(draw, context)
        rows.append(row | {"reason": _reason(draw, taken, context), **_baseline(key, taken)})
    _name_aliases(rows, context.settings)
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.sort_values(
        ["patient", "specimen", "day", "visit", "timepoint"], kind="stable", na_position="first"
    ).reset_index(drop=True)


def _doses(draw: Mapping, context: DrawContext) -> dict:
    """Return what the doses, the schedule and the flares say of a draw."""
    guess = next((flag for flag in draw["flags"] if flag in GUESSES), "")
    day = None if math.isnan(draw["day"]) else draw["day"]
    hours = None if pd.isna(draw["hours_post_dose"]) else draw["hours_post_dose"]
    note, dosing = note_of(context.notes, draw), context.dosing.get(draw["patient"], Dosing())
    recorded = None if guess else day
    placed = place_draw(
        draw["visit"], draw["timepoint"], recorded, hours, dosing, note, context.settings
    )
    known = HOW_KNOWN[guess] if guess else "" if day is None else "recorded"
    return {
        "how_known": known,
        "due_day": placed.due_day,
        "days_off_window": placed.days_off_window,
        "off_drug": ", ".join(placed.off_drug),
        "steroid_7d": placed.is_under_steroids,
        "occasion": note.occasion,
        "process_delay_h": note.process_delay_h,
        "thaw_n": note.thaw_n,
        "in_flare": _in_flare(draw["patient"], day, dosing, context),
    }


def _in_flare(patient: str, day: float | None, dosing: Dosing, context: DrawContext) -> bool | None:
    """Say whether a flare was going on; nobody knows where none are recorded."""
    if context.flares is None or day is None or dosing.first_lenalidomide is None:
        return None
    return any(one.covers(day) for one in context.flares.get(patient, ()))


def _taken(draws: pd.DataFrame) -> dict[tuple, list[dict]]:
    """Return the draws that stand for the baselines, by patient, specimen and baseline."""
    found: dict[tuple, list[dict]] = {}
    for row in draws.to_dict("records"):
        found.setdefault((row["patient"], row["specimen"], row["baseline"]), []).append(row)
    return found


def _baseline(key: tuple, taken: Mapping[tuple, list[dict]]) -> dict:
    """Return the baseline that a draw stands for, with its reason; nothing if none."""
    patient, specimen, visit, timepoint = key
    for baseline in (B0, B1):
        for row in taken.get((patient, specimen, baseline), ()):
            if (row["visit"], row["timepoint"]) == (visit, timepoint):
                return {"baseline": baseline, "reason": row["reason"]}
    return {"baseline": ""}


def _reason(draw: Mapping, taken: Mapping[tuple, list[dict]], context: DrawContext) -> str:
    """Say why a draw that stands for no baseline does not."""
    patient, phase = draw["patient"], draw["phase"]
    if patient not in context.dosing:
        return "the patients sheet lacks this patient"
    if phase == UNASSIGNED:
        return why_unassigned(draw["visit"], draw["day"], draw["flags"])
    if phase in _AFTER:
        return _AFTER[phase]
    baseline, dosing = _BASELINE_OF[phase], context.dosing[patient]
    start = first_day(dosing) if baseline == B0 else dosing.first_lenalidomide
    chosen = taken.get((patient, draw["specimen"], baseline), [])
    names = [draw_name(row) for row in chosen if row["visit"]]
    if names:
        return f"{baseline} is taken from {', '.join(names)}"
    if start is None:
        return "never received lenalidomide: no B1"
    return chosen[0]["reason"] if chosen else ""


def _name_aliases(rows: Sequence[dict], settings: VisitSettings) -> None:
    """Fill ``alias`` and ``same_as``: what a draw stands for, and what it was listed twice as."""
    own: dict[tuple, list[dict]] = {}
    for row in rows:
        name = name_of_draw(row["visit"], row["timepoint"])
        own.setdefault((row["patient"], row["specimen"], name), []).append(row)
    for row in rows:
        alias, same = [], []
        for name in settings.aliases_of(row["visit"], row["timepoint"]):
            others = own.get((row["patient"], row["specimen"], name), [])
            if not others:
                alias.append(" ".join(name))
            elif any(_is_same_day(row["day"], other["day"]) for other in others):
                same.append(" ".join(name))
        row |= {"alias": ", ".join(alias), "same_as": ", ".join(same)}


def _is_same_day(one: float, other: float) -> bool:
    return not (math.isnan(one) or math.isnan(other)) and math.floor(one) == math.floor(other)
