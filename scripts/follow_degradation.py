"""Follow the degradation of proteins under lenalidomide, patient by patient and over the cohort."""

from typing import TYPE_CHECKING

from correlates.analyses.answers import write_answers
from correlates.analyses.degradation.answers import degradation_answers
from correlates.analyses.degradation.courses import read_course
from correlates.analyses.degradation.figure import draw_courses
from correlates.analyses.degradation.profiles import protein_profiles, recorded_hours
from correlates.analyses.degradation.settings import DegradationSettings
from correlates.analyses.degradation.tables import (
    POINT_COLUMNS,
    PROFILE_COLUMNS,
    point_rows,
    profile_rows,
)
from correlates.clinical.dosing.dosing import dosing_of_cohort
from correlates.clinical.dosing.draws import draw_notes
from correlates.clinical.records import read_records
from correlates.cohort.baselines import baseline_features
from correlates.job import run_logged
from correlates.measurements import read_measurements
from correlates.tables import read_tsv, write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Write the answers, and every profile and draw behind them."""
    settings = DegradationSettings(**job.params.settings)
    records = read_records(job.input.clinical)
    dosing, notes = dosing_of_cohort(records), draw_notes(records.rows("samples"))
    measured = read_measurements(job.input.measurements)
    days = job.params.baselines
    baselines = baseline_features(
        measured, dosing, days["b1_max_days_before"], days["b0_max_days_before"]
    )
    hours = recorded_hours(measured, notes, read_tsv(job.input.hours))
    profiles = protein_profiles(measured, baselines, dosing, hours, settings)
    courses = [read_course(one, settings) for one in profiles]
    answers = degradation_answers(courses, settings, job.params.confidence, job.params.design_note)
    write_answers(job.output.answers, answers)
    write_tsv(job.output.profiles, PROFILE_COLUMNS, profile_rows(courses))
    write_tsv(job.output.points, POINT_COLUMNS, point_rows(courses))
    draw_courses(courses, job.output.figure)


if __name__ == "__main__":
    run_logged(main, snakemake)
