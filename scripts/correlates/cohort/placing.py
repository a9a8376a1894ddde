"""Measurements set among the doses of their patients, draw by draw.

What was recorded for one tube of a draw holds for its others; where they contradict each other,
nothing tells which is right, and the draw has no phase.
"""

import math
from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from correlates.clinical.dosing.dosing import Dosing
from correlates.clinical.dosing.draws import DRAW, DrawNote, PlacedDraw, note_of, place_draw
from correlates.clinical.dosing.phases import UNASSIGNED
from correlates.clinical.dosing.settings import VisitSettings
from correlates.clinical.dosing.unassigned import TIMES_DISAGREE


def assign_phases(
    table: pd.DataFrame,
    dosing: Mapping[str, Dosing],
    notes: Mapping[tuple, DrawNote] | None = None,
    settings: VisitSettings | None = None,
) -> pd.DataFrame:
    """Fill ``day``, ``phase`` and the flags of the draw of measurements.

    Parameters
    ----------
    table
        ``patient``, ``specimen``, ``visit``, ``timepoint``, ``day``, ``hours_post_dose``,
        ``flags``.
    dosing
        What each patient of the sheet took.
    notes
        What the samples sheet says of draws besides.
    settings
        Windows, holds and steroids; without them nothing is flagged for any.

    Returns
    -------
    The table with a day where none was recorded (its flag says where it was taken from) and the
    phase; a patient who is not in the sheet has no dosing record and stays ``UNASSIGNED``. So does
    a draw whose rows were recorded on several days, or of which some precede a dose and some do
    not; its rows are flagged ``draw_times_disagree``.
    """
    table = _share_times(table)
    place = partial(_placed, dosing=dosing, notes=notes or {}, settings=settings or VisitSettings())
    known: dict[tuple, PlacedDraw] = {}
    found = []
    for key in table[[*DRAW, "day", "hours_post_dose"]].itertuples(index=False, name=None):
        # NaN is unequal to itself, so it would never be found again.
        key = tuple(None if value != value else value for value in key)
        if key not in known:
            known[key] = place(key)
        found.append(known[key])
    filled = pd.DataFrame(
        {
            "day": np.array([math.nan if one.day is None else one.day for one in found], float),
            "phase": pd.Series([one.phase for one in found], dtype=object),
        }
    ).set_index(table.index)
    disagrees = _disagrees(table, filled["phase"])
    flags = [
        list(dict.fromkeys([*listed, *one.flags, *([TIMES_DISAGREE] if wrong else [])]))
        for listed, one, wrong in zip(table["flags"], found, disagrees, strict=True)
    ]
    return table.assign(
        day=filled["day"],
        phase=filled["phase"].mask(disagrees, UNASSIGNED),
        flags=pd.Series(flags, table.index, dtype=object),
    )


def _disagrees(table: pd.DataFrame, phases: pd.Series) -> pd.Series:
    """Tell of each row whether those of its draw have several days or phases."""
    recorded = pd.DataFrame({"day": np.floor(table["day"].astype(float)), "phase": phases})
    draws = recorded.groupby([table[name] for name in DRAW], sort=False)
    return (draws[["day", "phase"]].transform("nunique") > 1).any(axis=1)


def _share_times(table: pd.DataFrame) -> pd.DataFrame:
    """Give the rows of a draw the day, and the hours, that all of its other rows agree on."""
    by = [table[name] for name in DRAW]
    shared = {}
    for column in ("day", "hours_post_dose"):
        recorded = table[column].astype(float)
        compared = np.floor(recorded) if column == "day" else recorded
        agree = compared.groupby(by, sort=False).transform("nunique") == 1
        first = recorded.groupby(by, sort=False).transform("first")
        shared[column] = recorded.fillna(first.where(agree))
    return table.assign(**shared)


def _placed(
    key: tuple,
    dosing: Mapping[str, Dosing],
    notes: Mapping[tuple, DrawNote],
    settings: VisitSettings,
) -> PlacedDraw:
    patient, specimen, visit, timepoint, day, hours = key
    draw = dict(zip(DRAW, (patient, specimen, visit, timepoint), strict=True))
    taken = dosing.get(patient, Dosing())
    placed = place_draw(visit, timepoint, day, hours, taken, note_of(notes, draw), settings)
    if patient in dosing:
        return placed
    how_known = placed.how_known
    return PlacedDraw(placed.day, how_known, UNASSIGNED, flags=(how_known,) if how_known else ())
