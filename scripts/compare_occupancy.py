"""Ask whether lenalidomide changes the occupancy that ibrutinib reaches."""

from typing import TYPE_CHECKING

from correlates.analyses.answers import write_answers
from correlates.analyses.occupancy.answers import answer_occupancy
from correlates.analyses.occupancy.figure import draw_occupancy
from correlates.analyses.occupancy.pairs import PAIR_COLUMNS
from correlates.analyses.occupancy.reference import TROUGH_COLUMNS
from correlates.analyses.occupancy.settings import OccupancySettings
from correlates.clinical.dosing.dosing import dosing_of_cohort
from correlates.clinical.records import read_records
from correlates.job import run_logged
from correlates.measurements import read_measurements
from correlates.tables import write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Answer for each target and kind of cell, and write the pairs behind the answers."""
    settings = OccupancySettings.of(job.params.settings, job.params.visits, job.params.windows_h)
    dosing = dosing_of_cohort(read_records(job.input.clinical))
    measured = read_measurements(job.input.measurements)
    found = answer_occupancy(measured, dosing, settings, job.params.design_note)
    write_answers(job.output.answers, found.answers)
    write_tsv(job.output.pairs, PAIR_COLUMNS, found.pairs)
    write_tsv(job.output.troughs, TROUGH_COLUMNS, found.troughs)
    draw_occupancy(found.drawn, settings, job.output.figure)


if __name__ == "__main__":
    run_logged(main, snakemake)
