"""Non-compartmental analysis of one profile, after a single dose or at steady state."""

from dataclasses import dataclass, field

import numpy as np

from correlates.assays.pk.areas import LIN_UP_LOG_DOWN, area, back_extrapolated, value_at
from correlates.assays.pk.slope import FEWEST_POINTS, Slope, terminal_slope

ORAL, IV_BOLUS, IV_INFUSION = "oral", "iv_bolus", "iv_infusion"
SINGLE, STEADY_STATE = "single", "steady_state"
# a sample taken earlier than this before tau is told of; minutes change nothing
_EARLY_H = 0.5
EXPOSURES = ("cmax", "tmax", "auc_last", "auc_tau", "auc_inf", "half_life")
# flags
ZERO_ASSUMED = "time_zero_assumed"
PREDOSE_FOR_TAU = "predose_for_tau"
TAU_FOR_PREDOSE = "tau_for_predose"
FROM_FIRST_SAMPLE = "area_from_first_sample"
TAU_EXTENDED = "tau_extended"
SHORT_SPAN = "span_below_limit"
CARRY_OVER = "predose_above_limit"
CMAX_FIRST = "cmax_is_first_point"
# flags of what is not evaluable
ALL_BLQ = "all_below_lloq"
NO_SLOPE = "no_terminal_slope"
POOR_SLOPE = "terminal_slope_poor"
EXTRAPOLATED = "auc_inf_extrapolated"
NO_TAU = "no_sample_at_tau"
FEW_SAMPLES = "few_samples_after_dose"


@dataclass(frozen=True)
class NcaSettings:
    """Limits of the analysis; the config's block ``pk.nca``.

    Parameters
    ----------
    rule
        ``linear`` or ``linear_up_log_down``.
    tau_h
        Dosing interval at steady state, hours.
    tau_window_h
        How far from tau a sample may lie and still be the one at tau.
    min_r2_adj
        Least adjusted R2 of a terminal slope.
    min_span
        Half-lives that the points of the slope should span; flagged below.
    max_extrapolated
        Largest share of AUCinf that may lie after the last sample.
    max_predose_share
        Largest share of Cmax before a single dose; flagged above.
    min_samples
        Fewest samples after the dose (at steady state within the interval) for an area.
    """

    rule: str = LIN_UP_LOG_DOWN
    tau_h: float = 24.0
    tau_window_h: float = 2.0
    min_r2_adj: float = 0.85
    min_span: float = 2.0
    max_extrapolated: float = 0.20
    max_predose_share: float = 0.05
    min_samples: int = 3


@dataclass(frozen=True)
class Curve:
    """Concentrations of one analyte after one dose, in the order of time.

    Parameters
    ----------
    times
        Actual hours since the dose; a sample before it stands at 0.
    concs
        Concentrations; None where below the limit of quantification.
    kind, route
        ``single`` or ``steady_state``; ``oral``, ``iv_bolus`` or ``iv_infusion``.
    """

    times: tuple[float, ...]
    concs: tuple[float | None, ...]
    kind: str = SINGLE
    route: str = ORAL


@dataclass
class Exposure:
    """What a profile gives; None where it gives nothing, and ``why`` names the rule.

    Concentrations and areas are in the unit of the concentrations (and hours), ``extrapolated`` is
    a share of 1. ``auc_inf_all`` is the AUCinf whatever share of it is extrapolated.
    """

    n_quantified: int = 0
    cmax: float | None = None
    tmax: float | None = None
    c0: float | None = None
    auc_last: float | None = None
    auc_tau: float | None = None
    auc_inf: float | None = None
    auc_inf_all: float | None = None
    extrapolated: float | None = None
    slope: Slope | None = None
    half_life: float | None = None
    flags: dict[str, list[str]] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)

    def flag(self, flag: str, *names: str) -> None:
        """Flag some of the parameters."""
        for name in names:
            self.flags.setdefault(name, []).append(flag)

    def refuse(self, flag: str, reason: str, name: str) -> None:
        """Say by which rule a parameter is not evaluable."""
        self.flag(flag, name)
        self.why[name] = reason


