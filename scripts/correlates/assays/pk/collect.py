"""All of the pk sheet: concentrations, exposure, verdicts, and what gives neither."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from correlates.assays.left_out import left_out, row_left_out
from correlates.assays.pk.measure import (
    ASSAY,
    RUN_FAILED,
    concentration_rows,
    exposure_rows,
    unread_rows,
)
from correlates.assays.pk.nca import EXPOSURES, Exposure, NcaSettings, analyse
from correlates.assays.pk.profiles import (
    TIME_NOMINAL,
    TIME_OFF,
    Point,
    Profile,
    gather,
    is_of_patient,
    read_points,
)
from correlates.assays.pk.runs import (
    Control,
    RunSettings,
    control_rows,
    judge_run,
    read_controls,
)
from correlates.assays.quality import FAIL, FLAG, Reason, run_row, sample_row, verdict_of

SAMPLE_LEFT_OUT = "sample_left_out"
PROFILE_COLUMNS = (
    *("patient", "visit", "specimen", "analyte", "kind", "route", "dose_mg", "fed", "runs"),
    *("n_samples", "n_quantified", "cmax_ng_ml", "tmax_h", "c0_ng_ml", "auc_last_ng_h_ml"),
    *("auc_tau_ng_h_ml", "auc_inf_ng_h_ml", "extrapolated", "lambda_z_per_h", "half_life_h"),
    *("slope_points", "slope_first_h", "slope_last_h", "r2_adj", "span_half_lives"),
    *("not_evaluable", "flags"),
)
_WORDS = {
    TIME_NOMINAL: "The time of the draw was not recorded; the planned one is used.",
    TIME_OFF: "The draw was far from its planned time; the recorded one is used.",
}


@dataclass
class PkResults:
    """What comes of the sheets.

    Parameters
    ----------
    measurements, left_out, runs, samples, controls
        Rows of the tables that every assay writes.
    profiles
        Rows of PROFILE_COLUMNS.
    order
        What `layouts.draw_run_order` draws.
    analysed
        The profiles, for the figure.
    """

    measurements: list[dict] = field(default_factory=list)
    left_out: list[dict] = field(default_factory=list)
    runs: list[dict] = field(default_factory=list)
    samples: list[dict] = field(default_factory=list)
    controls: list[dict] = field(default_factory=list)
    profiles: list[dict] = field(default_factory=list)
    order: list[dict] = field(default_factory=list)
    analysed: list[tuple[Profile, Exposure]] = field(default_factory=list)


def measure_pk(
    rows: Iterable[Mapping],
    refused: Iterable[Mapping],
    nca: NcaSettings,
    limits: RunSettings,
) -> PkResults:
    """Measure concentrations and exposure.

    Parameters
    ----------
    rows, refused
        Good rows of the sheets, and those that were left out when they were read.
    nca, limits
        Settings of the analysis and of the runs.
    """
    rows, found = list(rows), PkResults()
    controls, unread = read_controls(rows, limits)
    points, unreadable = read_points(rows)
    failed = _judge_runs(found, rows, controls, limits)
    points, repeated = _one_an_analyte(points, failed)
    whole, outside = gather(points)
    profiles = [_without(profile, failed) for profile in whole]
    lost = [*refused, *(one["row"] for one in unreadable)]
    lost += [one.row for one in points if one.row.get("run") in failed]
    found.analysed = [
        (shown if shown.points else profile, _analysed(shown, nca, lost))
        for profile, shown in zip(whole, profiles, strict=True)
    ]
    found.measurements = concentration_rows(_one_a_draw(points), failed)
    found.measurements += _unread(unreadable, points)
    found.measurements += exposure_rows(found.analysed, nca.rule)
    found.left_out = [
        _left_out("sample" if is_of_patient(one["row"]) else "control", one)
        for one in (*unread, *unreadable, *repeated)
    ]
    found.left_out += [_left_out("point of a profile", one) for one in outside]
    found.left_out += [_lost(one) for one, shown in found.analysed if RUN_FAILED in _flags(shown)]
    found.samples = [_sample(point, failed) for point in points]
    accepted = [one for one in controls if one.run not in failed]
    found.controls = control_rows(accepted, limits)
    found.profiles = [_profile_row(*one) for one in found.analysed]
    found.order = _order(controls, limits)
    return found


def _one_an_analyte(points: list[Point], failed: Iterable[str]) -> tuple[list[Point], list[dict]]:
    """Keep one measurement of an analyte in a draw of a profile: the first of a run that passed.

    A draw may end one profile and begin the next: it then stands in both.
    """
    groups: dict[tuple, list[Point]] = {}
    for point in points:
        profile = point.row.get("profile") or point.row["visit"]
        groups.setdefault((*_draw_of(point.row), profile), []).append(point)
    refused, kept = [], set()
    for own in groups.values():
        best = next((one for one in own if one.row.get("run") not in failed), own[0])
        kept.add(id(best))
        reason = f"row {best.row.get('row')}, of the same draw and analyte, is used"
        refused += [{"row": one.row, "reason": reason} for one in own if one is not best]
    return [point for point in points if id(point) in kept], refused


def _one_a_draw(points: list[Point]) -> list[Point]:
    """Return the points whose concentrations are rows of their own: one a draw and analyte."""
    return list({_draw_of(point.row): point for point in reversed(points)}.values())[::-1]


def _draw_of(row: Mapping) -> tuple:
    names = ("patient", "visit", "timepoint", "specimen", "analyte")
    return tuple(row.get(name) for name in names)


def _unread(unreadable: list[dict], points: list[Point]) -> list[dict]:
    """Keep a row of each draw whose concentration was not read, unless another one was."""
    read = {_draw_of(point.row) for point in points}
    rows = {_draw_of(one["row"]): one["row"] for one in unreadable}
    return unread_rows(row for draw, row in rows.items() if draw not in read)


def _judge_runs(
    found: PkResults, rows: list[Mapping], controls: list[Control], limits: RunSettings
) -> set[str]:
    """Judge every run, and return those that failed."""
    failed = set()
    for run in dict.fromkeys(row.get("run") or "" for row in rows):
        own = [row for row in rows if (row.get("run") or "") == run]
        reasons = judge_run(run, own, controls, limits)
        if not run:
            reasons = [Reason(FLAG, "The run is not named: nothing tells its accuracy.")]
        elif verdict_of(reasons)[0] == FAIL:
            failed.add(run)
        n = sum(is_of_patient(row) for row in own)
        found.runs.append(run_row(ASSAY, run, reasons, n, _details(run, controls)))
    return failed


def _details(run: str, controls: list[Control]) -> str:
    said = []
    own = [one for one in controls if one.run == run]
    for analyte in dict.fromkeys(one.analyte for one in own):
        for role, words in (("qc", "quality controls"), ("standard", "standards")):
            of_role = [one for one in own if (one.analyte, one.role) == (analyte, role)]
            within = sum(one.is_within for one in of_role)
            said += [f"{analyte}: {within} of {len(of_role)} {words} within"] if of_role else []
    return "; ".join(said)


def _analysed(profile: Profile, nca: NcaSettings, lost: Iterable[Mapping]) -> Exposure:
    if not profile.points:
        found = Exposure()
        for name in EXPOSURES:
            found.refuse(RUN_FAILED, "the run failed", name)
        return found
    found = analyse(profile.curve, nca)
    key = profile.patient, profile.visit, profile.analyte
    if any(
        (row.get("patient"), row.get("profile") or row.get("visit"), row.get("analyte")) == key
        for row in lost
    ):
        names = ("cmax", "tmax", "auc_last", "auc_tau", "auc_inf")
        found.flag(SAMPLE_LEFT_OUT, *names)
    return found


def _without(profile: Profile, failed: Iterable[str]) -> Profile:
    """Return a profile without the points of runs that failed."""
    kept = tuple(point for point in profile.points if point.row.get("run") not in failed)
    return replace(profile, points=kept)


def _flags(found: Exposure) -> set[str]:
    return {flag for listed in found.flags.values() for flag in listed}


def _lost(profile: Profile) -> dict:
    """Tell of a profile of which a failed run left nothing."""
    reason = f"Run {profile.runs} failed: none of its concentrations is used; measure them again"
    whose = profile.patient, profile.visit
    return left_out("profile", profile.analyte, reason, *whose, "not_evaluable")


def _left_out(what: str, one: Mapping) -> dict:
    row = one["row"]
    hours = row.get("actual_h") if row.get("nominal_h") is None else row.get("nominal_h")
    at = "" if hours is None else f" at {hours:g} h"
    return row_left_out(what, f"{row['analyte']}{at}", one["reason"], row)


def _sample(point: Point, failed: Iterable[str]) -> dict:
    row = point.row
    reasons = [Reason(FLAG, _WORDS[flag]) for flag in point.flags]
    if row.get("run") in failed:
        reasons.append(Reason(FAIL, f"Its run {row['run']} failed ({RUN_FAILED})."))
    return sample_row(ASSAY, row.get("run") or "", row, reasons, row["analyte"])


def _profile_row(profile: Profile, found: Exposure) -> dict:
    slope = found.slope
    why = [f"{name}: {reason}" for name, reason in found.why.items()]
    flags = [f"{name}: {flag}" for name, listed in found.flags.items() for flag in listed]
    row = {
        **{name: getattr(profile, name) for name in PROFILE_COLUMNS[:9]},
        **{"n_samples": len(profile.points), "n_quantified": found.n_quantified},
        **{"cmax_ng_ml": found.cmax, "tmax_h": found.tmax, "c0_ng_ml": found.c0},
        **{"auc_last_ng_h_ml": found.auc_last, "auc_tau_ng_h_ml": found.auc_tau},
        **{"auc_inf_ng_h_ml": found.auc_inf, "extrapolated": found.extrapolated},
        **{"half_life_h": found.half_life, "not_evaluable": "; ".join(why)},
        "flags": "; ".join(flags),
        "fed": {True: "yes", False: "no"}.get(profile.fed),
    }
    if slope is not None:
        row |= {
            **{"lambda_z_per_h": slope.lambda_z, "slope_points": slope.n_points},
            **{"slope_first_h": slope.first_h, "slope_last_h": slope.last_h},
            **{"r2_adj": slope.r2_adj, "span_half_lives": slope.span},
        }
    return {
        name: f"{value:.8g}" if isinstance(value, float) else value for name, value in row.items()
    }


def _order(controls: list[Control], limits: RunSettings) -> list[dict]:
    """Return the deviation of each control from nominal, in the order of the runs."""
    return [
        {
            "run": one.run,
            "analyte": f"{one.analyte}, {one.role}",
            "value": one.bias_pct,
            "verdict": "pass" if one.is_within else "fail",
            "low": -limits.max_bias_pct,
            "high": limits.max_bias_pct,
        }
        for one in controls
    ]
