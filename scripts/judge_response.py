"""Judge response by the criteria, and write assessments, criteria, responses and rates."""

from itertools import chain
from typing import TYPE_CHECKING

from correlates.clinical.endpoints.early import OF_RESPONSE, EarlyOf, early_of
from correlates.clinical.records import read_records
from correlates.clinical.response import disagreements, rates, tables
from correlates.clinical.response.course import responses_of
from correlates.clinical.tables import write_clinical_table
from correlates.job import run_logged

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Judge every patient and write what came of it."""
    records, settings = read_records(job.input.clinical), job.params.settings
    responses = responses_of(records, settings)
    criteria = settings["criteria"]
    sheet = {patient: records.patient(patient) for patient in responses}
    enrolled = {patient for patient, row in sheet.items() if not row.get("screen_failure")}
    judged = responses.values()
    early = early_of(records, job.params.survival)
    unknown = {patient: records.why_unknown(patient, *OF_RESPONSE) for patient in responses}

    def at_best(patient, course, must_confirm):
        found = early(patient, course, must_confirm)
        return found and found.at_best

    written = {
        job.output.assessments: (
            tables.ASSESSMENT_COLUMNS,
            chain.from_iterable(tables.assessment_rows(one, criteria) for one in judged),
        ),
        job.output.criteria: (
            tables.CRITERIA_COLUMNS,
            chain.from_iterable(tables.criteria_rows(one, criteria) for one in judged),
        ),
        job.output.responses: (
            tables.RESPONSE_COLUMNS,
            [
                _response_row(one, sheet[one.patient], settings, early, unknown[one.patient])
                for one in judged
            ],
        ),
        job.output.disagreements: (
            disagreements.COLUMNS,
            chain.from_iterable(
                disagreements.disagreements_of(
                    one,
                    sheet[one.patient].get("response"),
                    sheet[one.patient].get("response_criteria"),
                )
                for one in judged
            ),
        ),
        job.output.rates: (
            rates.COLUMNS,
            rates.response_rates(
                [one for one in judged if one.patient in enrolled],
                job.params.confidence,
                at_best,
                {patient for patient, why in unknown.items() if why},
            ),
        ),
    }
    for path, (columns, rows) in written.items():
        write_clinical_table(path, columns, rows, records)


def _response_row(one, row, settings, early: EarlyOf, unknown: str) -> dict:
    """Return the row of one patient, with what is not known yet left open."""
    found = early(one.patient, one.chosen, settings["best"] == "confirmed")
    return tables.response_row(
        one,
        row.get("response"),
        settings["best"],
        enrolled=not row.get("screen_failure"),
        at_best=found and found.at_best,
        why_open=found.reason if found else "",
        unknown=unknown,
    )


if __name__ == "__main__":
    run_logged(main, snakemake)