def analyse(curve: Curve, settings: NcaSettings | None = None) -> Exposure:
    """Compute the exposure of one profile.

    Parameters
    ----------
    curve
        The profile.
    settings
        Limits; the shipped ones if not given.

    Returns
    -------
    Cmax and Tmax stand wherever something was quantified after the dose, areas where enough was. A
    single dose has AUCinf, a profile at steady state AUC0-tau, and never both.

    Notes
    -----
    Below the limit of quantification before the first quantified point is 0, later ones are
    missing. Reference: AUCinf by the last *observed* concentration over lambda_z.
    """
    settings = settings or NcaSettings()
    found = Exposure(n_quantified=sum(conc is not None and conc > 0 for conc in curve.concs))
    if not found.n_quantified:
        reason = "no concentration is above the limit of quantification"
        for name in EXPOSURES:
            found.refuse(ALL_BLQ, reason, name)
        return found
    times, concs = _without_blq(curve)
    if max(times) <= 0:
        for name in EXPOSURES:
            found.refuse(FEW_SAMPLES, "no sample after the dose was quantified", name)
        return found
    peak = int(np.argmax(concs))
    found.cmax, found.tmax = concs[peak], times[peak]
    if curve.route == ORAL and peak == 0:
        found.flag(CMAX_FIRST, "cmax", "tmax")
    found.slope = terminal_slope(times, concs, includes_cmax=curve.route != ORAL)
    is_sound = _judge_slope(found, settings)
    area_name = "auc_tau" if curve.kind == STEADY_STATE else "auc_inf"
    reason = _too_few(times, curve.kind, settings)
    if reason:
        found.refuse(FEW_SAMPLES, reason, "auc_last")
        found.refuse(FEW_SAMPLES, reason, area_name)
        return found
    times, concs = _with_time_zero(curve, times, concs, found)
    found.auc_last = area(times, concs, settings.rule)
    if curve.kind == STEADY_STATE:
        _add_auc_tau(curve, times, concs, found, settings, is_sound)
        return found
    if times[0] == 0 and curve.route == ORAL and concs[0] > settings.max_predose_share * found.cmax:
        found.flag(CARRY_OVER, "auc_last", "auc_inf", "cmax")
    if not is_sound:
        found.refuse(*found.flags["half_life"], found.why["half_life"], "auc_inf")
        return found
    _add_auc_inf(concs[-1], found, settings)
    return found


def _without_blq(curve: Curve) -> tuple[list[float], list[float]]:
    """Return the points that are used: 0 before the first quantified one, no other unquantified."""
    times, concs, is_begun = [], [], False
    for time, conc in zip(curve.times, curve.concs, strict=True):
        is_quantified = conc is not None and conc > 0
        is_begun = is_begun or is_quantified
        if is_quantified or not is_begun:
            times.append(float(time))
            concs.append(float(conc or 0.0))
    return times, concs


def _too_few(times: list[float], kind: str, settings: NcaSettings) -> str:
    """Say that too few samples show what happened after the dose; empty if they are enough."""
    is_steady = kind == STEADY_STATE
    end = settings.tau_h + settings.tau_window_h if is_steady else np.inf
    n_after = sum(0 < time <= end for time in times)
    if n_after >= settings.min_samples:
        return ""
    within = f" and up to {settings.tau_h:g} h" if is_steady else ""
    return f"{n_after} samples after the dose{within}, fewer than {settings.min_samples}"


def _judge_slope(found: Exposure, settings: NcaSettings) -> bool:
    """Keep the half-life if the slope is good enough, or name the rule that it breaks."""
    slope = found.slope
    if slope is None:
        reason = (
            f"no terminal slope: fewer than {FEWEST_POINTS} quantified points after Tmax, or they "
            "do not fall"
        )
        found.refuse(NO_SLOPE, reason, "half_life")
        return False
    if slope.r2_adj < settings.min_r2_adj:
        reason = f"terminal slope: adjusted R2 {slope.r2_adj:.2f} is below {settings.min_r2_adj:g}"
        found.refuse(POOR_SLOPE, reason, "half_life")
        return False
    found.half_life = slope.half_life_h
    if slope.span < settings.min_span:
        found.flag(SHORT_SPAN, "half_life", "auc_inf")
    return True


