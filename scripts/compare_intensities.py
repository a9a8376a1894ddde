"""Compare the intensities of full tubes with those of the FMO tubes of their draw or batch."""

from typing import TYPE_CHECKING

from correlates.flow.calibration.applied import COLUMNS as CALIBRATED
from correlates.flow.calibration.applied import with_mesf
from correlates.flow.counts.collect import acquisition_rows, templates_of
from correlates.flow.counts.fmo import COLUMNS, ISOTYPE, FmoFloors, fmo_intensities
from correlates.flow.counts.measurements import read_job_tables
from correlates.intake.records import read_plan
from correlates.job import run_logged
from correlates.tables import read_tsv, write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Write a row for each population and marker that has an FMO; none without FMO tubes."""
    plan = read_plan(job.input.plan)
    paths = dict(zip(plan.in_panels_with_fmo, job.input.intensities, strict=True))
    floors = FmoFloors(job.params.fmo_min_parent_events, job.params.lod_events)
    templates = templates_of(plan, job.input.templates)
    tubes = acquisition_rows(plan)
    medians = read_job_tables(paths)
    found = fmo_intensities(tubes, medians, templates, floors)
    found = with_mesf(found, read_tsv(job.input.calibration), tubes)
    known = found.astype(object).where(found.notna(), None)
    write_tsv(job.output.compared, [*COLUMNS, *CALIBRATED], known.to_dict("records"))
    # Beside it and never in its place: which assay may use an isotype is for its settings to say.
    others = fmo_intensities(tubes, medians, templates, floors, ISOTYPE)
    others = others.astype(object).where(others.notna(), None)
    write_tsv(job.output.isotypes, COLUMNS, others.to_dict("records"))


if __name__ == "__main__":
    run_logged(main, snakemake)
