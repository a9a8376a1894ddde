"""The bridging controls of all batches as series, one for each population and statistic."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from correlates.flow.controls.limits import (
    NO_LIMITS,
    OUT,
    chart_limits,
    reach_of_limits,
    rules_broken,
    verdict,
)
from correlates.intake.acquisitions import SAMPLE, Acquisition
from correlates.intake.records import Plan

OUT_OF_LIMITS = "control_out_of_limits"
COLUMNS = (
    *("panel", "control", "lot", "population", "statistic", "batch", "acquisition"),
    *("value", "unit", "n", "n_others", "centre", "sd", "low3", "low2", "high2", "high3"),
    *("score", "rules", "cv_pct", "cv_limit_pct", "cv_verdict", "verdict", "reason"),
)
SERIES = ["panel", "control", "lot", "population", "statistic"]
# Limits further than this, in SD of the other batches, are told of: they find gross errors only.
_BLUNT = 6.0
_NO_CONTROL, _REFUSED, _FEW = "no_control", "control_refused", "too_few_events"


@dataclass(frozen=True)
class ControlSettings:
    """What the config says of control charts.

    Parameters
    ----------
    limits_from
        ``others`` or ``previous``: the batches that a batch is judged by.
    min_batches
        Fewest batches of a chart with limits.
    max_cv_pct
        Largest coefficient of variation over the batches, in percent, of ``major`` and of ``rare``
        populations.
    max_drift_pct
        How far the beads' brightest peak may lie from the mean of the other batches, in percent.
    rare_pct
        Share of the leukocytes below which a population is rare, in percent.
    min_parent_events, lod_events
        Fewest events of a percentage's parent, and of a median.
    leukocytes
        Key of the leukocytes.
    """

    limits_from: str
    min_batches: int
    max_cv_pct: Mapping[str, float]
    max_drift_pct: float
    rare_pct: float
    min_parent_events: int
    lod_events: int
    leukocytes: str


def control_tubes(plan: Plan) -> pd.DataFrame:
    """Return the bridging controls of a plan, indexed by acquisition, batches in order."""
    return tube_table(one for one in plan.acquisitions if one.is_bridging_control)


def tube_table(references: Iterable[Acquisition]) -> pd.DataFrame:
    """Return reference tubes with what they are of, indexed by acquisition, batches in order."""
    rows = [
        {
            "acquisition": one.acquisition,
            "panel": one.panel,
            "control": one.sample.removesuffix(f"_{one.batch}"),
            "lot": one.lot,
            "batch": one.batch,
        }
        for one in references
    ]
    columns = ["acquisition", "panel", "control", "lot", "batch"]
    tubes = pd.DataFrame(rows, columns=columns).sort_values("batch", key=natural_order)
    return tubes.set_index("acquisition")


def natural_order(names: pd.Series) -> pd.Series:
    """Return names so that ``b10`` comes after ``b9``."""
    return names.str.replace(r"\d+", lambda digits: digits[0].zfill(12), regex=True)


def chart_rows(
    tubes: pd.DataFrame,
    populations: pd.DataFrame,
    intensities: pd.DataFrame,
    settings: ControlSettings,
) -> list[dict]:
    """Chart every percentage and every median of the controls over the batches.

    Parameters
    ----------
    tubes
        What `control_tubes` gave.
    populations, intensities
        Tables of the controls' jobs, as `correlates.flow.counts.measurements.read_job_tables`
        reads them.
    settings
        Limits and floors.

    Returns
    -------
    Rows of ``COLUMNS``, batches in the natural order of their names within each series.
    """
    if populations.empty:
        return []
    shares = _shares(populations, settings)
    values = pd.concat([shares, _medians(intensities, settings)], ignore_index=True)
    values = values.join(tubes, on="acquisition", how="inner")
    rare = _rare(populations, tubes, settings)
    values = values.sort_values("batch", key=natural_order, kind="stable")
    rows = []
    for key, series in values.groupby(SERIES, sort=True):
        rows += _charted(series, (key[0], key[1], key[2], key[3]) in rare, settings)
    return rows


def absent_controls(
    plan: Plan, tubes: pd.DataFrame, refused: Iterable[str]
) -> list[dict[str, str]]:
    """Say which batches of which panel have no control, or one that was refused.

    Parameters
    ----------
    plan
        The plan; batches of its samples are looked at, and only of panels that have any control.
    tubes
        What `control_tubes` gave.
    refused
        Acquisitions that were refused.
    """
    held = {(panel, batch) for panel, batch in zip(tubes["panel"], tubes["batch"], strict=True)}
    panels = {panel for panel, _ in held}
    wanted = {(one.panel, one.batch) for one in plan.acquisitions if one.role == SAMPLE}
    rows = [
        {"panel": panel, "batch": batch, "verdict": _NO_CONTROL, "reason": "no control in sheet"}
        for panel, batch in sorted(wanted - held)
        if panel in panels and batch
    ]
    for key in sorted(set(refused) & set(tubes.index)):
        about = tubes.loc[key, ["panel", "control", "lot", "batch"]].to_dict()
        rows.append(about | {"acquisition": key, "verdict": _REFUSED, "reason": "file refused"})
    return rows


def marks_of_batches(
    rows: Iterable[Mapping[str, str]], plan: Plan
) -> tuple[dict[tuple[str, str], list[str]], set[tuple[str, str, str]]]:
    """Return what is flagged of the samples of batches whose control is out.

    Returns
    -------
    Flags by acquisition and population, where a percentage is out, since the gate is in doubt with
    it; and acquisition, population and marker where a median is. Where the beads have drifted in a
    marker, the population is empty, which stands for all.
    """
    out: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for row in rows:
        if row["verdict"] == OUT:
            place = (row["panel"], row["batch"])
            out.setdefault(place, set()).add((row["population"], row["statistic"]))
    shares: dict[tuple[str, str], list[str]] = {}
    medians: set[tuple[str, str, str]] = set()
    for one in plan.acquisitions:
        for population, statistic in out.get((one.panel, one.batch), ()):
            kind, _, of = statistic.partition("__")
            if kind == "pct":
                shares[one.acquisition, population] = [OUT_OF_LIMITS]
            else:
                medians.add((one.acquisition, "" if kind == "peak" else population, of))
    return shares, medians


def _shares(populations: pd.DataFrame, settings: ControlSettings) -> pd.DataFrame:
    rows = populations[populations["parent"] != ""]
    enough = rows["n_parent"] >= settings.min_parent_events
    share = 100 * rows["n"] / rows["n_parent"].where(rows["n_parent"] > 0)
    return pd.DataFrame(
        {
            "acquisition": rows["acquisition"],
            "population": rows["population"],
            "statistic": "pct__" + rows["parent"],
            "value": share.where(enough),
            "unit": "%",
            "n": rows["n"],
            "error": _counting_error(rows["n"], rows["n_parent"]),
        }
    )


def _counting_error(n: pd.Series, n_parent: pd.Series) -> pd.Series:
    """Return the binomial SD of a percentage, above zero at 0 and 100 % by half an event."""
    share = (n + 0.5) / (n_parent + 1)
    return 100 * np.sqrt(share * (1 - share) / (n_parent + 1))


def _medians(intensities: pd.DataFrame, settings: ControlSettings) -> pd.DataFrame:
    if intensities.empty:
        return pd.DataFrame()
    rows = intensities[intensities["marker"].fillna("") != ""]
    return pd.DataFrame(
        {
            "acquisition": rows["acquisition"],
            "population": rows["population"],
            "statistic": "mfi__" + rows["marker"],
            "value": rows["median"].where(rows["n"] >= settings.lod_events),
            "unit": "1",
            "n": rows["n"],
            "error": 0.0,
        }
    )


def _rare(
    populations: pd.DataFrame, tubes: pd.DataFrame, settings: ControlSettings
) -> set[tuple[str, str, str, str]]:
    """Return panel, control, lot and key of the populations that are rare in their control."""
    rows = populations.join(tubes, on="acquisition", how="inner")
    is_all = rows["population"] == settings.leukocytes
    if not is_all.any():
        is_all = rows["population"] == "root"
    total = rows[is_all].set_index("acquisition")["n"]
    share = 100 * rows["n"] / rows["acquisition"].map(total)
    keys = ["panel", "control", "lot", "population"]
    mean = share.groupby([rows[key] for key in keys]).mean()
    return set(mean.index[mean < settings.rare_pct])


def _charted(series: pd.DataFrame, is_rare: bool, settings: ControlSettings) -> list[dict]:
    values = series["value"].to_numpy(float)
    error = float(series["error"].median())
    judged = chart_limits(values, settings.limits_from, settings.min_batches, error)
    rules = rules_broken([one["score"] for one in judged])
    known = values[~np.isnan(values)]
    records = series.drop(columns="error").to_dict("records")
    limit = settings.max_cv_pct["rare" if is_rare else "major"]
    cv = _cv(known) if len(known) >= settings.min_batches else np.nan
    of_series = {
        "cv_pct": cv,
        "cv_limit_pct": limit,
        "cv_verdict": "" if np.isnan(cv) else "passed" if cv <= limit else "exceeded",
    }
    return [
        row | one | of_series | _verdict_of(row["value"], one, broken)
        for row, one, broken in zip(records, judged, rules, strict=True)
    ]


def _cv(values: np.ndarray) -> float:
    """Return the coefficient of variation in percent; NaN about a mean that is not above zero."""
    mean = values.mean()
    return float(100 * values.std(ddof=1) / mean) if mean > 0 else np.nan


def _verdict_of(value: float, judged: Mapping[str, float], broken: Sequence[str]) -> dict:
    if np.isnan(value):
        return {"rules": "", "verdict": "not_evaluable", "reason": _FEW}
    found = verdict(judged["score"], broken)
    others, reach = judged["n_others"], reach_of_limits(judged["n_others"])
    reason = f"{others} other batches" if found == NO_LIMITS else ""
    if found != NO_LIMITS and reach > _BLUNT:
        reason = f"with {others} other batches only what is {reach:.0f} of their SD away is out"
    return {"rules": ";".join(broken), "verdict": found, "reason": reason}
