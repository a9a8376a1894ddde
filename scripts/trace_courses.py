"""Trace each patient's course: periods on drugs, response, flare, progression, and the end."""

from typing import TYPE_CHECKING

from correlates.clinical.courses import COLUMNS, course_rows
from correlates.clinical.dosing.dosing import dosing_of_cohort
from correlates.clinical.records import read_records
from correlates.clinical.tables import write_clinical_table
from correlates.job import run_logged
from correlates.tables import read_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Write the courses that the report draws."""
    records = read_records(job.input.clinical)
    dosing = dosing_of_cohort(records)
    responses = {
        row["patient"]: {
            name: float(row[name]) if row[name] else None
            for name in ("first_response_day", "first_progression_day")
        }
        for row in read_tsv(job.input.responses)
    }
    rows = course_rows(records, dosing, responses, job.params.hold_days)
    write_clinical_table(job.output.courses, COLUMNS, rows, records)


if __name__ == "__main__":
    run_logged(main, snakemake)
