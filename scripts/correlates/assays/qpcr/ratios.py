"""Quantities and ratios of them on the log2 scale, and the two special cases in common use."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


def log2_quantity(log2_efficiency: float, cq: float, cq_calibrator: float = 0.0) -> float:
    """Log2 of ``E^(Cq_cal - Cq)``.

    Parameters
    ----------
    log2_efficiency
        Doublings a cycle: 1 for perfect doubling.
    cq, cq_calibrator
        Of the sample and of what it is relative to, in cycles.

    Returns
    -------
    Log2 of the quantity relative to the calibrator.
    """
    return log2_efficiency * (cq_calibrator - cq)


def pfaffl_ratio(
    efficiency_target: float, delta_target: float, efficiency_ref: float, delta_ref: float
) -> float:
    """Ratio of a target to one reference gene, each with its own efficiency.

    Parameters
    ----------
    efficiency_target, efficiency_ref
        Factors a cycle, 2 for perfect doubling.
    delta_target, delta_ref
        Cq of the control minus Cq of the treated sample, in cycles.

    Returns
    -------
    ``E_t^delta_t / E_r^delta_r``: how many times more target the treated sample has.

    Notes
    -----
    Source: Pfaffl, Nucleic Acids Res 2001;29:e45.
    """
    target = log2_quantity(math.log2(efficiency_target), 0.0, delta_target)
    return 2 ** (target - log2_quantity(math.log2(efficiency_ref), 0.0, delta_ref))


@dataclass(frozen=True)
class DeltaDelta:
    """A ratio by the delta-delta-Cq method: 2^-ddcq, and its range."""

    ddcq: float
    ratio: float
    low: float
    high: float


def delta_delta_cq(
    target_treated: Sequence[float],
    ref_treated: Sequence[float],
    target_control: Sequence[float],
    ref_control: Sequence[float],
) -> DeltaDelta:
    """Ratio by the delta-delta-Cq method, which is the special case of efficiencies of 2.

    Parameters
    ----------
    target_treated, ref_treated, target_control, ref_control
        Cq of the wells, in cycles; at least two each of the treated sample.

    Returns
    -------
    The ratio, with the range of the method's authors: one standard deviation of the treated
    sample's delta Cq to each side. The control counts as known there, so that this is no confidence
    interval, and it is narrower than one.

    Notes
    -----
    Source: Livak and Schmittgen, Methods 2001;25:402.
    """
    treated = np.mean(target_treated) - np.mean(ref_treated)
    ddcq = float(treated - (np.mean(target_control) - np.mean(ref_control)))
    spread = math.hypot(np.std(target_treated, ddof=1), np.std(ref_treated, ddof=1))
    return DeltaDelta(ddcq, 2**-ddcq, 2 ** -(ddcq + spread), 2 ** -(ddcq - spread))
