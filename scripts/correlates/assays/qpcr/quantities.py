"""Log2 quantities of a gene in a sample, calibrated between plates, with their errors."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from correlates.assays.qpcr.calibration import PlateLevel
from correlates.assays.qpcr.efficiency import Efficiency
from correlates.assays.qpcr.ratios import log2_quantity
from correlates.assays.qpcr.replicates import (
    BELOW_LOD,
    MEASURED,
    UNDETERMINED,
    UNUSABLE,
    Replicates,
    WellScatter,
)

# The state of a gene that has no wells in a sample.
ABSENT = "absent"


@dataclass(frozen=True)
class GeneSeries:
    """All that is known of one gene over the plates: what its quantities are computed from.

    ``groups`` are its samples, by plate and sample; ``levels`` those of its calibrators by plate. A
    gene whose calibrators all failed ``has_calibrators`` and no level, and no value either.
    """

    gene: str
    efficiency: Efficiency
    groups: Mapping[tuple[str, str], Replicates]
    scatter: WellScatter | None
    levels: Mapping[str, PlateLevel]
    lod_cq: float
    has_calibrators: bool = False

    @cached_property
    def of_samples(self) -> dict[str, dict[str, Replicates]]:
        """Replicates by sample, and of each sample by plate."""
        found: dict[str, dict[str, Replicates]] = {}
        for (plate, sample), group in self.groups.items():
            found.setdefault(sample, {})[plate] = group
        return found

    @cached_property
    def centre(self) -> float:
        """Mean Cq about which an error of the efficiency turns, where no calibrator gives one."""
        cqs = [one.cq for one in self.groups.values() if one.state == MEASURED]
        return sum(cqs) / len(cqs) if cqs else 0.0


@dataclass(frozen=True)
class Quantity:
    """Log2 quantity of a gene in a sample, relative to the calibrators where there are any.

    ``log2`` is None where nothing was measured; ``limit`` is the log2 quantity at the LOD Cq.
    ``variance`` is that of log2, in ``parts`` of variance and degrees of freedom.
    """

    gene: str
    sample: str
    state: str
    log2: float | None = None
    limit: float | None = None
    parts: tuple[tuple[float, float], ...] = ()
    n: int = 0
    plates: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    reason: str = ""
    cqs: Mapping[str, float] = field(default_factory=dict)

    @property
    def variance(self) -> float:
        """Variance of log2."""
        return sum(part for part, _ in self.parts)


def quantify(series: GeneSeries, sample: str, *, with_efficiency_error: bool) -> Quantity:
    """Compute the log2 quantity of a gene in one sample.

    Parameters
    ----------
    series
        Of the gene.
    sample
        Its name.
    with_efficiency_error
        Whether the error of the efficiency is part of the variance.

    Returns
    -------
    The quantity: ``log2 E * (Cq_cal - Cq)``, with Cq_cal the mean of the plate's calibrators, or 0
    where the gene has none on any plate. A sample on several plates has the mean of what they give.
    """
    of_plates = series.of_samples.get(sample, {})
    if not of_plates:
        return Quantity(series.gene, sample, ABSENT, reason="not measured in this sample")
    if not series.efficiency.is_accepted:
        reason = f"efficiency: {series.efficiency.reason}"
        return _unusable(series, sample, of_plates, reason, "efficiency_not_accepted")
    uncalibrated = [
        plate for plate in of_plates if series.has_calibrators and plate not in series.levels
    ]
    calibrated = {plate: one for plate, one in of_plates.items() if plate not in uncalibrated}
    if not calibrated:
        own = dict.fromkeys(one.reason for one in of_plates.values() if one.reason)
        reason = "; ".join([*own, "its plate lacks a usable inter-plate calibrator of this gene"])
        return _unusable(series, sample, of_plates, reason, "plate_without_calibrator")
    for state in (MEASURED, BELOW_LOD, UNDETERMINED, UNUSABLE):
        chosen = {plate: one for plate, one in calibrated.items() if one.state == state}
        if chosen:
            break
    if state == UNUSABLE:
        reasons = dict.fromkeys(one.reason for one in chosen.values())
        return _unusable(series, sample, of_plates, "; ".join(reasons))
    flags = dict.fromkeys(flag for one in chosen.values() for flag in one.flags)
    if len(chosen) < len(of_plates):
        flags["a_plate_left_out"] = None
    return _of_plates(series, sample, state, chosen, tuple(flags), with_efficiency_error)


def _unusable(
    series: GeneSeries, sample: str, groups: Mapping[str, Replicates], reason: str, code: str = ""
) -> Quantity:
    given = (flag for one in groups.values() for flag in one.flags)
    flags = tuple(dict.fromkeys([*given, *filter(None, [code])]))
    plates = tuple(sorted(groups))
    cqs = {plate: one.cq for plate, one in groups.items() if one.cq is not None}
    return Quantity(
        series.gene, sample, UNUSABLE, plates=plates, flags=flags, reason=reason, cqs=cqs
    )


def _of_plates(
    series: GeneSeries,
    sample: str,
    state: str,
    groups: Mapping[str, Replicates],
    flags: tuple[str, ...],
    with_efficiency_error: bool,
) -> Quantity:
    """Average what the plates give, and add up the errors."""
    log2_e, count = series.efficiency.log2, len(groups)
    levels = [series.levels.get(plate) for plate in groups]
    starts = [level.cq if level else 0.0 for level in levels]
    limits = [log2_quantity(log2_e, series.lod_cq, start) for start in starts]
    limit = sum(limits) / count
    if state == UNDETERMINED:
        return Quantity(
            series.gene, sample, state, limit=limit, plates=tuple(sorted(groups)), flags=flags
        )
    cqs = [one.cq for one in groups.values()]
    values = [log2_quantity(log2_e, cq, start) for cq, start in zip(cqs, starts, strict=True)]
    scale = (log2_e / count) ** 2
    parts = [_scaled(_own_error(series.scatter, one), scale) for one in groups.values()]
    parts += [(scale * level.variance, level.df) for level in levels if level]
    if with_efficiency_error and series.efficiency.log2_se:
        centres = [level.cq if level else series.centre for level in levels]
        distance = sum(cq - centre for cq, centre in zip(cqs, centres, strict=True)) / count
        parts.append(((distance * series.efficiency.log2_se) ** 2, series.efficiency.df))
    return Quantity(
        series.gene,
        sample,
        state,
        log2=sum(values) / count,
        limit=limit,
        parts=tuple(parts),
        n=sum(one.n for one in groups.values()),
        plates=tuple(sorted(groups)),
        flags=flags,
        cqs=dict(zip(groups, cqs, strict=True)),
    )


def _own_error(scatter: WellScatter | None, group: Replicates) -> tuple[float, float]:
    return scatter.variance_of_mean(group) if scatter else (math.nan, 0)


def _scaled(part: tuple[float, float], scale: float) -> tuple[float, float]:
    return part[0] * scale, part[1]


def satterthwaite(parts: Sequence[tuple[float, float]]) -> float:
    """Return the degrees of freedom of a sum of independent variances; infinite for none.

    Notes
    -----
    Source: Satterthwaite, Biometrics Bull 1946;2:110.
    """
    total = sum(part for part, _ in parts)
    spread = sum(part**2 / df for part, df in parts if df and part > 0)
    return total**2 / spread if spread else math.inf
