"""The cohort as one AnnData: patients by features at their baselines."""

import json
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd

from correlates.clinical.covariates import TIMES
from correlates.cohort.baseline_reasons import draw_name
from correlates.cohort.baselines import EARLIER_DRAW, Baselines
from correlates.cohort.flags import flag_bits, flag_codes
from correlates.intake.sheets.values import is_blank, number_of
from correlates.measurements import CENSORED, KEY, STATUSES, USABLE, status_codes

NUMBERS = ("n", "ci_low", "ci_high", "limit", "day")
NO_CODE = -1
SURVIVAL = "survival"
BLOOD = frozenset({"fresh_wb", "fresh_pbmc", "cryo_pbmc", "plasma", "serum"})
# Flag of what is shown and never tested; the assays set it.
DISPLAY_ONLY = "display_only_compositional"


def build_cohort(
    measurements: pd.DataFrame,
    baselines: Baselines,
    endpoints: pd.DataFrame,
    patients: Iterable[Mapping],
    provenance: Mapping,
    covariates: Mapping[str, Mapping] | None = None,
) -> ad.AnnData:
    """Build the cohort.

    Parameters
    ----------
    measurements, baselines, endpoints
        The tables of this floor.
    patients
        Rows of the patients sheet: every patient is an observation, measured or not.
    provenance
        What the result rests on: settings, digests, versions; no times and no hosts, so that equal
        input is an equal file.
    covariates
        By patient, covariates that were computed (`clinical.covariates`).

    Returns
    -------
    ``obs``: covariates of the sheet, those that were computed (what time each is of stands in
    ``uns['covariate_times']``: one over treatment predicts nothing) and the endpoints (NaN where
    not evaluable; a survival endpoint has two columns, ``_time`` in days and ``_event``; the kind
    of each is in ``uns['endpoint_kinds']``). ``var``: assay, unit, feature, baseline, specimen,
    method, ``lod`` (median lower limit of the usable, in the unit of the feature),
    ``share_censored`` (of the usable), ``n_earlier_draw`` (usable values that are not of the last
    draw of their baseline), ``display_only``, ``mixed_methods`` (usable values of several methods,
    which no one test may compare). ``X`` (patients, features): values as measured, NaN where status
    is ``not_evaluable`` or ``missing``. Layers ``status`` (its codes are in
    ``uns['status_codes']``), ``flags`` (bit ``k`` is flag ``uns['flag_codes'][k]``; the values that
    ``n_earlier_draw`` counts have ``earlier_draw``), ``draw`` (the value's draw is
    ``uns['draw_codes'][draw]``, -1 where there is none), ``method`` (likewise, by
    ``uns['method_codes']``), ``day`` (its study day), ``n``, ``ci_low``, ``ci_high``, ``limit``.
    """
    computed = covariates or {}
    patients = [dict(row) | dict(computed.get(str(row["patient"]), {})) for row in patients]
    rows = _at_baselines(measurements, baselines)
    var = _features(rows)
    names = pd.Index([str(row["patient"]) for row in patients], name="patient")
    rows = rows[rows["patient"].isin(names)]
    places = names.get_indexer(rows["patient"]), var.index.get_indexer(rows["name"])

    def matrix(values: np.ndarray, absent: float = np.nan) -> np.ndarray:
        filled = np.full((len(names), len(var)), absent)
        filled[places] = values
        return filled

    usable = rows["status"].isin(USABLE)
    status = matrix(status_codes(rows["status"]), STATUSES.index("missing"))
    layers = {name: matrix(rows[name].to_numpy(float, na_value=np.nan)) for name in NUMBERS}
    codes = flag_codes(rows["flags"])
    # Not through `matrix`: a float holds 53 bits only.
    flags = np.zeros((len(names), len(var)), dtype=np.int64)
    flags[places] = flag_bits(rows["flags"], codes)
    names_of_draws = pd.Series([draw_name(row) for row in rows.to_dict("records")], dtype=object)
    draw, draw_codes = pd.factorize(names_of_draws, sort=True)
    method, method_codes = pd.factorize(rows["method"].astype(object), sort=True)
    return ad.AnnData(
        X=matrix(rows["value"].where(usable).to_numpy(float)),
        obs=_observations(patients, endpoints, names),
        var=var,
        layers={
            "status": status.astype(np.int8),
            "flags": flags,
            "draw": matrix(draw, NO_CODE).astype(np.int32),
            "method": matrix(method, NO_CODE).astype(np.int32),
        }
        | layers,
        uns={
            "status_codes": {name: code for code, name in enumerate(STATUSES)},
            "flag_codes": np.array(codes, dtype=object),
            "draw_codes": np.array(draw_codes, dtype=object),
            "method_codes": np.array(method_codes, dtype=object),
            "endpoint_kinds": endpoints.groupby("endpoint", sort=False)["kind"].first().to_dict(),
            "covariate_times": dict(TIMES) if computed else {},
            "provenance": _plain(provenance),
        },
    )


