"""Replicate wells of one gene in one sample: what they agree on, or why nothing."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri

MEASURED, UNDETERMINED, BELOW_LOD, UNUSABLE = "measured", "undetermined", "below_lod", "unusable"
# Wells that scatter more than the gene's usual SD explains, with this probability, keep their own.
_RARE = 0.01
# Variance of the mean over that of the median, of variances of three wells: ln(2)^2.
_MEDIAN_EFFICIENCY = math.log(2) ** 2
# A well that came up by so many cycles before the LOD holds twice what is found in 95 of 100 wells:
# others of its group that found nothing failed rather than lacked it.
_CLEARLY_FOUND = 1.0
# Cq that two programs print alike shall count as alike.
_TINY = 1e-9


@dataclass(frozen=True)
class Replicates:
    """What the replicate wells of one gene in one sample on one plate come to.

    ``state`` is ``measured``, ``undetermined`` (left-censored at the LOD), ``below_lod`` (a Cq
    later than that of the LOD) or ``unusable``, with the ``reason``. ``cq`` and ``sd`` are those of
    the ``used`` wells, ``every`` holds all wells that have a Cq.
    """

    state: str
    cq: float | None
    sd: float | None
    used: tuple[float, ...]
    every: tuple[float, ...]
    n_wells: int
    n_undetermined: int
    dropped: str = ""
    reason: str = ""
    flags: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Wells that the mean rests on."""
        return len(self.used)


def agree_on(
    cqs: Sequence[float | None], wells: Sequence[str], lod_cq: float, settings: Mapping
) -> Replicates:
    """Sum up replicate wells by the rules of the laboratory.

    Parameters
    ----------
    cqs
        Cq of each well in cycles, None where undetermined.
    wells
        Their names, in the same order.
    lod_cq
        Cq at the limit of detection of this gene.
    settings
        ``wanted`` wells, below which the group is flagged; ``min_wells`` that a value rests on;
        ``max_sd`` in cycles; ``undetermined_share`` from which on the group is undetermined.

    Returns
    -------
    Where the SD is too large, the single well furthest from the median is dropped, if the rest
    agree and are at least two; never a second one, and none if two are equally far. An undetermined
    well is not given a Cq. A group that counts as undetermined though one of its wells came up well
    before the LOD is flagged: that the sample lies below the LOD is doubtful there.
    """
    known = [(float(cq), well) for cq, well in zip(cqs, wells, strict=True) if cq is not None]
    n, n_undetermined = len(cqs), len(cqs) - len(known)
    flags = ["few_wells"] if n < settings["wanted"] else []
    if n_undetermined >= settings["undetermined_share"] * n - _TINY:
        is_contradicted = any(cq < lod_cq - _CLEARLY_FOUND for cq, _ in known)
        flags += ["well_far_above_lod"] if is_contradicted else []
        return Replicates(UNDETERMINED, None, None, (), (), n, n_undetermined, flags=tuple(flags))
    if n_undetermined:
        flags.append("well_undetermined")
    used, dropped = _without_furthest(known, settings["max_sd"])
    values = tuple(cq for cq, _ in used)
    cq = float(np.mean(values))
    sd = float(np.std(values, ddof=1)) if len(values) > 1 else None
    if dropped:
        flags.append("well_dropped")
    code, reason = _objection(values, sd, settings)
    flags += [code] if code else []
    state = UNUSABLE if reason else BELOW_LOD if cq > lod_cq else MEASURED
    every = tuple(cq for cq, _ in known)
    return Replicates(
        state, cq, sd, values, every, n, n_undetermined, dropped, reason, tuple(flags)
    )


def _without_furthest(
    known: list[tuple[float, str]], max_sd: float
) -> tuple[list[tuple[float, str]], str]:
    """Return the wells without the one that alone spoils their agreement, and its name."""
    values = np.array([cq for cq, _ in known])
    if len(values) < 3 or np.std(values, ddof=1) <= max_sd:
        return known, ""
    distance = np.abs(values - np.median(values))
    furthest = np.flatnonzero(distance >= distance.max() - _TINY)
    rest = [one for i, one in enumerate(known) if i != furthest[0]]
    is_clear = len(furthest) == 1 and np.std([cq for cq, _ in rest], ddof=1) <= max_sd
    return (rest, known[furthest[0]][1]) if is_clear else (known, "")


def _objection(values: Sequence[float], sd: float | None, settings: Mapping) -> tuple[str, str]:
    """Return a flag and a sentence for what forbids a value; both empty if nothing does."""
    if len(values) < settings["min_wells"]:
        wells = "1 well has" if len(values) == 1 else f"{len(values)} wells have"
        return "too_few_wells", f"{wells} a Cq, fewer than {settings['min_wells']}"
    if sd is not None and sd > settings["max_sd"]:
        words = f"replicate wells disagree: SD {sd:.2f} cycles, above {settings['max_sd']:.2f}"
        return "replicates_disagree", words
    return "", ""


@dataclass(frozen=True)
class WellScatter:
    """Standard deviation of replicate wells of one gene in cycles, over all of its groups."""

    sd: float
    df: float

    def variance_of_mean(self, group: Replicates) -> tuple[float, float]:
        """Return the variance of a group's mean Cq in cycles squared, and its degrees of freedom.

        Two or three wells say little of their own scatter, so that the common one counts, unless
        the group scatters more than the common SD explains.
        """
        own = group.sd if group.sd is not None else 0.0
        free = group.n - 1
        if free > 0 and free * own**2 > chdtri(free, _RARE) * self.sd**2:
            return own**2 / group.n, free
        return self.sd**2 / group.n, self.df


def common_scatter(groups: Sequence[Replicates]) -> WellScatter | None:
    """Estimate the scatter that replicate wells of a gene have in common.

    Parameters
    ----------
    groups
        Replicates of the gene, usable or not.

    Returns
    -------
    The scatter by the median of the groups' variances, each over its median under normal scatter;
    None where no group has two wells. All wells with a Cq count, those dropped too: what is left
    after the worst well is dropped agrees too well, and intervals by it are too narrow. The median
    does not mind the few groups that hold a bad well; it makes half as much of the degrees of
    freedom as the mean.
    """
    every = [np.asarray(one.every) for one in groups if len(one.every) > 1]
    if not every:
        return None
    free = np.array([len(values) - 1 for values in every])
    typical = chdtri(free, 0.5) / free
    variance = np.median([values.var(ddof=1) for values in every] / typical)
    return WellScatter(float(np.sqrt(variance)), max(1.0, _MEDIAN_EFFICIENCY * float(free.sum())))
