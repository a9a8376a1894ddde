"""Turn scored conjugates into medians of samples, and write verdicts and figures."""

from typing import TYPE_CHECKING

from correlates.assays.layouts import draw_run_order
from correlates.assays.left_out import COLUMNS as LEFT_OUT
from correlates.assays.quality import write_quality
from correlates.assays.rows import as_table
from correlates.assays.synapse.figure import draw_synapses
from correlates.assays.synapse.judging import SynapseSettings
from correlates.assays.synapse.measure import measure_synapse
from correlates.intake.assay_records import read_assay_rows
from correlates.job import run_logged
from correlates.measurements import write_measurements
from correlates.tables import write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Measure every draw of the study's sheets."""
    settings = SynapseSettings(**job.params.settings)
    found = measure_synapse(read_assay_rows(job.input.synapse[0]).rows, settings)
    write_measurements(as_table(found.measurements), job.output.measurements)
    write_tsv(job.output.left_out, LEFT_OUT, found.left_out)
    write_quality(job.output, found.runs, found.samples, found.controls)
    label = "relative recruitment index"
    draw_run_order(found.order, job.output.layout, label=label, empty="No conjugates.")
    draw_synapses(found.shown, settings.min_conjugates, job.output.overview)


if __name__ == "__main__":
    run_logged(main, snakemake)