def _with_time_zero(
    curve: Curve, times: list[float], concs: list[float], found: Exposure
) -> tuple[list[float], list[float]]:
    """Return the points with one at time 0, as far as something may stand there."""
    if curve.route == IV_BOLUS:
        after = [place for place, time in enumerate(times) if time > 0]
        times, concs = [times[i] for i in after], [concs[i] for i in after]
        found.c0 = back_extrapolated(times, concs)
        return [0.0, *times], [found.c0, *concs]
    if times[0] == 0:
        return times, concs
    if curve.kind == STEADY_STATE:
        # What was there before the dose is not known, and is not 0: the area begins where it is.
        found.flag(FROM_FIRST_SAMPLE, "auc_last")
        return times, concs
    found.flag(ZERO_ASSUMED, "auc_last", "auc_inf")
    return [0.0, *times], [0.0, *concs]


def _add_auc_inf(last: float, found: Exposure, settings: NcaSettings) -> None:
    tail = last / found.slope.lambda_z
    found.auc_inf_all = found.auc_last + tail
    found.extrapolated = tail / found.auc_inf_all
    if found.extrapolated > settings.max_extrapolated:
        reason = (
            f"{100 * found.extrapolated:.0f} % of AUCinf would be extrapolated, more than "
            f"{100 * settings.max_extrapolated:g} %"
        )
        found.refuse(EXTRAPOLATED, reason, "auc_inf")
        return
    found.auc_inf = found.auc_inf_all


def _add_auc_tau(
    curve: Curve,
    times: list[float],
    concs: list[float],
    found: Exposure,
    settings: NcaSettings,
    has_slope: bool,
) -> None:
    """Add the area over one dosing interval, with what stands at its ends."""
    times, concs, tau = list(times), list(concs), settings.tau_h
    slope = found.slope if has_slope else None
    end = _end_of_interval(curve, times, concs, settings, slope)
    predose = concs[0] if times[0] == 0 else None
    if end is None and predose == 0 and slope is not None:
        # Nothing above the limit before the dose is no measured 0 at tau: a straight line from the
        # last sample down to it would add hours that the drug was not there.
        end = _carried(times, concs, slope, tau)
    if end is None and not predose:
        before = "none" if predose is None else "the one before the dose is below the limit"
        before += " before the dose" if predose is None else ", with no slope to carry the curve on"
        reason = f"no sample within {settings.tau_window_h:g} h of {tau:g} h, and {before}"
        found.refuse(NO_TAU, reason, "auc_tau")
        return
    if end is None:
        found.flag(PREDOSE_FOR_TAU, "auc_tau")
        end = predose
    elif max(times) < tau - _EARLY_H:
        found.flag(TAU_EXTENDED, "auc_tau")
    if predose is None:
        found.flag(TAU_FOR_PREDOSE, "auc_tau")
        times, concs = [0.0, *times], [end, *concs]
    inside = [place for place, time in enumerate(times) if time < tau]
    times, concs = [times[i] for i in inside] + [tau], [concs[i] for i in inside] + [end]
    found.auc_tau = area(times, concs, settings.rule)


def _end_of_interval(
    curve: Curve,
    times: list[float],
    concs: list[float],
    settings: NcaSettings,
    slope: Slope | None,
) -> float | None:
    """Return the concentration at tau: interpolated, or carried there along the terminal slope."""
    tau = settings.tau_h
    near = [time for time in curve.times if abs(time - tau) <= settings.tau_window_h]
    if not near and max(times) < tau:
        return None
    if max(times) >= tau and times[0] <= tau:
        return value_at(tau, times, concs, settings.rule)
    if times[0] > tau:
        return concs[0] if times[0] <= tau + settings.tau_window_h else None
    # the sample at tau was taken a little early, or was below the limit of quantification
    if slope is not None:
        return _carried(times, concs, slope, tau)
    return concs[-1] if times[-1] >= tau - settings.tau_window_h else None


def _carried(times: list[float], concs: list[float], slope: Slope, to: float) -> float:
    """Return the concentration at a later time along the terminal slope, from the last one."""
    return concs[-1] * float(np.exp(-slope.lambda_z * (to - times[-1])))
