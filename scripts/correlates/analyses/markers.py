"""The cohort as the analyses see it: endpoints by patient, and each marker with its limits.

A marker's value is taken on the scale of the analysis. A value below its limit stays what it is,
a statement about the limit; a zero on a log scale is below every positive number.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from correlates.analyses.common_limits import ABOVE, BELOW, OBSERVED

MEASUREMENT_COLUMNS = ["patient", "marker", "value", "status", "limit", "unit"]
SIDE_OF_STATUS = {"ok": OBSERVED, "lt_lloq": BELOW, "nd": BELOW, "gt_uloq": ABOVE}
TRANSFORMS = ("log2", "none")
NO_LIMIT = "censored_without_limit"
INFINITE = "infinite"
ALL_ZERO = "all_zero"


class NotOnLogScale(ValueError):
    """A marker holds negative values, so that it has no logarithm."""


@dataclass(frozen=True)
class CohortTables:
    """What the analyses need of a cohort.

    Parameters
    ----------
    endpoints
        One row a patient (index), one numeric column an endpoint; NaN where not evaluable.
    measurements
        Columns patient, marker, value, status, limit, unit; at most one row for each patient and
        marker. A row that is absent is a sample that was not measured. A marker's name is
        ``feature@baseline``, and ``feature@baseline@specimen`` where the study has several. Two
        columns may be there: flags, joined by semicolons, and method, how each was measured.
    display_only
        Markers that are shown and never tested, since they mostly measure the leukemic burden.
    specimens
        Specimen of each marker, as far as known.
    kinds
        Kind of each endpoint, as far as known: ``binary``, ``ordinal``, ``continuous``,
        ``survival``. A survival endpoint has the columns ``_time`` and ``_event`` alone.
    """

    endpoints: pd.DataFrame
    measurements: pd.DataFrame
    display_only: frozenset[str] = frozenset()
    specimens: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Every marker, sorted."""
        return sorted(self.measurements["marker"].unique())

    def rows_of(self, marker: str) -> pd.DataFrame:
        """Return value, status, limit, unit, flags and method of a marker, a row a patient."""
        rows = self.measurements[self.measurements["marker"] == marker]
        rows = rows.set_index("patient").reindex(self.endpoints.index)
        texts = {
            name: rows[name].fillna("") if name in rows else "" for name in ("flags", "method")
        }
        return rows.assign(status=rows["status"].fillna("missing"), **texts)


@dataclass(frozen=True)
class Marker:
    """One marker on the scale of the analysis; all arrays have shape (patients,).

    Parameters
    ----------
    value
        The value where observed, the limit where censored, NaN where there is nothing to use.
    measured
        The same as it was measured, before any logarithm.
    side
        0 observed, -1 below the limit, 1 above it.
    limit
        The limit of each measurement as recorded, NaN where none is.
    cause
        Why there is nothing to use (``missing``, ``not_evaluable``, ``infinite``,
        ``censored_without_limit``, ``all_zero``), else empty.
    """

    value: np.ndarray
    measured: np.ndarray
    side: np.ndarray
    limit: np.ndarray
    cause: np.ndarray


def tables_of(cohort) -> CohortTables:
    """Read the tables out of the cohort AnnData.

    Parameters
    ----------
    cohort
        AnnData of patients by markers: endpoints in ``obs``; unit and display_only in ``var``;
        layers ``status`` (codes named in ``uns['status_codes']``), ``limit`` and, where values
        have any, ``flags`` (bit k: ``uns['flag_codes'][k]``) and ``method`` (code k:
        ``uns['method_codes'][k]``, -1 none). CohortTables are returned as they are.
    """
    if isinstance(cohort, CohortTables):
        return cohort
    names = {int(code): str(name) for name, code in cohort.uns["status_codes"].items()}
    patients, markers = cohort.shape
    long = {
        "patient": np.repeat(cohort.obs_names.to_numpy(dtype=object), markers),
        "marker": np.tile(cohort.var_names.to_numpy(dtype=object), patients),
        "value": np.asarray(cohort.X, dtype=float).ravel(),
        "status": [names[int(code)] for code in np.asarray(cohort.layers["status"]).ravel()],
        "limit": np.asarray(cohort.layers["limit"], dtype=float).ravel(),
        "unit": np.tile(cohort.var["unit"].to_numpy(dtype=object), patients),
        "flags": _flags(cohort),
        "method": _methods(cohort),
    }
    specimens = cohort.var.get("specimen", pd.Series(dtype=object)).astype(str)
    shown = cohort.var.get("display_only", pd.Series(False, index=cohort.var_names))
    return CohortTables(
        endpoints=cohort.obs.astype(object).apply(pd.to_numeric, errors="coerce").astype(float),
        measurements=pd.DataFrame(long, columns=[*MEASUREMENT_COLUMNS, "flags", "method"]),
        display_only=frozenset(cohort.var_names[shown.astype(bool)]),
        specimens=specimens.to_dict(),
        kinds={name: str(kind) for name, kind in cohort.uns.get("endpoint_kinds", {}).items()},
    )


