"""What a sample itself says about its values: purity, RNA, haemolysis, recovery of spike-ins."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass

from correlates.assays.qpcr.plates import Plates
from correlates.assays.qpcr.replicates import BELOW_LOD, MEASURED
from correlates.assays.qpcr.settings import QpcrSettings
from correlates.assays.quality import FAIL, FLAG, Reason

PURIFIED = frozenset({"cll", "b_normal", "b", "t", "t_cd4", "t_cd8", "nk", "mono"})
FLUIDS = frozenset({"plasma", "serum"})
_FEWEST_FOR_MEDIAN = 3


@dataclass(frozen=True)
class SampleCheck:
    """Flags of a sample, and its reasons in words; ``refusal`` says why it has no value, if so."""

    flags: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    refusal: str = ""


def check_material(draw: Mapping, settings: Mapping) -> SampleCheck:
    """Judge what a sample is made of.

    Parameters
    ----------
    draw
        Its row: ``cell``, ``specimen``, ``purity_pct``, ``rin``, ``ng_rna``.
    settings
        ``min_purity_pct``, ``min_rin``, ``min_ng_rna``.

    Returns
    -------
    The check. RNA of a mixture of cells mirrors how many of each there are, which the clone rules;
    it is measured, and never without the flag.
    """
    cell, fluid = draw.get("cell") or "", draw.get("specimen") in FLUIDS
    flags, reasons = [], []

    def flag(name: str, words: str) -> None:
        flags.append(name)
        reasons.append(Reason(FLAG, words))

    if cell in PURIFIED:
        purity, least = draw.get("purity_pct"), settings["min_purity_pct"]
        if purity is None:
            flag("purity_unknown", "The purity of the cells is not given.")
        elif purity < least:
            flag("low_purity", f"Purity {purity:g} % is below {least:g} %.")
            flags.append("composition_confounded")
    elif not fluid:
        words = f"{cell or 'Cells'} are a mixture: a level may be its composition."
        flag("composition_confounded", words[:1].upper() + words[1:])
    rin, amount = draw.get("rin"), draw.get("ng_rna")
    if rin is not None and rin < settings["min_rin"] and not fluid:
        flag("low_rin", f"RIN {rin:g} is below {settings['min_rin']:g}.")
    if amount is not None and amount < settings["min_ng_rna"] and not fluid:
        flag("low_rna_input", f"{amount:g} ng RNA, less than {settings['min_ng_rna']:g}.")
    return SampleCheck(tuple(flags), tuple(reasons))


def mean_cq(plates: Plates, gene: str, sample: str) -> float | None:
    """Mean Cq of a gene in a sample over its plates, in cycles; None where not measured."""
    series = plates.series.get(gene)
    if series is None:
        return None
    groups = series.of_samples.get(sample, {}).values()
    cqs = [one.cq for one in groups if one.state in (MEASURED, BELOW_LOD)]
    return sum(cqs) / len(cqs) if cqs else None


def haemolysis_index(plates: Plates, sample: str, settings: QpcrSettings) -> float | None:
    """Cq of the stable microRNA minus that of red cells, in cycles; None where not measured."""
    names = (settings.haemolysis["marker"], settings.haemolysis["erythroid"])
    keys = [settings.gene_names.key(name) for name in names]
    marker, erythroid = (mean_cq(plates, key, sample) for key in keys)
    return None if marker is None or erythroid is None else marker - erythroid


def check_haemolysis(index: float | None, settings: Mapping) -> SampleCheck:
    """Judge plasma or serum by its haemolysis index.

    Parameters
    ----------
    index
        Of `haemolysis_index`, in cycles.
    settings
        ``flag_from`` and ``reject_above``, in cycles.

    Returns
    -------
    The check: red cells hold microRNA too, so that what is measured may be theirs.
    """
    if index is None:
        words = "The haemolysis index was not measured."
        return SampleCheck(("haemolysis_unknown",), (Reason(FLAG, words),))
    if index > settings["reject_above"]:
        words = f"Haemolysis index {index:.1f} is above {settings['reject_above']:g}."
        return SampleCheck(("haemolysed",), (Reason(FAIL, words),), words)
    if index >= settings["flag_from"]:
        words = f"Haemolysis index {index:.1f} is {settings['flag_from']:g} or more."
        return SampleCheck(("haemolysis_suspected",), (Reason(FLAG, words),))
    return SampleCheck()


def check_spike_in(
    gene: str, cq: float | None, usual: float | None, max_shift: float
) -> SampleCheck:
    """Compare the recovery of a spike-in with that of the other samples.

    Parameters
    ----------
    gene
        The spike-in.
    cq, usual
        Mean Cq in the sample and in the median sample; None where not measured.
    max_shift
        Cycles between them beyond which the sample is flagged.

    Returns
    -------
    The check: the amount added is that of all samples, so that a shift is one of extraction or of
    inhibition.
    """
    if cq is None or usual is None or abs(cq - usual) <= max_shift:
        return SampleCheck()
    side = "later" if cq > usual else "earlier"
    shift = abs(cq - usual)
    words = f"Spike-in {gene} comes up {shift:.1f} cycles {side} than in the median sample."
    return SampleCheck(("spike_in_off",), (Reason(FLAG, words),))


def usual_cq(plates: Plates, gene: str) -> float | None:
    """Median over samples of the mean Cq of a gene; None of fewer than three samples."""
    every = [mean_cq(plates, gene, name) for name in plates.draws]
    known = [one for one in every if one is not None]
    return statistics.median(known) if len(known) >= _FEWEST_FOR_MEDIAN else None
