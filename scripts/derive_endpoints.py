"""Derive response, flare and times of every patient, and put them into the endpoint table."""

from typing import TYPE_CHECKING

from correlates.clinical.dosing.dosing import dosing_of_patient
from correlates.clinical.endpoints.rows import COLUMNS
from correlates.clinical.endpoints.table import derive, endpoint_rows
from correlates.clinical.flare import rates, tables
from correlates.clinical.records import read_records
from correlates.clinical.survival.tables import (
    FOLLOW_UP_COLUMNS,
    LANDMARK_COLUMNS,
    follow_up_rows,
    landmark_rows,
)
from correlates.clinical.tables import write_clinical_table
from correlates.job import run_logged

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Write the endpoint table, and the tables behind it."""
    records, settings = read_records(job.input.clinical), dict(job.params.settings)
    derived = derive(records, settings)
    window, confidence = settings["flare"]["window_days"], job.params.confidence
    by_patient, by_event = [], []
    for flare in derived.flares:
        dosing = dosing_of_patient(records, flare.patient)
        by_patient.append(tables.patient_row(flare, dosing, window))
        by_event += tables.event_rows(flare, dosing, window)
    for path, columns, rows in (
        (job.output.endpoints, COLUMNS, endpoint_rows(records, derived, settings)),
        (job.output.flares, tables.PATIENT_COLUMNS, by_patient),
        (job.output.flare_events, tables.EVENT_COLUMNS, by_event),
        (job.output.flare_rates, rates.COLUMNS, rates.flare_rates(derived.flares, confidence)),
        (job.output.follow_up, FOLLOW_UP_COLUMNS, follow_up_rows(derived.outcomes, confidence)),
        (job.output.landmarks, LANDMARK_COLUMNS, landmark_rows(derived.outcomes)),
    ):
        write_clinical_table(path, columns, rows, records)


if __name__ == "__main__":
    run_logged(main, snakemake)
