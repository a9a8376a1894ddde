"""Medians beside those of isotype tubes, as rows like those that flow makes of FMO tubes."""

import math
from collections.abc import Iterable, Mapping

import pandas as pd

from correlates.measurements import COLUMNS, conform

_STATISTICS = ("dmfi", "mfir")


def isotype_rows(
    compared: Iterable[Mapping[str, str]], acquisitions: Iterable[Mapping], measured: pd.DataFrame
) -> pd.DataFrame:
    """Return difference and ratio of each median to that of its isotype tube.

    Parameters
    ----------
    compared
        What flow wrote of medians beside isotype tubes, as text.
    acquisitions
        Rows of the plan: ``acquisition`` with its draw.
    measured
        The flow assay's measurement table, whose status stands: a tube that failed has no protein.

    Returns
    -------
    Rows of the measurement table with the features ``<population>__dmfi__<marker>`` and
    ``__mfir__``.
    """
    draws = {one["acquisition"]: one for one in acquisitions}
    key = ["patient", "visit", "timepoint", "specimen", "feature"]
    stains = {tuple(row[name] for name in key): row for row in measured.to_dict("records")}
    found = []
    for row in compared:
        draw = draws[row["acquisition"]]
        place = (draw["patient"], draw["visit"], draw["timepoint"] or "pre", draw["specimen"])
        marker = row["marker"].strip().lower()
        stain = stains.get((*place, f"{row['population']}__mfi__{marker}"))
        if stain is None:
            continue
        for statistic in _STATISTICS:
            numbers = [_number(row[name]) for name in _names(statistic)]
            known = not math.isnan(numbers[0]) and stain["status"] == "ok"
            found.append(
                stain
                | {
                    "feature": f"{row['population']}__{statistic}__{marker}",
                    **dict(zip(("value", "ci_low", "ci_high"), numbers, strict=True)),
                    "status": "ok" if known else "not_evaluable",
                    "flags": [flag for flag in row["flags"].split(";") if flag],
                }
            )
    return conform(pd.DataFrame(found, columns=COLUMNS))


def _names(statistic: str) -> tuple[str, str, str]:
    return statistic, f"{statistic}_low", f"{statistic}_high"


def _number(text: str) -> float:
    return float(text) if text else math.nan
