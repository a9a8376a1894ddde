"""All of the qPCR sheets: measurements, verdicts and tables, and what gives none of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from correlates.assays.qpcr.measure import SampleValues, measure_samples
from correlates.assays.qpcr.plate_verdicts import plate_rows
from correlates.assays.qpcr.plates import Plates, read_plates, sort_wells
from correlates.assays.qpcr.references import ReferenceChoice, choose_references
from correlates.assays.qpcr.rows import measurement_rows
from correlates.assays.qpcr.settings import QpcrSettings
from correlates.assays.qpcr.tables import efficiency_rows, quantity_rows, stability_rows
from correlates.assays.qpcr.verdicts import (
    calibrator_rows,
    sample_rows,
    well_verdicts,
)


@dataclass(frozen=True)
class QpcrResults:
    """What comes of the sheets: rows of each table, and what the figures are drawn of."""

    measurements: list[dict]
    left_out: list[dict]
    runs: list[dict]
    samples: list[dict]
    controls: list[dict]
    quantities: list[dict]
    efficiencies: list[dict]
    stability: list[dict]
    wells: list[dict]
    plates: Plates
    choices: Sequence[ReferenceChoice]
    values: Sequence[SampleValues]


def measure_qpcr(rows: Iterable[Mapping], settings: QpcrSettings) -> QpcrResults:
    """Measure every target of every sample, and judge plates, samples and calibrators.

    Parameters
    ----------
    rows
        Good rows of the sheets of kind ``qpcr``.
    settings
        Of the assay.

    Returns
    -------
    The results.
    """
    used, left_out = sort_wells(rows, settings)
    plates = read_plates(used, settings)
    choices = [choose_references(panel, plates, settings) for panel in settings.gene_panels]
    values = measure_samples(plates, choices, settings)
    return QpcrResults(
        measurements=measurement_rows(values, choices, plates, settings),
        left_out=left_out,
        runs=plate_rows(plates, choices, settings),
        samples=sample_rows(values, plates),
        controls=calibrator_rows(plates, settings.calibration["max_cv_pct"]),
        quantities=list(quantity_rows(values, plates, settings)),
        efficiencies=list(efficiency_rows(plates)),
        stability=list(stability_rows(choices)),
        wells=well_verdicts(plates),
        plates=plates,
        choices=choices,
        values=values,
    )
