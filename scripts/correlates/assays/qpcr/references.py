"""Which genes a panel is normalised to, and what speaks against them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from correlates.assays.qpcr.genes import GenePanel
from correlates.assays.qpcr.plates import Plates
from correlates.assays.qpcr.quantities import Quantity, quantify
from correlates.assays.qpcr.replicates import MEASURED
from correlates.assays.qpcr.settings import QpcrSettings
from correlates.assays.qpcr.stability import Stability, measure_stability, most_stable

ALL, GENORM = "all", "genorm"


@dataclass(frozen=True)
class ReferenceChoice:
    """The genes that a panel's targets are divided by.

    ``genes`` are those used, ``not_used`` candidates with the reason, ``warnings`` sentences about
    those used and ``flags`` what every value carries for them. ``refusal`` says why no value can be
    normalised, if so. ``instability`` is the variance on the log2 scale by which a used reference
    moves against the others, beyond its wells, and its degrees of freedom.
    """

    panel: GenePanel
    genes: tuple[str, ...]
    not_used: Mapping[str, str]
    stability: Stability
    warnings: tuple[str, ...]
    flags: tuple[str, ...]
    refusal: str
    instability: tuple[float, float] = (0.0, 0.0)

    @property
    def words(self) -> str:
        """Names of the genes used, as methods tell them."""
        return " + ".join(self.genes)


def choose_references(panel: GenePanel, plates: Plates, settings: QpcrSettings) -> ReferenceChoice:
    """Choose the reference genes of a panel.

    Parameters
    ----------
    panel
        With its candidates.
    plates
        All plates of the study.
    settings
        ``references``: ``choice`` (``all`` candidates, or the most stable ones by ``genorm``),
        ``max_m``, ``good_m``, ``max_v``, ``min_samples``, ``discouraged``.

    Returns
    -------
    Every candidate of the export, unless its efficiency is not accepted or geNorm is asked to
    choose. One set holds for all samples: values over different sets do not compare.
    """
    rules = settings.references
    present = [gene for gene in panel.references if _is_measured(gene, plates)]
    not_used = {
        gene: f"efficiency: {plates.series[gene].efficiency.reason}"
        for gene in present
        if not plates.series[gene].efficiency.is_accepted
    }
    genes = [gene for gene in present if gene not in not_used]
    stability = measure_stability(reference_quantities(genes, plates), genes)
    is_judged = stability.n_samples >= rules["min_samples"] and len(genes) > 1
    if rules["choice"] == GENORM and is_judged:
        chosen = most_stable(stability, rules["max_m"], rules["max_v"], panel.min_references)
        not_used |= {gene: "not among the most stable" for gene in genes if gene not in chosen}
        genes = [gene for gene in genes if gene in chosen]
    used_spikes = [
        gene
        for gene in panel.spike_ins
        if _is_measured(gene, plates) and plates.series[gene].efficiency.is_accepted
    ]
    of_used = measure_stability(reference_quantities(genes, plates), genes)
    warnings, flags = _objections(genes, of_used, is_judged, settings)
    every = (*genes, *used_spikes)
    refusal = ""
    if len(every) < panel.min_references:
        absent = [gene for gene in panel.normalisers if gene not in (*present, *used_spikes)]
        told = [f"{gene} ({why})" for gene, why in not_used.items()]
        told += [f"{gene} (not on any plate)" for gene in absent]
        refusal = (
            f"{len(every)} reference genes usable of the {panel.min_references} that panel "
            f"{panel.name} needs; not usable: {', '.join(told) or 'no others are named'}"
        )
        flags = (*flags, "too_few_references")
    if not_used:
        flags = (*flags, "reference_not_used")
    scatter = instability(list(every), plates) if rules["in_interval"] else (0.0, 0.0)
    return ReferenceChoice(panel, every, not_used, stability, warnings, flags, refusal, scatter)


def instability(genes: list[str], plates: Plates) -> tuple[float, float]:
    """Estimate by how much a reference gene moves against the others from sample to sample.

    Parameters
    ----------
    genes
        References that are used together.
    plates
        All plates of the study.

    Returns
    -------
    Variance of log2 of one gene about the mean of all, beyond what its wells explain, and its
    degrees of freedom: the residual mean square of samples by genes less the mean variance of the
    wells. Both are 0 where there are fewer than two genes or samples. A reference may differ
    between kinds of cells, so that each kind is looked at by itself.
    """
    if len(genes) < 2:
        return 0.0, 0.0
    square, df, of_wells = 0.0, 0, []
    for table in _measured_by_material(genes, plates):
        log2 = np.array([[one.log2 for one in row] for row in table])
        rest = log2 - log2.mean(axis=1, keepdims=True)
        rest -= rest.mean(axis=0)
        square += float((rest**2).sum())
        df += (len(table) - 1) * (len(genes) - 1)
        of_wells += [one.variance for row in table for one in row]
    if not df:
        return 0.0, 0.0
    return max(0.0, square / df - float(np.mean(of_wells))), float(df)


def _measured_by_material(genes: list[str], plates: Plates) -> list[list[list[Quantity]]]:
    """Return quantities of genes in samples that have all, a table for each kind of cells."""
    tables: dict[tuple, list[list[Quantity]]] = {}
    for name, draw in plates.draws.items():
        row = [quantify(plates.series[gene], name, with_efficiency_error=False) for gene in genes]
        if all(one.state == MEASURED for one in row):
            tables.setdefault((draw.get("cell"), draw.get("specimen")), []).append(row)
    return list(tables.values())


def reference_quantities(genes: list[str], plates: Plates) -> np.ndarray:
    """Log2 quantities of genes in all samples, shape (samples, genes); NaN where not measured."""
    rows = []
    for sample in plates.draws:
        of = [quantify(plates.series[g], sample, with_efficiency_error=False) for g in genes]
        rows.append([one.log2 if one.state == MEASURED else math.nan for one in of])
    return np.array(rows, dtype=float).reshape(len(rows), len(genes))


def _is_measured(gene: str, plates: Plates) -> bool:
    return gene in plates.series and bool(plates.series[gene].groups)


def _objections(
    genes: list[str], stability: Stability, is_judged: bool, settings: QpcrSettings
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Say what speaks against the genes used, and which flags that gives."""
    rules = settings.references
    warnings = [
        f"{gene} is a discouraged reference: its level is part of the biology under study."
        for gene in genes
        if gene in settings.discouraged
    ]
    flags = [f"reference_{gene}" for gene in genes if gene in settings.discouraged]
    if not is_judged:
        warnings.append(
            f"The stability of references is not judged: {stability.n_samples} samples have all of "
            f"them, fewer than {rules['min_samples']}."
            if len(genes) > 1
            else "The stability of a single reference gene cannot be judged."
        )
        return tuple(warnings), (*flags, "reference_stability_unknown")
    for gene, m in stability.m.items():
        if m > rules["max_m"]:
            warnings.append(f"{gene} is not stable: M {m:.2f}, above {rules['max_m']:g}.")
            flags.append("references_unstable")
        elif m > rules["good_m"]:
            warnings.append(
                f"M of {gene} is {m:.2f}: above {rules['good_m']:g}, which homogeneous "
                f"material reaches, and within {rules['max_m']:g} for mixed clinical material."
            )
    return tuple(warnings), tuple(dict.fromkeys(flags))
