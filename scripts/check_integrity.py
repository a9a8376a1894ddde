"""Hold the records of clinic and laboratory against each other, and list every contradiction."""

from typing import TYPE_CHECKING

from correlates.check_rows import COLUMNS
from correlates.clinical.records import read_records
from correlates.clinical.tables import write_clinical_table
from correlates.cohort.data_cut import known_findings
from correlates.cohort.integrity.checks import CHECKS
from correlates.cohort.integrity.evidence import Evidence, settings_of
from correlates.cohort.integrity.registry import by_severity, run_checks
from correlates.cohort.integrity.sex import sex_findings
from correlates.intake.acquisitions import SAMPLE
from correlates.intake.assay_records import read_assay_rows
from correlates.intake.records import read_plan
from correlates.job import run_logged
from correlates.measurements import read_measurements
from correlates.tables import read_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Run every check; a contradiction is a row, and never an error of the job."""
    plan, records = read_plan(job.input.plan), read_records(job.input.clinical)
    tables = [("responses", path) for path in job.input.responses]
    evidence = Evidence(
        records,
        settings_of(
            job.params.settings,
            job.params.visits,
            b1_max_days_before=job.params.b1_max_days_before,
            dose_levels_mg=job.params.dose_levels_mg,
            assessment_window_days=job.params.assessment_window_days,
            assessment_visits=job.params.assessment_visits,
            then_every_cycles=job.params.then_every_cycles,
            node_mm=job.params.node_mm,
        ),
        acquisitions=[one.as_row() for one in plan.acquisitions if one.role == SAMPLE],
        files=read_tsv(job.input.files),
        problems=read_tsv(job.input.problems),
        cbc=plan.cbc,
        assays=[row for path in job.input.assays for row in read_assay_rows(path).rows],
        tables={name: read_tsv(path) for name, path in tables},
    )
    measurements = read_measurements(job.input.measurements)
    rows = [
        *run_checks(CHECKS, evidence),
        *sex_findings(measurements, records.rows("patients"), job.params.settings),
        *known_findings(
            (row for path in job.input.findings for row in read_tsv(path)),
            measurements,
            records.cut,
        ),
    ]
    write_clinical_table(job.output.integrity, COLUMNS, by_severity(rows), records)


if __name__ == "__main__":
    run_logged(main, snakemake)
