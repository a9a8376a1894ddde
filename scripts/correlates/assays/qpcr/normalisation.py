"""Normalised relative quantities: a target over the geometric mean of its reference genes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from scipy.special import stdtrit

from correlates.assays.qpcr.quantities import (
    ABSENT,
    Quantity,
    satterthwaite,
)
from correlates.assays.qpcr.replicates import BELOW_LOD, MEASURED, UNDETERMINED

CONFIDENCE = 0.95
# Degrees of freedom from which on t is normal.
_MANY = 1e9


@dataclass(frozen=True)
class Normalised:
    """Log2 of a normalised relative quantity, and how it came about.

    ``status`` is a word of the measurement table. ``se`` and the interval are on the log2 scale;
    ``alone`` is what each reference gene would give by itself.
    """

    gene: str
    sample: str
    status: str
    log2: float | None = None
    se: float | None = None
    df: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    limit: float | None = None
    n: int = 0
    flags: tuple[str, ...] = ()
    reason: str = ""
    plates: tuple[str, ...] = ()
    alone: dict[str, float] = field(default_factory=dict)


def normalise(
    target: Quantity,
    references: Sequence[Quantity],
    instability: tuple[float, float] = (0.0, 0.0),
    confidence: float = CONFIDENCE,
) -> Normalised:
    """Divide a target by the geometric mean of all references of the sample.

    Parameters
    ----------
    target
        Quantity of the gene of interest.
    references
        Those of every reference gene that the study normalises to.
    instability
        Variance by which one reference moves against the others, and its degrees of freedom.
    confidence
        Level of the interval.

    Returns
    -------
    ``log2 target - mean(log2 references)``. A sample that lacks one of the references has no value:
    the mean of the others lies elsewhere, and would compare with no other sample. A target below
    the limit of detection is censored there. The error adds up over wells, references, calibrators
    and efficiencies.

    Notes
    -----
    Source: Hellemans et al., Genome Biol 2007;8:R19 (qBase), on the log scale.
    """
    missing = [one for one in references if one.state != MEASURED]
    if target.state not in (MEASURED, BELOW_LOD, UNDETERMINED) or missing or not references:
        return _not_evaluable(target, references, missing)
    factor = sum(one.log2 for one in references) / len(references)
    limit, flags = target.limit - factor, _flags(target, references)
    named = (target.gene, target.sample)
    alone = {one.gene: one.log2 for one in references}
    if target.state == UNDETERMINED:
        flags = ("undetermined", *flags)
        return Normalised(*named, "nd", limit, limit=limit, n=0, flags=flags, plates=target.plates)
    weight = 1 / len(references) ** 2
    parts = [*target.parts]
    parts += [(part * weight, df) for one in references for part, df in one.parts]
    parts.append((instability[0] / len(references), instability[1]))
    value = target.log2 - factor
    se, df = math.sqrt(sum(part for part, _ in parts)), satterthwaite(parts)
    half = se * stdtrit(min(df, _MANY), (1 + confidence) / 2)
    return Normalised(
        *named,
        "ok" if target.state == MEASURED else "lt_lloq",
        value,
        se,
        df,
        value - half,
        value + half,
        limit,
        target.n,
        flags,
        plates=target.plates,
        alone={gene: target.log2 - log2 for gene, log2 in alone.items()},
    )


def _flags(target: Quantity, references: Sequence[Quantity]) -> tuple[str, ...]:
    of_references = (f"reference_{flag}" for one in references for flag in one.flags)
    return tuple(dict.fromkeys([*target.flags, *of_references]))


def _not_evaluable(
    target: Quantity, references: Sequence[Quantity], missing: Sequence[Quantity]
) -> Normalised:
    reasons = [target.reason] if target.reason else []
    reasons += [f"reference {one.gene}: {_why(one)}" for one in missing]
    codes = [f"reference_{one.gene}_not_usable" for one in missing]
    if not references:
        reasons.append("no reference gene")
        codes.append("no_reference_gene")
    return Normalised(
        target.gene,
        target.sample,
        "not_evaluable",
        n=target.n,
        flags=(*_flags(target, references), *codes),
        reason="; ".join(reasons),
        plates=target.plates,
    )


def _why(reference: Quantity) -> str:
    if reference.state == UNDETERMINED:
        return "undetermined"
    if reference.state == BELOW_LOD:
        return "below its limit of detection"
    return "not measured" if reference.state == ABSENT else reference.reason
