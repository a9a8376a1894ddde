"""Thresholds that lie far from those of the other files: found over the cohort, told of, kept.

A gate is set on its own file alone. Whether it landed where the same gate lands in other files is
a question of the cohort, asked here; the answer is a flag, and never a new gate.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

COLUMNS = (
    *("acquisition", "panel", "batch", "population", "marker", "threshold", "compared_with"),
    *("n_others", "median_of_others", "z", "z_all_batches", "outlier", "reason"),
)
OUTLIER, KEPT, NOT_JUDGED = "yes", "no", "not_judged"
BATCH, ALL = "batch", "all_batches"
# A normal distribution's standard deviation, in median absolute deviations.
_MAD_TO_SD = 1.4826022


@dataclass(frozen=True)
class PlacementSettings:
    """The config's ``flow.placements``.

    Parameters
    ----------
    min_files
        Fewest files with the same gate for which a placement is judged.
    max_z
        Robust standard deviations from the median of the others beyond which it is an outlier.
    min_spread
        Least standard deviation that is taken for the spread, in units of ``asinh(x / cofactor)``.
    cofactor
        Intensity below which that scale is nearly linear.
    """

    min_files: int
    max_z: float
    min_spread: float
    cofactor: float


def find_placements(
    thresholds: pd.DataFrame, tubes: pd.DataFrame, settings: PlacementSettings
) -> pd.DataFrame:
    """Compare each threshold with those of the same gate in the other files of its panel.

    Parameters
    ----------
    thresholds
        ``acquisition``, ``population``, ``marker`` and the linear ``threshold``.
    tubes
        ``acquisition``, ``panel`` and ``batch`` (may be blank) of the files that are compared;
        thresholds of others, such as FMO tubes, are passed over.
    settings
        How many files, and how far.

    Returns
    -------
    A row a threshold, with `COLUMNS`. The score is a modified z: the distance from the median of
    the others on an asinh scale, in scaled median absolute deviations of all. Within the batch
    where that has files enough, else over all batches (``compared_with``); ``z_all_batches`` is
    over all in either case, so that a batch that moved as a whole is seen. Source: Iglewicz and
    Hoaglin, How to Detect and Handle Outliers, ASQC 1993.
    """
    rows = thresholds.merge(tubes[["acquisition", "panel", "batch"]], on="acquisition")
    rows = rows.assign(threshold=pd.to_numeric(rows["threshold"], errors="coerce").astype(float))
    rows = rows[np.isfinite(rows["threshold"])].reset_index(drop=True)
    if rows.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    rows["batch"] = rows["batch"].fillna("")
    rows["scaled"] = np.arcsinh(rows["threshold"] / settings.cofactor)
    gate = ["panel", "population", "marker"]
    everywhere = _scores(rows, gate, settings)
    within = _scores(rows, [*gate, "batch"], settings)
    by_batch = (rows["batch"] != "") & (within["n_others"] + 1 >= settings.min_files)
    chosen = within.where(by_batch, everywhere)
    judged = chosen["n_others"] + 1 >= settings.min_files
    z = chosen["z"].where(judged)
    rows = rows.assign(
        compared_with=np.where(by_batch, BATCH, ALL),
        n_others=chosen["n_others"].astype(int),
        median_of_others=settings.cofactor * np.sinh(chosen["middle"]),
        z=z,
        z_all_batches=everywhere["z"].where(everywhere["n_others"] + 1 >= settings.min_files),
        outlier=np.select([~judged, z.abs() > settings.max_z], [NOT_JUDGED, OUTLIER], KEPT),
    )
    return rows.assign(reason=[_reason(row, settings) for row in rows.to_dict("records")])[
        list(COLUMNS)
    ]


def outlying_populations(placements: pd.DataFrame) -> dict[str, set[str]]:
    """Return the populations whose own threshold is an outlier, by acquisition."""
    found: dict[str, set[str]] = {}
    outliers = placements[placements["outlier"] == OUTLIER]
    for key, population in zip(outliers["acquisition"], outliers["population"], strict=True):
        found.setdefault(key, set()).add(population)
    return found


def _scores(rows: pd.DataFrame, by: list[str], settings: PlacementSettings) -> pd.DataFrame:
    """Return ``n_others``, ``middle`` (median of the others, scaled) and ``z`` of each row."""
    scores = pd.DataFrame(index=rows.index, columns=["n_others", "middle", "z"], dtype=float)
    for places in rows.groupby(by, sort=False).indices.values():
        values = rows["scaled"].to_numpy()[places]
        middle = _median_of_others(values)
        spread = _MAD_TO_SD * np.median(np.abs(values - np.median(values)))
        z = (values - middle) / max(spread, settings.min_spread)
        scores.iloc[places] = np.column_stack([np.full(len(values), len(values) - 1), middle, z])
    return scores


def _median_of_others(values: np.ndarray) -> np.ndarray:
    """Return for each value the median of all the others; NaN where there is none."""
    count = len(values) - 1
    if count == 0:
        return np.array([np.nan])
    order = np.argsort(values, kind="stable")
    ranks = np.empty_like(order)
    ranks[order] = np.arange(len(values))
    ascending = values[order]

    def without_own(place: int) -> np.ndarray:
        return np.where(place < ranks, ascending[place], ascending[place + 1])

    return (without_own((count - 1) // 2) + without_own(count // 2)) / 2


def _reason(row: dict, settings: PlacementSettings) -> str:
    if row["outlier"] == NOT_JUDGED:
        return (
            f"{row['n_others'] + 1} files have this gate; flow.placements.min_files asks for "
            f"{settings.min_files}"
        )
    if row["outlier"] == KEPT:
        return ""
    side = "above" if row["z"] > 0 else "below"
    where = f"batch {row['batch']}" if row["compared_with"] == BATCH else "the panel"
    return (
        f"{row['threshold']:.4g} lies {abs(row['z']):.1f} robust standard deviations {side} the "
        f"median of the {row['n_others']} other files of {where}, {row['median_of_others']:.4g}"
    )
