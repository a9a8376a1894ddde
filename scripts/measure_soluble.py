"""Turn concentrations of soluble markers into measurements, verdicts and figures."""

from typing import TYPE_CHECKING

from correlates.assays.layouts import draw_plates
from correlates.assays.left_out import COLUMNS as LEFT_OUT
from correlates.assays.quality import write_quality
from correlates.assays.rows import as_table
from correlates.assays.soluble.figure import draw_overview
from correlates.assays.soluble.handling import COLUMNS as HANDLING
from correlates.assays.soluble.measure import measure_soluble
from correlates.assays.soluble.settings import SolubleSettings
from correlates.intake.assay_records import read_assay_rows
from correlates.job import run_logged
from correlates.measurements import write_measurements
from correlates.tables import write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Measure every marker of the study's sheets."""
    records = read_assay_rows(job.input.soluble[0])
    settings = SolubleSettings(**job.params.settings)
    found = measure_soluble(records.rows, records.left_out, settings)
    write_measurements(as_table(found.measurements), job.output.measurements)
    write_tsv(job.output.left_out, LEFT_OUT, found.left_out)
    write_quality(job.output, found.runs, found.samples, found.controls)
    rows = ({name: _shown(value) for name, value in one.items()} for one in found.handling)
    write_tsv(job.output.handling, HANDLING, rows)
    label = "log2 over the median (controls: nominal)"
    empty = "No value names its plate and well."
    draw_plates(found.wells, job.output.layout, label=label, empty=empty)
    draw_overview(found.measurements, found.handling, settings.labels, job.output.overview)


def _shown(value):
    return f"{value:.6g}" if isinstance(value, float) else value


if __name__ == "__main__":
    run_logged(main, snakemake)
