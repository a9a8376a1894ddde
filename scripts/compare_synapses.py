"""Ask whether the immune synapse changes between the draws of the same patients."""

from typing import TYPE_CHECKING

from correlates.analyses.answers import write_answers
from correlates.analyses.synapse.answers import answer_synapse
from correlates.clinical.dosing.settings import VisitSettings
from correlates.job import run_logged
from correlates.measurements import read_measurements

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Answer for each statistic, and each pair of draws."""
    found = answer_synapse(
        read_measurements(job.input.measurements),
        job.params.contrasts,
        VisitSettings.of(job.params.visits),
        job.params.confidence,
        job.params.design_note,
    )
    write_answers(job.output.answers, found)


if __name__ == "__main__":
    run_logged(main, snakemake)
