"""Verdicts on runs and samples of an assay, and what controls vary by between runs."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import chdtri

from correlates.tables import write_tsv

PASS, FLAG, FAIL = "pass", "flag", "fail"
_SEVERITY = (PASS, FLAG, FAIL)
RUN_COLUMNS = ("assay", "run", "verdict", "reasons", "n_samples", "details")
SAMPLE_COLUMNS = (
    *("assay", "run", "sample", "patient", "visit", "timepoint", "specimen", "cell"),
    *("item", "verdict", "reasons"),
)
CONTROL_COLUMNS = (
    *("assay", "analyte", "control", "scale", "n_runs", "mean", "sd", "cv_pct", "cv_pct_low"),
    *("cv_pct_high", "limit_pct", "verdict", "reasons"),
)
LINEAR, LOG2 = "linear", "log2"
FEWEST_RUNS = 2
HIGHEST_CV_PCT = 1000.0


@dataclass(frozen=True)
class Reason:
    """Why a run or a sample does not pass.

    Parameters
    ----------
    verdict
        ``flag`` (used, and marked) or ``fail`` (not evaluable).
    words
        What is wrong, with its numbers, and what to do.
    """

    verdict: str
    words: str


def verdict_of(reasons: Iterable[Reason]) -> tuple[str, str]:
    """Return the worst verdict, ``pass`` without reasons, and all reasons in one text."""
    reasons = list(reasons)
    worst = max((one.verdict for one in reasons), key=_SEVERITY.index, default=PASS)
    return worst, " ".join(one.words for one in reasons)


def run_row(
    assay: str, run: str, reasons: Iterable[Reason], n_samples: int, details: str = ""
) -> dict:
    """Return the row of one run; ``details`` are its numbers, such as efficiencies of a plate."""
    verdict, words = verdict_of(reasons)
    return dict(zip(RUN_COLUMNS, (assay, run, verdict, words, n_samples, details), strict=True))


def sample_row(
    assay: str, run: str, draw: Mapping, reasons: Iterable[Reason], item: str = ""
) -> dict:
    """Return the row of one sample of a run.

    Parameters
    ----------
    assay, run
        Of what.
    draw
        A row that tells whose it is; its columns ``sample``, ``patient``, ``visit``,
        ``timepoint``, ``specimen`` and ``cell`` are used as far as it has them.
    reasons
        Why it does not pass; none if it does.
    item
        What of the sample is judged, such as a gene; empty for all of it.
    """
    verdict, words = verdict_of(reasons)
    whose = {name: draw.get(name) or "" for name in SAMPLE_COLUMNS[2:8]}
    rest = {"item": item, "verdict": verdict, "reasons": words}
    return {"assay": assay, "run": run} | whose | rest


def control_row(
    assay: str,
    analyte: str,
    control: str,
    values: Sequence[float],
    limit_pct: float,
    scale: str = LINEAR,
) -> dict:
    """Say by how much a control varies from run to run.

    Parameters
    ----------
    assay, analyte, control
        What was measured, in which control.
    values
        One value a run, shape (runs,): means of a run's replicates. On the scale ``log2`` these
        are logarithms, and the CV is that of the log-normal, ``100 sqrt(exp((s ln 2)^2) - 1)``.
    limit_pct
        Largest CV that passes.
    scale
        ``linear`` or ``log2``.

    Returns
    -------
    A row of `CONTROL_COLUMNS`: mean, SD and CV with its 95 % interval, which with two runs is
    wide (its upper end is empty where it is above 1,000 %); from one run no CV can be said.
    """
    values = np.asarray([value for value in values if value is not None], dtype=float)
    values = values[np.isfinite(values)]
    row = dict.fromkeys(CONTROL_COLUMNS) | {
        **{"assay": assay, "analyte": analyte, "control": control, "scale": scale},
        **{"n_runs": len(values), "limit_pct": limit_pct, "reasons": ""},
    }
    if len(values) < FEWEST_RUNS:
        words = f"{len(values)} run: a CV between runs needs {FEWEST_RUNS}."
        return row | {"verdict": FLAG, "reasons": words}
    mean, sd = float(values.mean()), float(values.std(ddof=1))
    row |= {"mean": mean, "sd": sd}
    if scale == LINEAR and mean <= 0:
        return row | {"verdict": FLAG, "reasons": "The mean is not above zero: it has no CV."}
    cv = _cv(sd, mean, scale)
    if scale == LOG2:
        cv_low, cv_high = (_cv(one, mean, scale) for one in _sd_interval(sd, len(values)))
    else:
        cv_low, cv_high = (100 * one for one in _cv_interval(sd / mean, len(values)))
    # A bound beyond this says that there is none, and an empty field says it better.
    cv_high = cv_high if cv_high <= HIGHEST_CV_PCT else None
    row |= {"cv_pct": cv, "cv_pct_low": cv_low, "cv_pct_high": cv_high}
    if cv > limit_pct:
        words = f"CV {cv:.1f} % is above {limit_pct:g} %."
        return row | {"verdict": FLAG, "reasons": words}
    return row | {"verdict": PASS}


def _cv(sd: float, mean: float, scale: str) -> float:
    if scale == LOG2:
        exponent = (sd * math.log(2)) ** 2
        # beyond this the number means nothing but "very large", and exp would overflow
        return 100 * math.sqrt(math.expm1(min(exponent, 50.0)))
    return 100 * sd / mean


def _sd_interval(sd: float, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a standard deviation of normal values (chi-squared)."""
    low, high = (sd * math.sqrt((n - 1) / one) for one in _chi_squared(n - 1))
    return low, high


def _cv_interval(cv: float, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a coefficient of variation of normal values.

    Notes
    -----
    The mean is estimated too, which an interval of the standard deviation alone leaves out: at a
    true CV of 40 % that one held it in 91 %. Source: Vangel, Am Stat 1996;50:21 (modified McKay).
    """
    df = n - 1
    squares = [((u + 2) / n - 1) * cv**2 + u / df for u in _chi_squared(df)]
    low, high = (cv / math.sqrt(one) if one > 0 else math.inf for one in squares)
    return low, high


def _chi_squared(df: int) -> tuple[float, float]:
    """Return the quantiles of chi-squared for a 95 % interval, the upper one first."""
    return float(chdtri(df, 0.025)), float(chdtri(df, 0.975))


def write_quality(
    paths: Mapping[str, str | Path],
    runs: Iterable[Mapping],
    samples: Iterable[Mapping],
    controls: Iterable[Mapping],
) -> None:
    """Write the three tables; ``paths`` names them ``runs``, ``samples`` and ``controls``."""
    for name, columns, rows in (
        ("runs", RUN_COLUMNS, runs),
        ("samples", SAMPLE_COLUMNS, samples),
        ("controls", CONTROL_COLUMNS, controls),
    ):
        write_tsv(paths[name], columns, (_written(row) for row in rows))


def _written(row: Mapping) -> dict:
    return {
        name: f"{value:.6g}" if isinstance(value, float) else value for name, value in row.items()
    }
