"""Conjugates of one sample: what each of them shows, and what they show together.

A sample is one number, the median of its conjugates. Conjugates are nested in patients: however
many were scored, they are no patients, and no later step sees them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from correlates.intervals import clopper_pearson, median_interval

RRI, AREA, GZMB = "rri", "area", "gzmb"
UNITS = {RRI: "1", AREA: "um2", GZMB: "%"}
METHODS = {
    RRI: "median of F-actin at the contact over that of the rest of the membrane",
    AREA: "median area of the contact",
    GZMB: "share of conjugates with granzyme B polarised to the contact",
}


@dataclass(frozen=True)
class Summary:
    """One statistic of a sample; ``value`` and its 95 % interval are None without conjugates."""

    statistic: str
    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None


def relative_recruitment(row: Mapping) -> float | None:
    """Return the relative recruitment index of a conjugate.

    F-actin at the contact over that of the rest of the membrane: 1 is no recruitment. None where
    one of them was not measured, or the rest has no signal to divide by.
    """
    synapse, rest = row.get("f_actin_syn"), row.get("f_actin_rest")
    if synapse is None or rest is None or rest <= 0:
        return None
    return max(float(synapse), 0.0) / float(rest)


def summaries(rows: Sequence[Mapping]) -> list[Summary]:
    """Return the statistics of the conjugates of one sample, also of those nobody scored."""
    rri = [one for row in rows if (one := relative_recruitment(row)) is not None]
    area = [row["synapse_area_um2"] for row in rows if row["synapse_area_um2"] is not None]
    scored = [row["gzmb_polarised"] for row in rows if row["gzmb_polarised"] is not None]
    return [_median(RRI, rri), _median(AREA, area), _share(scored)]


def _median(statistic: str, values: Sequence[float]) -> Summary:
    if not values:
        return Summary(statistic, 0)
    low, high = median_interval(np.array(values, dtype=float))
    return Summary(statistic, len(values), float(np.median(values)), low, high)


def _share(scored: Sequence[bool]) -> Summary:
    if not scored:
        return Summary(GZMB, 0)
    n, count = len(scored), sum(scored)
    low, high = clopper_pearson(count, n)
    return Summary(GZMB, n, 100 * count / n, 100 * float(low), 100 * float(high))
