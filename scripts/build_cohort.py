"""Join measurements, baselines and endpoints into the cohort, and list what was left out."""

from typing import TYPE_CHECKING

import pandas as pd

from correlates.clinical.covariates import COLUMNS as COVARIATES
from correlates.clinical.covariates import covariate_rows, values_of
from correlates.clinical.endpoints.rows import read_endpoints
from correlates.clinical.records import read_records
from correlates.clinical.safety.settings import DosePlan
from correlates.clinical.tables import write_clinical_table
from correlates.cohort.baselines import choose_baselines
from correlates.cohort.build import build_cohort, write_cohort
from correlates.cohort.changes import change_table
from correlates.cohort.data_cut import known_at
from correlates.cohort.draws import draw_context, draw_table
from correlates.cohort.exclusions import COLUMNS, list_exclusions
from correlates.cohort.merging import merge_measurements
from correlates.job import run_logged
from correlates.measurements import read_measurements, write_measurements
from correlates.tables import read_tsv, write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Build everything that the analyses start from."""
    records = read_records(job.input.clinical)
    # Not those of the plan, which knows no data cut.
    patients = [
        {name: value for name, value in row.items() if name not in ("row", "sheet")}
        for row in records.rows("patients")
    ]
    settings = job.params.settings
    context = draw_context(records, job.params.visits)
    assays = {path: read_measurements(path) for path in job.input.measurements}
    measured = merge_measurements(assays, context.dosing, context.notes, context.settings)
    measured, after_cut = known_at(measured, records.cut)
    most_days = (settings["b1_max_days_before"], settings["b0_max_days_before"])
    baselines = choose_baselines(measured, context.dosing, *most_days)
    endpoints = read_endpoints(job.input.endpoints)
    # Not by pandas, which would read a patient called NA as none.
    left_out = pd.DataFrame(
        [*after_cut, *(row for path in job.input.left_out for row in read_tsv(path))],
        columns=COLUMNS,
    )
    exclusions = list_exclusions(
        read_tsv(job.input.files),
        read_tsv(job.input.problems),
        measured,
        baselines,
        endpoints,
        left_out,
    )
    origin = {"settings": dict(settings), "data_cut": records.cut_name}
    covariates = covariate_rows(
        records, DosePlan(**job.params.dose_plan), job.params.flare_window_days
    )
    write_clinical_table(job.output.covariates, COVARIATES, covariates, records)
    cohort = build_cohort(measured, baselines, endpoints, patients, origin, values_of(covariates))
    write_measurements(measured, job.output.measurements)
    for table, path in (
        (baselines.draws, job.output.baselines),
        (exclusions, job.output.exclusions),
    ):
        known = table.astype(object).where(table.notna(), None).assign(data_cut=records.cut_name)
        write_tsv(path, list(known.columns), known.to_dict("records"))
    for table, path in (
        (draw_table(measured, baselines, context), job.output.draws),
        (change_table(measured, baselines), job.output.changes),
    ):
        known = table.astype(object).where(table.notna(), None)
        write_clinical_table(path, list(table.columns), known.to_dict("records"), records)
    write_cohort(cohort, job.output.cohort)


if __name__ == "__main__":
    run_logged(main, snakemake)
