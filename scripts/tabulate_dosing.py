"""Put what each patient took into one table, and what is wrong with its rows beside it."""

from typing import TYPE_CHECKING

from correlates.clinical.dosing.dosing import dosing_of_cohort
from correlates.clinical.dosing.table import COLUMNS, dosing_rows
from correlates.clinical.records import read_records
from correlates.clinical.tables import write_clinical_table
from correlates.job import run_logged

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Write first and last doses, days on a drug, holds and rises of the dose."""
    records = read_records(job.input.clinical)
    rows = dosing_rows(dosing_of_cohort(records).values(), job.params.hold_days)
    write_clinical_table(job.output.dosing, COLUMNS, rows, records)


if __name__ == "__main__":
    run_logged(main, snakemake)
