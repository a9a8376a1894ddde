"""Fail if anything was refused, left out or contradictory, for those who watch the exit code."""

from typing import TYPE_CHECKING

from correlates.intake.strict import Incomplete, left_out
from correlates.job import run_logged
from correlates.tables import read_tsv, write_text

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Raise with all that was left out or is contradictory; write a file if there is none."""
    tables = (job.input.files, job.input.problems, job.input.integrity)
    missed = left_out(*map(read_tsv, tables))
    if missed.count:
        raise Incomplete(missed, job.input.page)
    write_text(
        job.output.passed,
        "Every file was accepted, every row was used, and no check found an error.\n",
    )


if __name__ == "__main__":
    run_logged(main, snakemake)
