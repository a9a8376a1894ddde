"""Compare when files were acquired with when their specimens were drawn; no date is written."""

from typing import TYPE_CHECKING

from correlates.check_rows import COLUMNS
from correlates.intake.acquired.files import read_acquired
from correlates.intake.acquired.order import date_findings
from correlates.intake.records import read_plan
from correlates.job import run_logged
from correlates.tables import read_tsv, write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Read the headers of the accepted files once more, and write what is out of step."""
    files = read_acquired(read_plan(job.input.plan), read_tsv(job.input.files))
    found = date_findings(files, job.params.tolerance_days, job.params.batch_gap_days)
    write_tsv(job.output.order, COLUMNS, found)


if __name__ == "__main__":
    run_logged(main, snakemake)
