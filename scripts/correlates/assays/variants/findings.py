"""Each row of the variants sheet as one finding: detected or not, with its limit of detection."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from correlates.assays.variants.fractions import detection_limit, interval_of
from correlates.assays.variants.names import NONE, is_known, short_change

SAMPLE, NEGATIVE, POSITIVE = "sample", "negative", "positive"
NGS = "ngs"
# flags
NO_DEPTH = "depth_not_given"
NO_LOD = "lod_not_given"
LOW_DEPTH = "depth_below_needed"
BELOW_LOD = "seen_below_lod"
UNLISTED = "not_on_resistance_list"
LOD_OF_DEPTH = "lod_by_depth"
CONTRADICTS = "row_contradicts_itself"
# statuses of the measurement contract
OK, ND, NOT_EVALUABLE = "ok", "nd", "not_evaluable"


@dataclass(frozen=True)
class VariantSettings:
    """The config's block ``variants``.

    Parameters
    ----------
    known
        Changes or residues known to cause resistance, by gene.
    x_linked
        Genes of the X chromosome.
    min_alt_reads, detection_probability
        Reads that count as detection, and the probability that the limit of detection stands for.
    min_depth
        Reads below which a sample is flagged: 920 show 1 %.
    max_vaf_difference
        How far a fraction that is given may be from its reads, as a fraction.
    max_control_deviation
        How far a positive control may be from its fraction, relative to it.
    max_cv_pct
        Largest variation of a control between runs.
    """

    known: Mapping[str, Sequence[str]] = field(default_factory=dict)
    x_linked: Sequence[str] = ("BTK",)
    min_alt_reads: int = 5
    detection_probability: float = 0.95
    min_depth: int = 920
    max_vaf_difference: float = 0.005
    max_control_deviation: float = 0.30
    max_cv_pct: float = 30.0


@dataclass(frozen=True)
class Finding:
    """One variant in one sample.

    Parameters
    ----------
    row
        Of the sheet.
    gene, change
        The gene in capitals and the change in one-letter code.
    status
        ``ok`` (detected), ``nd``, or ``not_evaluable`` (neither seen nor with a limit).
    vaf, low, high
        Allele fraction of 1 and its 95 % interval; None where there is none.
    lod
        Limit of detection, a fraction of 1; None where nobody knows it.
    flags
        What to know of it.
    """

    row: Mapping
    gene: str
    change: str
    status: str
    vaf: float | None
    low: float | None
    high: float | None
    lod: float | None
    flags: tuple[str, ...] = ()


def is_of_patient(row: Mapping) -> bool:
    """Tell samples of patients from controls."""
    return (row.get("role") or SAMPLE) == SAMPLE


def find_variants(
    rows: Iterable[Mapping], settings: VariantSettings
) -> tuple[list[Finding], list[dict]]:
    """Read every row.

    Returns
    -------
    The findings, and the rows that contradict themselves (``row``, ``reason``), whose variants are
    ``not_evaluable``. A row without a
    change (``none``) says that no variant of the gene's list was found: it gives one finding for
    each of them.
    """
    findings, refused = [], []
    for row in rows:
        reason = contradiction(row, settings)
        if reason:
            refused.append({"row": row, "reason": reason})
            change = short_change(row.get("hgvs_p"))
            if change != NONE:
                gene, none = str(row["gene"]).upper(), (None, None, None, None)
                findings.append(Finding(row, gene, change, NOT_EVALUABLE, *none, (CONTRADICTS,)))
            continue
        gene, change = str(row["gene"]).upper(), short_change(row.get("hgvs_p"))
        changes = [change] if change != NONE else list(settings.known.get(gene, ()))
        if not changes:
            reason = (
                f"nothing was found in {gene}, and config variants.known lists no variant of it; "
                "name the variants that were looked for"
            )
            refused.append({"row": row, "reason": reason})
        findings += [_finding(row, gene, one, settings) for one in changes]
    return findings, refused


def contradiction(row: Mapping, settings: VariantSettings) -> str:
    """Say how a row contradicts itself; empty if it does not."""
    alt, depth, vaf = row.get("alt"), row.get("depth"), row.get("vaf")
    if alt is not None and depth is None:
        return f"{alt} reads with the variant are given and no depth; give the column depth"
    if alt is not None and alt > depth:
        return f"{alt} reads with the variant of {depth} in all; correct one of them"
    if alt is not None and vaf is not None and depth:
        away = abs(vaf - alt / depth)
        if away > settings.max_vaf_difference:
            return (
                f"the fraction is {vaf:g}, and {alt} of {depth} reads are {alt / depth:.4g}; "
                "correct one of them, or leave the fraction out"
            )
    if short_change(row.get("hgvs_p")) == NONE and (alt or vaf):
        return "a variant was seen, and its change is not named (hgvs_p)"
    return ""


def _finding(row: Mapping, gene: str, change: str, settings: VariantSettings) -> Finding:
    alt, depth, vaf = row.get("alt"), row.get("depth"), row.get("vaf")
    low = high = None
    flags = [] if is_known(gene, change, settings.known) else [UNLISTED]
    if depth and alt is not None:
        vaf = alt / depth
        low, high = interval_of(alt, depth)
    elif vaf is not None:
        flags.append(NO_DEPTH)
    if depth is not None and depth < settings.min_depth and row.get("assay") in (None, NGS):
        flags.append(LOW_DEPTH)
    lod, of_depth = _limit(row, settings)
    flags += [LOD_OF_DEPTH] if of_depth else []
    is_seen = bool(vaf) and (alt is None or alt >= _fewest(row, settings))
    # A limit that the depth makes is where the fewest reads are seen with a probability: asking for
    # a fraction above it as well would miss half of the variants that lie at it.
    least = row.get("lod_vaf") if of_depth and alt is not None else lod
    if is_seen and (least is None or vaf >= least):
        return Finding(row, gene, change, OK, vaf, low, high, lod, tuple(flags))
    if lod is None:
        return Finding(row, gene, change, NOT_EVALUABLE, None, None, None, None, (*flags, NO_LOD))
    flags += [BELOW_LOD] if vaf else []
    return Finding(row, gene, change, ND, vaf, low, high, lod, tuple(flags))


def _fewest(row: Mapping, settings: VariantSettings) -> int:
    # a droplet is one molecule, and its assay's limit of detection decides alone
    return settings.min_alt_reads if row.get("assay") in (None, NGS) else 1


def _limit(row: Mapping, settings: VariantSettings) -> tuple[float | None, bool]:
    """Return the limit of detection, and whether the depth makes it.

    A limit that the laboratory states holds for the depth that it was found at: where the reads
    of this sample allow no such limit, theirs counts.
    """
    stated, depth = row.get("lod_vaf"), row.get("depth")
    if not depth or row.get("assay") not in (None, NGS):
        return stated, False
    by_depth = detection_limit(depth, settings.min_alt_reads, settings.detection_probability)
    if stated is not None and stated >= by_depth:
        return stated, False
    return by_depth, True
