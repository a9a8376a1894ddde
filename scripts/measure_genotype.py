"""Turn genotype reports into copies of declared alleles, call rates and equilibrium."""

from typing import TYPE_CHECKING

from correlates.assays.genotype.calls import read_loci
from correlates.assays.genotype.collect import CALL_COLUMNS, LOCUS_COLUMNS, measure_genotypes
from correlates.assays.genotype.figure import draw_genotypes
from correlates.assays.layouts import draw_run_order
from correlates.assays.left_out import COLUMNS as LEFT_OUT
from correlates.assays.quality import write_quality
from correlates.assays.rows import as_table
from correlates.intake.assay_records import read_assay_rows
from correlates.job import run_logged
from correlates.measurements import write_measurements
from correlates.tables import write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Call every patient of the study's sheets."""
    records = read_assay_rows(job.input.genotype[0])
    loci = read_loci(job.params.loci)
    found = measure_genotypes(records.rows, loci, job.params.min_call_rate)
    write_measurements(as_table(found.measurements), job.output.measurements)
    write_tsv(job.output.left_out, LEFT_OUT, found.left_out)
    write_quality(job.output, found.runs, found.samples, found.controls)
    write_tsv(job.output.calls, CALL_COLUMNS, found.calls)
    write_tsv(job.output.loci, LOCUS_COLUMNS, found.loci)
    draw_run_order(found.order, job.output.layout, label="variants called, %", empty="No calls.")
    draw_genotypes(found.loci, job.output.overview)


if __name__ == "__main__":
    run_logged(main, snakemake)
