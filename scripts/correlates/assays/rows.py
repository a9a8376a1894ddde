"""Rows of the measurement table, as the assays make them from rows of their sheets."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from correlates.measurements import COLUMNS, conform

_OF_DRAW = ("patient", "visit", "timepoint", "specimen", "sample")


def measurement(
    draw: Mapping,
    assay: str,
    feature: str,
    value: float | None,
    unit: str,
    *,
    run: str = "",
    ci_low: float | None = None,
    ci_high: float | None = None,
    n: int | None = None,
    status: str = "ok",
    limit: float | None = None,
    method: str = "",
    flags: Sequence[str] = (),
) -> dict:
    """Return one measurement of a draw.

    Parameters
    ----------
    draw
        A row of a sheet: ``patient``, ``visit``, ``timepoint``, ``specimen``, ``sample``,
        ``study_day``, ``hours_post_ibr``. A specimen that nobody named is blood (`BLOOD`).
    assay, feature, value, unit, run, ci_low, ci_high, n, status, limit, method, flags
        As the contract of the measurement table has them. The phase is filled by the cohort.
    """
    known = {name: draw.get(name) or "" for name in _OF_DRAW}
    known["timepoint"] = known["timepoint"] or "pre"
    known["specimen"] = known["specimen"] or BLOOD
    rest = {
        **{"day": draw.get("study_day"), "hours_post_dose": draw.get("hours_post_ibr")},
        **{"phase": "", "run": run or "", "assay": assay, "feature": feature, "value": value},
        **{"unit": unit, "ci_low": ci_low, "ci_high": ci_high, "n": n, "status": status},
        **{"limit": limit, "method": method, "flags": list(dict.fromkeys(flags))},
    }
    return known | rest


BLOOD = "fresh_wb"


def as_table(rows: Iterable[Mapping]) -> pd.DataFrame:
    """Return rows of `measurement` as a table in the contract's types."""
    table = pd.DataFrame(list(rows), columns=COLUMNS)
    return conform(table)
