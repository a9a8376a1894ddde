"""Lanes of western blots: which exposure counts, which lanes are refused, what each lane gives."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from correlates.assays.protein.settings import WesternSettings

SAMPLE, CONTROL, DILUTION, BLANK = "sample", "control", "dilution", "blank"
SATURATED, NO_BAND, NO_STAIN = "saturated", "band_missing", "total_protein_missing"
OTHER_EXPOSURE, LOAD_OFF = "other_exposure", "load_off"
WHY = {
    SATURATED: "the band is saturated: its signal is a lower bound of an unknown amount",
    NO_BAND: "the band was not quantified",
    NO_STAIN: "the total-protein stain is missing or not above zero: nothing normalises it",
    OTHER_EXPOSURE: "another exposure of this blot and marker is the one that counts",
}
_OF_A_DRAW = ("patient", "visit", "timepoint", "specimen", "cell")


@dataclass(frozen=True)
class Lane:
    """One band of one lane.

    Parameters
    ----------
    row
        The row of the sheet.
    refused
        Why it is not used; empty where it is.
    log2_ratio
        log2(band / total-protein stain); NaN where refused, or where no band was seen.
    flags
        What a reader must know of it.
    """

    row: Mapping
    refused: str = ""
    log2_ratio: float = math.nan
    flags: tuple[str, ...] = ()

    @property
    def is_detected(self) -> bool:
        """Whether a band above the background was quantified."""
        return not self.refused and not math.isnan(self.log2_ratio)

    @property
    def unit(self) -> tuple[str, ...]:
        """What the lane holds, over all blots: a draw's cells, or a control material."""
        if self.row["role"] == SAMPLE:
            return (SAMPLE, *(str(self.row.get(name) or "") for name in _OF_A_DRAW))
        return (self.row["role"], str(self.row.get("material") or ""))


@dataclass(frozen=True)
class BlotMarker:
    """The lanes of one marker on one blot, of the exposure that counts.

    Parameters
    ----------
    blot, marker, exposure
        Which they are.
    lanes
        Lanes of that exposure, refused ones among them.
    others
        Lanes of the other exposures, all refused.
    """

    blot: str
    marker: str
    exposure: float | None
    lanes: Sequence[Lane]
    others: Sequence[Lane] = field(default=())

    def of_role(self, role: str) -> list[Lane]:
        """Return the lanes of one role."""
        return [lane for lane in self.lanes if lane.row["role"] == role]


def judge_lanes(rows: Iterable[Mapping], settings: WesternSettings) -> list[BlotMarker]:
    """Choose the exposure of each marker on each blot, and judge its lanes.

    Parameters
    ----------
    rows
        Of the sheet ``western``: ``blot``, ``lane``, ``role``, ``marker``, ``band``,
        ``total_protein_stain``, ``saturated``, ``exposure``, ``load_ug``.
    settings
        How far a lane's load may be off.

    Returns
    -------
    In order of blot and marker. Of several exposures the one with the fewest saturated bands among
    samples and controls counts, and of these the longest: lanes of different exposures are never
    mixed. A band at or below the background is kept and has no ratio.
    """
    by_marker: dict[tuple[str, str], dict[float | None, list[Mapping]]] = {}
    for row in rows:
        place = by_marker.setdefault((row["blot"], row["marker"]), {})
        place.setdefault(row.get("exposure"), []).append(row)
    return [
        _judged(blot, marker, exposures, settings)
        for (blot, marker), exposures in sorted(by_marker.items())
    ]


def _judged(
    blot: str, marker: str, exposures: Mapping[float | None, list[Mapping]], settings
) -> BlotMarker:
    chosen = min(
        exposures, key=lambda one: (_n_saturated(exposures[one]), -(one if one is not None else 0))
    )
    rows = exposures[chosen]
    loads = [one for row in rows if row["role"] in (SAMPLE, CONTROL) and (one := _stain(row))]
    usual = median(loads) if loads else math.nan
    lanes = [_lane(row, usual, settings.max_load_fold) for row in rows]
    others = [
        Lane(row, OTHER_EXPOSURE)
        for exposure, those in exposures.items()
        if exposure != chosen
        for row in those
    ]
    return BlotMarker(blot, marker, chosen, lanes, others)


def _n_saturated(rows: Sequence[Mapping]) -> int:
    return sum(bool(row.get("saturated")) for row in rows if row["role"] in (SAMPLE, CONTROL))


def _stain(row: Mapping) -> float | None:
    stain = row.get("total_protein_stain")
    return stain if stain is not None and stain > 0 else None


def _lane(row: Mapping, usual: float, max_fold: float) -> Lane:
    if row.get("saturated"):
        return Lane(row, SATURATED)
    if row.get("band") is None:
        return Lane(row, NO_BAND)
    stain = _stain(row)
    if stain is None:
        return Lane(row, NO_STAIN)
    # A dilution is loaded unequally by design.
    is_off = row["role"] in (SAMPLE, CONTROL) and not 1 / max_fold <= stain / usual <= max_fold
    flags = (LOAD_OFF,) if is_off else ()
    ratio = math.log2(row["band"] / stain) if row["band"] > 0 else math.nan
    return Lane(row, "", ratio, flags)
