"""Turn qPCR wells into log2 CNRQ, and write verdicts and figures."""

from typing import TYPE_CHECKING

from correlates.assays.layouts import draw_plates
from correlates.assays.left_out import COLUMNS as LEFT_OUT
from correlates.assays.qpcr.collect import measure_qpcr
from correlates.assays.qpcr.figure import draw_overview
from correlates.assays.qpcr.settings import QpcrSettings
from correlates.assays.qpcr.tables import EFFICIENCY_COLUMNS, QUANTITY_COLUMNS, STABILITY_COLUMNS
from correlates.assays.quality import write_quality
from correlates.assays.rows import as_table
from correlates.intake.assay_records import read_assay_rows
from correlates.job import run_logged
from correlates.measurements import write_measurements
from correlates.tables import write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Measure everything on the study's plates."""
    settings = QpcrSettings(**job.params.settings)
    found = measure_qpcr(read_assay_rows(job.input.qpcr[0]).rows, settings)
    write_measurements(as_table(found.measurements), job.output.measurements)
    write_tsv(job.output.left_out, LEFT_OUT, found.left_out)
    write_quality(job.output, found.runs, found.samples, found.controls)
    write_tsv(job.output.quantities, QUANTITY_COLUMNS, found.quantities)
    write_tsv(job.output.efficiencies, EFFICIENCY_COLUMNS, found.efficiencies)
    write_tsv(job.output.stability, STABILITY_COLUMNS, found.stability)
    draw_plates(found.wells, job.output.layout, label="Cq")
    draw_overview(found.plates, found.choices, found.values, settings, job.output.overview)


if __name__ == "__main__":
    run_logged(main, snakemake)
