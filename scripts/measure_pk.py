"""Turn concentrations of drugs into exposure, and write verdicts and figures."""

from typing import TYPE_CHECKING

from correlates.assays.layouts import draw_run_order
from correlates.assays.left_out import COLUMNS as LEFT_OUT
from correlates.assays.pk.collect import PROFILE_COLUMNS, measure_pk
from correlates.assays.pk.figure import draw_profiles
from correlates.assays.pk.nca import NcaSettings
from correlates.assays.pk.runs import RunSettings
from correlates.assays.quality import write_quality
from correlates.assays.rows import as_table
from correlates.intake.assay_records import read_assay_rows
from correlates.job import run_logged
from correlates.measurements import write_measurements
from correlates.tables import write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Analyse every profile of the study's sheets."""
    records = read_assay_rows(job.input.pk[0])
    nca, limits = NcaSettings(**job.params.nca), RunSettings(**job.params.runs)
    found = measure_pk(records.rows, records.left_out, nca, limits)
    write_measurements(as_table(found.measurements), job.output.measurements)
    write_tsv(job.output.left_out, LEFT_OUT, found.left_out)
    write_quality(job.output, found.runs, found.samples, found.controls)
    write_tsv(job.output.profiles, PROFILE_COLUMNS, found.profiles)
    label = "deviation from nominal, %"
    draw_run_order(found.order, job.output.layout, label=label, empty="No controls in the runs.")
    shown = [profile for profile, result in found.analysed if result.n_quantified]
    draw_profiles(shown, job.output.overview)


if __name__ == "__main__":
    run_logged(main, snakemake)
