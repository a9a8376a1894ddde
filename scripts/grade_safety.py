"""Grade safety and dose: tumor lysis, counts, adverse events, dose-limiting toxicity, intensity."""

from typing import TYPE_CHECKING

from correlates.clinical.records import read_records
from correlates.clinical.safety import (
    adverse_events,
    clinical_tls,
    dose_levels,
    dose_limiting,
    haematology,
    intensity,
    rates,
)
from correlates.clinical.safety.settings import safety_settings
from correlates.clinical.safety.tables import safety_tables
from correlates.clinical.tables import write_clinical_table
from correlates.job import run_logged

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COLUMNS = {
    "tls": clinical_tls.COLUMNS,
    "haematology": haematology.COLUMNS,
    "adverse_events": adverse_events.COLUMNS,
    "safety_rates": rates.COLUMNS,
    "dose_limiting": dose_limiting.COLUMNS,
    "dose_levels": dose_levels.COLUMNS,
    "dose_intensity": intensity.COLUMNS,
}


def main(job) -> None:
    """Write every table of safety and dose."""
    records = read_records(job.input.clinical)
    settings = safety_settings(job.params.settings, job.params.confidence)
    tables = safety_tables(records, settings)
    for name, columns in COLUMNS.items():
        write_clinical_table(getattr(job.output, name), columns, getattr(tables, name), records)


if __name__ == "__main__":
    run_logged(main, snakemake)