def _at_baselines(measurements: pd.DataFrame, baselines: Baselines) -> pd.DataFrame:
    """Return the chosen measurements, each with its baseline and variable name."""
    rows = measurements.merge(baselines.features, on=KEY)
    flags = [
        [*flags, EARLIER_DRAW] if earlier else flags
        for flags, earlier in zip(rows["flags"], rows["earlier_draw"], strict=True)
    ]
    rows["flags"] = pd.Series(flags, index=rows.index, dtype=object)
    several = rows.groupby("feature")["specimen"].transform("nunique") > 1
    # So that marrow or a node never passes for blood, whatever else the cohort holds.
    is_named = several | ~rows["specimen"].isin(BLOOD)
    name = rows["feature"] + "@" + rows["baseline"]
    return rows.assign(name=name.where(~is_named, name + "@" + rows["specimen"]))


def _features(rows: pd.DataFrame) -> pd.DataFrame:
    usable, censored = rows["status"].isin(USABLE), rows["status"].isin(CENSORED)
    judged = rows.assign(
        censored=censored.astype(float).where(usable),
        # A value that is not there mixes nothing: without a blood count the pair is only a guess.
        used_method=rows["method"].where(usable),
        lower_limit=rows["limit"].where(usable & (rows["status"] != "gt_uloq")),
        display_only=[DISPLAY_ONLY in flags for flags in rows["flags"]],
    )
    by_name = judged.sort_values(["feature", "baseline", "specimen"]).groupby("name", sort=False)
    same = ["unit", "feature", "baseline", "specimen"]
    var = by_name[same].first()
    for column in ("assay", "method"):
        var[column] = by_name[column].agg(lambda texts: ", ".join(sorted(set(texts))))
    var["lod"] = by_name["lower_limit"].median()
    var["share_censored"] = by_name["censored"].mean()
    var["n_earlier_draw"] = by_name["earlier_draw"].sum().astype(int)
    var["display_only"] = by_name["display_only"].any().astype(bool)
    var["mixed_methods"] = (by_name["used_method"].nunique() > 1).astype(bool)
    var.index = pd.Index(var.index.astype(str), name="name")
    # h5ad holds text as categories; left to anndata, each column would be told of on the terminal.
    return var.astype(dict.fromkeys([*same, "assay", "method"], "category"))


def _observations(patients: list[dict], endpoints: pd.DataFrame, names: pd.Index) -> pd.DataFrame:
    columns = list(dict.fromkeys(key for row in patients for key in row if key != "patient"))
    obs = {name: _covariate([row.get(name) for row in patients]) for name in columns}
    for endpoint, rows in endpoints.groupby("endpoint", sort=False):
        of_patient = rows.set_index("patient").reindex(names)
        kept = of_patient["evaluable"].eq(True)
        if not (rows["kind"] == SURVIVAL).all():
            obs[endpoint] = of_patient["value"].where(kept).to_numpy(float)
        else:
            obs[f"{endpoint}_time"] = of_patient["time"].where(kept).to_numpy(float)
            obs[f"{endpoint}_event"] = of_patient["event"].where(kept).to_numpy(float)
    return pd.DataFrame(obs, index=names)


def _covariate(values: list) -> np.ndarray | pd.Categorical:
    """Return a column of the sheet as numbers if all it holds are, else as categories."""
    numbers = [number_of(value) for value in values]
    if all(
        is_blank(value) or number is not None for value, number in zip(values, numbers, strict=True)
    ):
        return np.array([np.nan if number is None else number for number in numbers], dtype=float)
    return pd.Categorical([None if is_blank(value) else str(value).strip() for value in values])


def _plain(value):
    """Return what h5ad can hold: nested mappings of text, numbers and arrays of either."""
    if isinstance(value, Mapping):
        wrong = [str(key) for key in value if "/" in str(key)]
        if wrong:
            msg = f"provenance keys may not hold '/', which h5ad reads as a group: {wrong}"
            raise ValueError(msg)
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        kinds = {type(item) for item in value}
        if kinds and (kinds == {str} or kinds <= {int, float}):
            return np.array(value)
        return json.dumps(value, sort_keys=True, default=str)
    if isinstance(value, (str, bool, int, float)):
        return value
    return "" if value is None else str(value)


def write_cohort(cohort: ad.AnnData, path: str | Path) -> None:
    """Write the cohort as h5ad; the file appears under its name only once it is complete."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        unfinished = Path(folder) / path.name
        cohort.write_h5ad(unfinished)
        unfinished.replace(path)
