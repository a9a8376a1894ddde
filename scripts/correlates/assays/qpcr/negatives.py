"""Wells without template or reverse transcriptase: how far from the samples they come up."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from correlates.assays.qpcr.replicates import BELOW_LOD, MEASURED, Replicates

NTC, NO_RT = "ntc", "no_rt"
_WORDS = {NTC: "the well without template", NO_RT: "the well without reverse transcriptase"}


@dataclass(frozen=True)
class NegativeControl:
    """The earliest negative control of one kind, for one gene on one plate.

    ``cq`` is infinite where no such well came up. ``sample`` is that of a no-RT well of one sample,
    empty if it speaks for all of the plate. ``gap`` is its distance from the weakest of those
    samples in cycles, None where none of them was measured.
    """

    plate: str
    gene: str
    kind: str
    sample: str
    cq: float
    n_wells: int
    gap: float | None
    is_clear: bool


def judge_negatives(
    wells: Iterable[Mapping], groups: Mapping[tuple, Replicates], min_gap: float
) -> list[NegativeControl]:
    """Compare each negative control with the weakest sample that it speaks for.

    Parameters
    ----------
    wells
        Rows of tasks ``ntc`` and ``no_rt``: ``plate``, ``gene``, ``task``, ``sample``, ``cq``.
    groups
        Replicates by plate, gene and sample.
    min_gap
        Cycles by which a control must come up later than the weakest sample.

    Returns
    -------
    One judgement for each plate, gene, kind and, without reverse transcriptase, sample.
    """
    levels = _levels(groups)
    found = defaultdict(list)
    for row in wells:
        sample = (row.get("sample") or "") if row["task"] == NO_RT else ""
        known = (row["plate"], row["gene"], sample) in groups
        found[row["plate"], row["gene"], row["task"], sample if known else ""].append(row["cq"])
    judged = []
    for (plate, gene, kind, sample), cqs in found.items():
        earliest = min((cq for cq in cqs if cq is not None), default=math.inf)
        of = levels.get((plate, gene), {})
        weakest = max([cq for name, cq in of.items() if sample in ("", name)], default=None)
        gap = None if weakest is None else earliest - weakest
        is_clear = math.isinf(earliest) or (gap is not None and gap >= min_gap)
        judged.append(NegativeControl(plate, gene, kind, sample, earliest, len(cqs), gap, is_clear))
    return judged


def too_close(
    controls: Iterable[NegativeControl], groups: Mapping[tuple, Replicates], min_gap: float
) -> dict[tuple, tuple[str, str]]:
    """Say which groups a negative control comes too near to, by a flag and in words.

    Parameters
    ----------
    controls, groups, min_gap
        As of `judge_negatives`.

    Returns
    -------
    Flag and reason by plate, gene and sample. At a distance of 5 cycles what the control holds
    makes up 3 % of the signal; stronger samples of the same plate keep their values.
    """
    reasons = {}
    for control in (one for one in controls if not one.is_clear):
        for (plate, gene, sample), group in groups.items():
            is_meant = (plate, gene) == (control.plate, control.gene)
            if not is_meant or control.sample not in ("", sample) or group.cq is None:
                continue
            gap = control.cq - group.cq
            if gap < min_gap:
                words = (
                    f"{_WORDS[control.kind]} comes up {gap:.1f} cycles after the sample, "
                    f"less than {min_gap:g}"
                )
                reasons[plate, gene, sample] = (f"{control.kind}_too_close", words)
    return reasons


def _levels(groups: Mapping[tuple, Replicates]) -> dict[tuple[str, str], dict[str, float]]:
    """Mean Cq of each measured sample, by plate and gene."""
    found = defaultdict(dict)
    for (plate, gene, sample), group in groups.items():
        if group.state in (MEASURED, BELOW_LOD):
            found[plate, gene][sample] = group.cq
    return found
