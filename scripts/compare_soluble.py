"""Answer what changes in soluble markers, and whose immunoglobulins rise."""

from typing import TYPE_CHECKING

from correlates.analyses.answers import write_answers
from correlates.analyses.soluble.changes import change_answers
from correlates.analyses.soluble.figure import draw_changes
from correlates.analyses.soluble.levels import clearance_answers, rise_answers
from correlates.assays.soluble.settings import labels_of
from correlates.clinical.dosing.settings import VisitSettings
from correlates.job import run_logged
from correlates.measurements import read_measurements

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Compare draws of the same patients."""
    measurements = read_measurements(job.input.measurements)
    measurements = measurements[measurements["assay"] == "soluble"]
    visits, asked = VisitSettings.of(job.params.visits), job.params.settings
    level, note = job.params.confidence, job.params.design_note
    censoring, labels = job.params.censoring, labels_of(job.params.panels)
    answers = change_answers(
        measurements, asked["contrasts"], censoring, visits, level, note, labels
    )
    answers += rise_answers(measurements, asked["immunoglobulins"], visits, level, note)
    answers += clearance_answers(measurements, asked["clearance_at"], visits, level)
    write_answers(job.output.answers, answers)
    draw_changes(answers, labels, job.output.figure)


if __name__ == "__main__":
    run_logged(main, snakemake)
