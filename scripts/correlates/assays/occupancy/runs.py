"""Runs judged by their controls, and what controls vary by between runs."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean, median

from correlates.assays.occupancy.readings import FLOW, Reading
from correlates.assays.occupancy.settings import OccupancySettings
from correlates.assays.quality import FAIL, FLAG, Reason, control_row, run_row

ASSAY = "occupancy"
# Of two runs that differ nothing tells which one is off.
_FEWEST_TO_JUDGE = 3
_PARTS = ("free", "total", "free per total")


def control_values(controls: Iterable[Reading]) -> dict[tuple, dict[str, float]]:
    """Return what each control showed in each run.

    Parameters
    ----------
    controls
        Readings of controls and of untreated donors.

    Returns
    -------
    By assay, target with cells, part (``free``, ``total``, ``free per total``) and control: the
    value by run.
    """
    found: dict[tuple, dict[str, float]] = {}
    for one in controls:
        total = one.total.value if one.total is not None else None
        free = one.free.value if one.free is not None else None
        ratio = free / total if free is not None and total else None
        for part, value in zip(_PARTS, (free, total, ratio), strict=True):
            if value is not None:
                key = one.assay, _analyte(one), part, control_name(one), one.target
                found.setdefault(key, {})[one.run] = value
    return found


def control_name(one: Reading) -> str:
    """Return what a control is called in every run; a donor of flow without its batch."""
    return one.sample.removesuffix(f"_{one.run}") if one.assay == FLOW else one.sample


def control_rows(values: Mapping[tuple, Mapping[str, float]], limit_pct: float) -> list[dict]:
    """Return the rows of the table of controls."""
    return [
        control_row(ASSAY, f"{analyte} {part}", control, list(by_run.values()), limit_pct)
        for (_, analyte, part, control, _), by_run in values.items()
    ]


def run_reasons(
    values: Mapping[tuple, Mapping[str, float]], settings: OccupancySettings
) -> dict[tuple[str, str, str], list[Reason]]:
    """Return why runs do not pass, by run, assay and target.

    A control that lies too far from the median of at least three runs fails its run; of two runs
    that differ by as much both are flagged.
    """
    reasons: dict[tuple[str, str, str], list[Reason]] = {}
    limit = settings.max_control_deviation_pct
    for (assay, _, part, control, target), by_run in values.items():
        middle = median(by_run.values())
        if len(by_run) < 2 or middle <= 0 or part == _PARTS[2]:
            continue
        for run, value in by_run.items():
            off = 100 * (value - middle) / middle
            if abs(off) <= limit:
                continue
            verdict = FAIL if len(by_run) >= _FEWEST_TO_JUDGE else FLAG
            words = (
                f"{control}: the {part} signal of {target.upper()} is {off:+.0f} % from the median "
                f"of {len(by_run)} runs, {limit:g} % are allowed."
            )
            reasons.setdefault((run, assay, target), []).append(Reason(verdict, words))
    return reasons


def blank_reasons(
    blanks: Mapping[tuple, Sequence[float]], readings: Iterable[Reading]
) -> dict[tuple[str, str, str], list[Reason]]:
    """Return which runs have blanks that would be quantified, by run, assay and target.

    Parameters
    ----------
    blanks
        Free signal of the blank wells, by run, target and assay.
    readings
        Of patients: of concentrations, whose calibration has taken the blank away, the limit.
    """
    limits = {
        (one.run, one.target, one.assay): one.lloq_free
        for one in readings
        if one.is_calibrated and one.lloq_free is not None
    }
    found: dict[tuple[str, str, str], list[Reason]] = {}
    for (run, target, assay), limit in limits.items():
        values = blanks.get((run, target, assay), ())
        if values and fmean(values) > limit:
            words = (
                f"Blanks of {target.upper()} read {fmean(values):.3g}, above the LLOQ {limit:g}."
            )
            found[run, assay, target] = [Reason(FLAG, words)]
    return found


def failed_runs(reasons: Mapping[tuple, Sequence[Reason]]) -> set[tuple[str, str, str]]:
    """Return run, assay and target of what failed."""
    return {key for key, of in reasons.items() if any(one.verdict == FAIL for one in of)}


def run_rows(
    readings: Iterable[Reading],
    reasons: Mapping[tuple, Sequence[Reason]],
    replicate_cv: Mapping[tuple, float],
    watched: set[tuple[str, str]],
) -> list[dict]:
    """Return the rows of the table of runs.

    Parameters
    ----------
    readings
        Of patients.
    reasons
        As `run_reasons` gives them.
    replicate_cv
        By run, target and assay.
    watched
        Run and assay of every control.
    """
    counts: dict[tuple[str, str], set] = {}
    for one in readings:
        counts.setdefault((one.run, one.assay), set()).add(one.draw)
    rows = []
    for (run, assay), draws in counts.items():
        of = [
            reason
            for (name, other, _), several in reasons.items()
            if (name, other) == (run, assay)
            for reason in several
        ]
        if (run, assay) not in watched and assay != FLOW:
            of.append(Reason(FLAG, "The run has no control: add wells of role control."))
        cvs = {
            target: cv
            for (name, target, other), cv in replicate_cv.items()
            if (name, other) == (run, assay)
        }
        details = [f"replicates of {name.upper()}: CV {100 * cv:.1f} %" for name, cv in cvs.items()]
        rows.append(run_row(ASSAY, run, of, len(draws), "; ".join([assay, *details])))
    return rows


def _analyte(one: Reading) -> str:
    return f"{one.target} {one.cell}".strip()
