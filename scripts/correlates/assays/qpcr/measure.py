"""Values of every target in every sample: normalised, or taken back where the sample forbids."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from correlates.assays.qpcr.normalisation import Normalised, normalise
from correlates.assays.qpcr.plates import Plates
from correlates.assays.qpcr.quantities import ABSENT, Quantity, quantify
from correlates.assays.qpcr.references import ReferenceChoice
from correlates.assays.qpcr.samples import (
    FLUIDS,
    SampleCheck,
    check_haemolysis,
    check_material,
    check_spike_in,
    haemolysis_index,
    mean_cq,
    usual_cq,
)
from correlates.assays.qpcr.settings import QpcrSettings

ASSAY, STATISTIC = "qpcr", "log2_cnrq"


@dataclass(frozen=True)
class SampleValues:
    """All values of one sample: what its material says, and each target's value by gene."""

    sample: str
    draw: Mapping
    checks: Sequence[SampleCheck]
    values: Mapping[str, Normalised]
    targets: Mapping[str, Quantity]
    references: Mapping[str, Sequence[Quantity]]


def measure_samples(
    plates: Plates, choices: Sequence[ReferenceChoice], settings: QpcrSettings
) -> list[SampleValues]:
    """Normalise every target of every sample.

    Parameters
    ----------
    plates
        All plates of the study.
    choices
        The reference genes of each panel.
    settings
        Of the assay.

    Returns
    -------
    One entry a sample. If a calibrator sample is named, values are relative to its own, in the same
    gene; a gene that it lacks is not evaluable.
    """
    with_error = settings.efficiency["in_interval"]
    used = {gene for choice in choices for gene in choice.panel.spike_ins if gene in choice.genes}
    spikes = {gene: usual_cq(plates, gene) for gene in sorted(used)}
    measured = []
    for sample, draw in plates.draws.items():
        targets, references, values = {}, {}, {}
        checks = _checks(plates, sample, draw, spikes, settings)
        for choice in choices:
            of_choice = [
                quantify(plates.series[gene], sample, with_efficiency_error=with_error)
                for gene in choice.genes
            ]
            for gene in (one for one in choice.panel.targets if one in plates.series):
                target = quantify(plates.series[gene], sample, with_efficiency_error=with_error)
                if target.state == ABSENT:
                    continue
                targets[gene], references[gene] = target, of_choice
                values[gene] = _judged(target, of_choice, choice, checks, plates)
        measured.append(SampleValues(sample, draw, checks, values, targets, references))
    return relative_to(measured, settings.calibration["calibrator"])


def _checks(
    plates: Plates,
    sample: str,
    draw: Mapping,
    spikes: Mapping[str, float | None],
    settings: QpcrSettings,
) -> list[SampleCheck]:
    checks = [check_material(draw, settings.sample)]
    if draw.get("specimen") in FLUIDS:
        index = haemolysis_index(plates, sample, settings)
        checks.append(check_haemolysis(index, settings.haemolysis))
    limit = settings.sample["max_spike_shift_cq"]
    for gene, usual in spikes.items():
        checks.append(check_spike_in(gene, mean_cq(plates, gene, sample), usual, limit))
    return checks


def _judged(
    target: Quantity,
    references: Sequence[Quantity],
    choice: ReferenceChoice,
    checks: Iterable[SampleCheck],
    plates: Plates,
) -> Normalised:
    """Normalise a target, and take back what its references or its sample forbid."""
    value = normalise(target, references, choice.instability)
    refusals = [*filter(None, [choice.refusal, *(one.refusal for one in checks)])]
    flags = [*value.flags, *choice.flags, *_gene_flags(target, plates)]
    flags += [flag for one in checks for flag in one.flags]
    value = replace(value, flags=tuple(dict.fromkeys(flags)))
    if not refusals:
        return value
    reason = "; ".join([*refusals, *([value.reason] if value.reason else [])])
    return replace(
        value,
        **dict.fromkeys(("log2", "se", "df", "ci_low", "ci_high", "limit")),
        status="not_evaluable",
        reason=reason,
    )


def _gene_flags(target: Quantity, plates: Plates) -> list[str]:
    """Return what is to be said of a gene's values for its efficiency, plates and standards."""
    series = plates.series[target.gene]
    flags = []
    if series.efficiency.source in ("declared", "assumed"):
        flags.append(f"efficiency_{series.efficiency.source}")
    if not series.has_calibrators and len({plate for plate, _ in series.groups}) > 1:
        flags.append("no_interplate_calibrator")
    curve = series.efficiency.curve
    if curve and any(not curve.cq_low <= cq <= curve.cq_high for cq in target.cqs.values()):
        flags.append("outside_standard_curve")
    return flags


def relative_to(measured: Sequence[SampleValues], calibrator: str | None) -> list[SampleValues]:
    """Express values relative to those of one sample, gene by gene.

    Parameters
    ----------
    measured
        Values of all samples.
    calibrator
        Name of the sample that all are relative to; None leaves them as they are.

    Returns
    -------
    The values less the calibrator's, which is one constant a gene: it shifts every value alike and
    is no part of their intervals.
    """
    if not calibrator:
        return list(measured)
    own = next((one.values for one in measured if one.sample == calibrator), {})
    levels = {gene: value.log2 for gene, value in own.items() if value.status == "ok"}
    return [
        replace(
            one,
            values={gene: _shifted(value, levels.get(gene)) for gene, value in one.values.items()},
        )
        for one in measured
    ]


def _shifted(value: Normalised, level: float | None) -> Normalised:
    if value.status == "not_evaluable":
        return value
    numbers = ("log2", "ci_low", "ci_high", "limit")
    if level is None:
        reason = "the calibrator sample has no value of this gene"
        return replace(
            value,
            **dict.fromkeys((*numbers, "se", "df")),
            status="not_evaluable",
            reason=reason,
            flags=(*value.flags, "calibrator_without_value"),
        )
    known = {name: getattr(value, name) for name in numbers}
    return replace(
        value, **{name: None if one is None else one - level for name, one in known.items()}
    )
