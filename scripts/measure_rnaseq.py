"""Normalise bulk RNA-seq, judge its libraries, and measure the genes that are asked for."""

from typing import TYPE_CHECKING

from correlates.assays.left_out import COLUMNS as LEFT_OUT
from correlates.assays.quality import write_quality
from correlates.assays.rnaseq.expression import normalise_cells
from correlates.assays.rnaseq.figures import draw_layout, draw_overview
from correlates.assays.rnaseq.libraries import join_libraries, read_matrices
from correlates.assays.rnaseq.measure import expression_rows, inclusion_rows, one_library_a_draw
from correlates.assays.rnaseq.settings import RnaseqSettings
from correlates.assays.rnaseq.tables import (
    LIBRARY_COLUMNS,
    TPM_COLUMNS,
    control_rows,
    gene_table,
    library_rows,
    run_rows,
    sample_rows,
    tpm_rows,
)
from correlates.assays.rnaseq.verdicts import library_reasons
from correlates.assays.rows import as_table
from correlates.intake.assay_records import read_assay_rows
from correlates.job import run_logged
from correlates.measurements import write_measurements
from correlates.tables import whole_file, write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Read counts and junctions, and write measurements, verdicts and figures."""
    settings = RnaseqSettings.of_config(job.params.settings)
    sheet = [row for path in job.input.libraries for row in read_assay_rows(path).rows]
    junctions = [row for path in job.input.junctions for row in read_assay_rows(path).rows]
    matrices, refused = read_matrices(job.params.counts, sheet, settings)
    libraries, unmatched = join_libraries(sheet, matrices)
    expressions = normalise_cells(libraries, settings)
    reasons = library_reasons(libraries, expressions, settings)
    measured, repeated = one_library_a_draw(libraries, reasons)
    rows = expression_rows(measured, expressions, reasons, settings)
    spliced, unused = inclusion_rows(junctions, rows, settings)
    write_measurements(as_table([*rows, *spliced]), job.output.measurements)
    write_tsv(job.output.left_out, LEFT_OUT, [*refused, *unmatched, *repeated, *unused])
    notes = [f"{path}: {note}" for path, one in matrices.items() for note in one.notes]
    runs = run_rows(libraries, reasons, notes)
    controls = control_rows(expressions, settings)
    write_quality(job.output, runs, sample_rows(libraries, reasons), controls)
    write_tsv(job.output.libraries, LIBRARY_COLUMNS, library_rows(libraries, expressions, reasons))
    write_tsv(job.output.tpm, TPM_COLUMNS, tpm_rows(measured, settings))
    with whole_file(job.output.genes, "wb") as stream:
        gene_table(expressions).to_parquet(stream, index=False)
    draw_layout(libraries, reasons, settings, job.output.layout)
    draw_overview(expressions, reasons, settings, job.output.overview)


if __name__ == "__main__":
    run_logged(main, snakemake)
