"""Score the batches of the baseline draws against the outcomes of their patients."""

from typing import TYPE_CHECKING

from correlates.cohort.batch_confounding import COLUMNS, outcome_scores
from correlates.flow.batches.scores import full_tubes
from correlates.intake.records import read_plan
from correlates.job import run_logged
from correlates.tables import read_tsv, write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Join draws, batches and outcomes, and write the scores."""
    endpoints = read_tsv(job.input.endpoints)
    rows = outcome_scores(
        full_tubes(read_plan(job.input.plan)),
        read_tsv(job.input.baselines),
        endpoints,
        **job.params.confounding,
    )
    cut = {"data_cut": next((row["data_cut"] for row in endpoints), "")}
    write_tsv(job.output.confounding, [*COLUMNS, *cut], [row | cut for row in rows])


if __name__ == "__main__":
    run_logged(main, snakemake)
