"""Fail if anything was refused or left out, for those who watch the exit code."""

from typing import TYPE_CHECKING

from correlates.intake.strict import Incomplete, left_out
from correlates.job import run_logged
from correlates.tables import read_tsv, write_text

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Raise with every file and row that was left out; write a file if there is none."""
    missed = left_out(read_tsv(job.input.files), read_tsv(job.input.problems))
    if missed.count:
        raise Incomplete(missed, job.input.page)
    write_text(job.output.passed, "Every file was accepted and every row was used.\n")


if __name__ == "__main__":
    run_logged(main, snakemake)
