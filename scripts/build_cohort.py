"""Join measurements, baselines and endpoints into the cohort, and list what was left out."""

from typing import TYPE_CHECKING

import pandas as pd

from correlates.clinical.endpoints.rows import read_endpoints
from correlates.cohort.baselines import choose_baselines
from correlates.cohort.build import build_cohort, write_cohort
from correlates.cohort.exclusions import COLUMNS, list_exclusions
from correlates.cohort.merging import merge_measurements
from correlates.intake.records import read_plan
from correlates.job import run_logged
from correlates.measurements import read_measurements, write_measurements
from correlates.tables import read_tsv, write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Build everything that the analyses start from."""
    patients = read_plan(job.input.plan).patients
    settings = job.params.settings
    assays = {path: read_measurements(path) for path in job.input.measurements}
    measured = merge_measurements(assays, patients)
    baselines = choose_baselines(measured, patients, settings["b1_max_days_before"])
    endpoints = read_endpoints(job.input.endpoints)
    # Not by pandas, which would read a patient called NA as none.
    left_out = pd.DataFrame(
        [row for path in job.input.left_out for row in read_tsv(path)], columns=COLUMNS
    )
    exclusions = list_exclusions(
        read_tsv(job.input.files),
        read_tsv(job.input.problems),
        measured,
        baselines,
        endpoints,
        left_out,
    )
    cohort = build_cohort(measured, baselines, endpoints, patients, {"settings": dict(settings)})
    write_measurements(measured, job.output.measurements)
    for table, path in (
        (baselines.draws, job.output.baselines),
        (exclusions, job.output.exclusions),
    ):
        known = table.astype(object).where(table.notna(), None)
        write_tsv(path, list(table.columns), known.to_dict("records"))
    write_cohort(cohort, job.output.cohort)


if __name__ == "__main__":
    run_logged(main, snakemake)