def _flags(cohort) -> np.ndarray:
    """Return the flags of every value, joined by semicolons, patient by patient."""
    if "flags" not in cohort.layers:
        return np.full(cohort.shape[0] * cohort.shape[1], "", dtype=object)
    codes = [str(code) for code in cohort.uns["flag_codes"]]
    masks, place = np.unique(np.asarray(cohort.layers["flags"]).ravel(), return_inverse=True)
    words = [
        ";".join(code for bit, code in enumerate(codes) if int(mask) >> bit & 1) for mask in masks
    ]
    return np.array(words, dtype=object)[place]


def _methods(cohort) -> np.ndarray:
    """Return how every value was measured, patient by patient."""
    if "method" not in cohort.layers:
        return np.full(cohort.shape[0] * cohort.shape[1], "", dtype=object)
    names = np.array([*map(str, cohort.uns["method_codes"]), ""], dtype=object)
    return names[np.asarray(cohort.layers["method"], dtype=int).ravel()]


def read_marker(rows: pd.DataFrame, transform: str) -> Marker:
    """Put one marker on the scale of the analysis.

    Parameters
    ----------
    rows
        Columns value, status and limit, one row a patient.
    transform
        ``log2`` or ``none``.

    Returns
    -------
    Marker. On the log scale a zero (or a limit of zero) is below the row's positive limit, or where
    there is none, below the smallest positive number of the marker; 1 is never added.

    Raises
    ------
    NotOnLogScale
        If a negative number would need a logarithm.
    """
    status = rows["status"].to_numpy(dtype=str)
    limit = rows["limit"].to_numpy(dtype=float)
    side = np.array([SIDE_OF_STATUS.get(name, OBSERVED) for name in status], dtype=int)
    usable = np.array([name in SIDE_OF_STATUS for name in status], dtype=bool)
    value = np.where(side == OBSERVED, rows["value"].to_numpy(dtype=float), limit)
    unusable = np.where(np.isinf(value), INFINITE, "missing")
    cause = np.where(usable, np.where(side == OBSERVED, unusable, NO_LIMIT), status)
    cause = np.where(usable & np.isfinite(value), "", cause).astype(object)
    value = np.where(cause == "", value, np.nan)
    if transform == "log2":
        is_measured_zero = (cause == "") & (side == OBSERVED) & (value == 0)
        value, side = _positive(value, side, limit)
        # no positive number is there that a zero could be said to lie below
        cause[np.isnan(value) & is_measured_zero] = ALL_ZERO
        cause[np.isnan(value) & (cause == "")] = NO_LIMIT
        return Marker(np.log2(value), value, side, limit, cause)
    return Marker(value, value, side, limit, cause)


def _positive(value, side, limit) -> tuple[np.ndarray, np.ndarray]:
    """Turn zeros into statements about a positive limit."""
    negative = int((value < 0).sum())
    if negative:
        are = "is" if negative == 1 else "are"
        msg = f"{negative} of its values {are} negative, so it has no logarithm"
        raise NotOnLogScale(msg)
    positive = value[value > 0]
    smallest = positive.min() if positive.size else np.nan
    is_zero = value == 0
    side = np.where(is_zero & (side == OBSERVED), BELOW, side)
    # a value known to be above zero says nothing on a log scale
    stands_for_zero = np.where(side == BELOW, np.where(limit > 0, limit, smallest), np.nan)
    return np.where(is_zero, stands_for_zero, value), side
