"""Inter-plate calibrators: what a plate's Cq of a gene is relative to."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from correlates.assays.qpcr.replicates import MEASURED, Replicates, WellScatter


@dataclass(frozen=True)
class PlateLevel:
    """Mean Cq of the calibrators of one gene on one plate, its variance and degrees of freedom."""

    cq: float
    variance: float
    df: int
    calibrators: tuple[str, ...]


def plate_levels(
    calibrators: Mapping[tuple[str, str], Replicates], scatter: WellScatter | None
) -> dict[str, PlateLevel]:
    """Return the level of each plate on which a gene can be calibrated.

    Parameters
    ----------
    calibrators
        Replicates of the calibrators of one gene, by plate and calibrator.
    scatter
        Of its wells.

    Returns
    -------
    Levels by plate. Every one is the mean of the same calibrators, those measured on most plates: a
    mean of others would lie elsewhere for no reason of the plate. A plate that lacks one of them
    has no level, and so have all plates of a gene without calibrators.
    """
    measured = {key: one for key, one in calibrators.items() if one.state == MEASURED}
    plates_of = {}
    for plate, name in measured:
        plates_of.setdefault(name, set()).add(plate)
    most = max(map(len, plates_of.values()), default=0)
    common = sorted(name for name, plates in plates_of.items() if len(plates) == most)
    plates = sorted({plate for plate, _ in measured})
    return {
        plate: _level([measured[plate, name] for name in common], common, scatter)
        for plate in plates
        if all((plate, name) in measured for name in common)
    }


def _level(groups: list[Replicates], names: list[str], scatter: WellScatter | None) -> PlateLevel:
    parts = [scatter.variance_of_mean(one) for one in groups] if scatter else [(math.nan, 0)]
    variance = sum(part for part, _ in parts) / len(groups) ** 2
    cq = sum(one.cq for one in groups) / len(groups)
    return PlateLevel(cq, variance, min(df for _, df in parts), tuple(names))
