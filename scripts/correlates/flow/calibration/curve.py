"""From the peaks of beads to equivalents of soluble fluorochrome (MESF): the curve and its verdict.

Source: reference 1.5: ``log10(MESF) = a + b log10(MFI)`` through four peaks or more, accepted where
the slope is close to 1 and every peak is calculated back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

ACCEPTED, REJECTED = "accepted", "rejected"


@dataclass(frozen=True)
class CurveLimits:
    """When a curve is accepted; the names are those of the config's ``flow.calibration``.

    Parameters
    ----------
    min_peaks
        Fewest peaks that the line goes through.
    slope_min, slope_max
        What the slope lies between.
    max_error_pct
        Largest error of a peak that is calculated back, in percent of its MESF.
    """

    min_peaks: int
    slope_min: float
    slope_max: float
    max_error_pct: float


@dataclass(frozen=True)
class Curve:
    """A fitted line, or why there is none.

    Parameters
    ----------
    verdict
        ``accepted`` or ``rejected``.
    code, reason
        Why it was rejected: a flag, and a sentence.
    slope, intercept
        Of log10(MESF) on log10(MFI); missing where no line could be laid.
    errors_pct
        Error of each peak that is calculated back, in percent; missing of one that is not used.
    mfi_low, mfi_high
        Between which intensities the line rests on peaks.
    """

    verdict: str
    code: str = ""
    reason: str = ""
    slope: float = np.nan
    intercept: float = np.nan
    errors_pct: tuple[float, ...] = field(default_factory=tuple)
    mfi_low: float = np.nan
    mfi_high: float = np.nan

    @property
    def max_error_pct(self) -> float:
        """The largest of the errors."""
        known = np.abs([error for error in self.errors_pct if not np.isnan(error)])
        return float(known.max()) if len(known) else np.nan


def fit_curve(
    mfi: Sequence[float],
    mesf: Sequence[float],
    is_off_scale: Sequence[bool],
    limits: CurveLimits,
) -> Curve:
    """Lay the line through the peaks of one channel.

    Parameters
    ----------
    mfi
        Linear medians of the peaks that were found, dimmest first.
    mesf
        What the lot's sheet says of each peak, dimmest first; blank beads have 0 and are not on the
        line.
    is_off_scale
        Peaks at the end of the detector, which are not on the line either.
    limits
        When it is accepted.
    """
    if len(mfi) != len(mesf):
        reason = f"{len(mfi)} peaks were found and the sheet has {len(mesf)} of this lot"
        return Curve(REJECTED, "calibration_peaks_differ", reason)
    x, y = np.array(mfi, float), np.array(mesf, float)
    used = (x > 0) & (y > 0) & ~np.array(is_off_scale, bool)
    if used.sum() < limits.min_peaks:
        reason = f"{used.sum()} peaks are above zero and on scale; {limits.min_peaks} are needed"
        return Curve(REJECTED, "calibration_few_peaks", reason)
    design = np.column_stack([np.ones(used.sum()), np.log10(x[used])])
    (intercept, slope), *_ = np.linalg.lstsq(design, np.log10(y[used]), rcond=None)
    errors = np.full(len(x), np.nan)
    errors[used] = 100 * (10 ** (intercept + slope * np.log10(x[used])) / y[used] - 1)
    line = {
        "slope": float(slope),
        "intercept": float(intercept),
        "errors_pct": tuple(map(float, errors)),
        "mfi_low": float(x[used].min()),
        "mfi_high": float(x[used].max()),
    }
    if not limits.slope_min <= slope <= limits.slope_max:
        wanted = f"{limits.slope_min:g} to {limits.slope_max:g}"
        reason = f"the slope is {slope:.3f} and not {wanted}"
        return Curve(REJECTED, "calibration_slope", reason, **line)
    worst = float(np.nanmax(np.abs(errors)))
    if worst > limits.max_error_pct:
        reason = (
            f"a peak is calculated back with an error of {worst:.1f} %, more than "
            f"{limits.max_error_pct:g} %"
        )
        return Curve(REJECTED, "calibration_error", reason, **line)
    return Curve(ACCEPTED, **line)


def mesf_of(mfi, slope, intercept) -> np.ndarray:
    """Return the MESF of linear intensities; 0 of what is not above zero, NaN stays NaN."""
    mfi = np.asarray(mfi, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = 10 ** (intercept + slope * np.log10(np.where(mfi > 0, mfi, np.nan)))
    return np.where(mfi <= 0, 0.0, found)
