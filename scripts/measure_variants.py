"""Turn reported variants into allele fractions and shares of the clone."""

from typing import TYPE_CHECKING

from correlates.assays.layouts import draw_run_order
from correlates.assays.left_out import COLUMNS as LEFT_OUT
from correlates.assays.quality import write_quality
from correlates.assays.rows import as_table
from correlates.assays.variants.collect import FINDING_COLUMNS, measure_variants
from correlates.assays.variants.figure import draw_variants
from correlates.assays.variants.findings import VariantSettings
from correlates.intake.assay_records import read_assay_rows
from correlates.job import run_logged
from correlates.measurements import write_measurements
from correlates.tables import write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Read every row of the study's sheets."""
    records = read_assay_rows(job.input.variants[0])
    settings = VariantSettings(**job.params.settings)
    found = measure_variants(records.rows, job.params.sexes, settings)
    write_measurements(as_table(found.measurements), job.output.measurements)
    write_tsv(job.output.left_out, LEFT_OUT, found.left_out)
    write_quality(job.output, found.runs, found.samples, found.controls)
    write_tsv(job.output.variants, FINDING_COLUMNS, found.findings)
    label = "reads at the place"
    draw_run_order(found.order, job.output.layout, label=label, empty="No depth was given.")
    draw_variants(found.found, job.output.overview)


if __name__ == "__main__":
    run_logged(main, snakemake)
