"""Whether a blot's signal follows the amount of protein, by its dilution series."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from correlates.assays.protein.lanes import DILUTION, BlotMarker
from correlates.assays.protein.settings import WesternSettings

OWN, OTHER_BLOT, NOT_SHOWN, NOT_LINEAR = (
    "",
    "linearity_of_other_blot",
    "linearity_not_shown",
    "not_linear",
)


@dataclass(frozen=True)
class Linearity:
    """What a dilution series shows.

    Parameters
    ----------
    n
        Different amounts in the series, without refused lanes.
    r2
        Of the straight line of signal on amount; NaN with fewer than three.
    slope
        Signal per microgram.
    low, high
        Signals of the smallest and the largest amount: outside of them nothing was shown.
    passed
        True or False; None where there is no series to judge.
    source
        Empty for the blot's own; a flag where it is another blot's, or there is none.
    """

    n: int = 0
    r2: float = math.nan
    slope: float = math.nan
    low: float = math.nan
    high: float = math.nan
    passed: bool | None = None
    source: str = NOT_SHOWN


def linearity_of(series: BlotMarker, settings: WesternSettings) -> Linearity:
    """Judge the dilution series of one marker on one blot.

    Returns
    -------
    Fitted by least squares on signal against micrograms, with an intercept, at least
    ``min_dilutions`` different amounts. A series whose signal falls with the amount fails whatever
    its R2. Saturated lanes are no part of it: a series that needs them is too short.
    """
    lanes = [
        lane.row
        for lane in series.of_role(DILUTION)
        if not lane.refused and lane.row.get("load_ug") is not None
    ]
    if not series.of_role(DILUTION):
        return Linearity()
    amounts = np.array([row["load_ug"] for row in lanes], dtype=float)
    signals = np.array([row["band"] for row in lanes], dtype=float)
    n = len(set(amounts.tolist()))
    if n < settings.min_dilutions:
        return Linearity(n, passed=False, source=OWN)
    slope, r2 = straight_line(amounts, signals)
    passed = bool(r2 >= settings.min_r2 and slope > 0)
    return Linearity(n, r2, slope, float(signals.min()), float(signals.max()), passed, OWN)


def straight_line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return slope and R2 of the least-squares line, shape (n,) each; R2 is 0 for a constant y."""
    dx, dy = x - x.mean(), y - y.mean()
    sxx, syy, sxy = float(dx @ dx), float(dy @ dy), float(dx @ dy)
    if sxx == 0:
        return math.nan, math.nan
    return sxy / sxx, (sxy**2 / (sxx * syy) if syy > 0 else 0.0)


def linearities(
    blots: Iterable[BlotMarker], settings: WesternSettings
) -> dict[tuple[str, str], Linearity]:
    """Judge every marker of every blot, by its own series or by those of other blots.

    Returns
    -------
    By blot and marker. A blot without a series takes the marker's shortest range that passed on
    another blot, and is flagged; where no blot has one, linearity was not shown.
    """
    blots = list(blots)
    own = {(one.blot, one.marker): linearity_of(one, settings) for one in blots}
    found = {}
    for key, one in own.items():
        found[key] = one if one.passed is not None else _borrowed(key[1], own)
    return found


def _borrowed(marker: str, own: Mapping[tuple[str, str], Linearity]) -> Linearity:
    passed = [one for (_, of), one in own.items() if of == marker and one.passed]
    if not passed:
        return Linearity()
    r2 = min(one.r2 for one in passed)
    # Signals of two blots are on scales of their own, so no range is taken over.
    return Linearity(min(one.n for one in passed), r2, passed=True, source=OTHER_BLOT)


def flags_of(linearity: Linearity, bands: Sequence[float]) -> list[str]:
    """Return what must be said of bands under this linearity."""
    flags = [linearity.source] if linearity.source else []
    known = not math.isnan(linearity.low)
    if known and any(band < linearity.low or band > linearity.high for band in bands):
        flags.append("outside_linear_range")
    return flags
