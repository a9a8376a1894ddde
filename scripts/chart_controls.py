"""Chart the bridging controls of all batches against their limits."""

from typing import TYPE_CHECKING

from correlates.flow.controls.charts import (
    COLUMNS,
    ControlSettings,
    absent_controls,
    chart_rows,
    control_tubes,
)
from correlates.flow.controls.drift import bead_tubes, drift_rows
from correlates.flow.counts.measurements import read_job_tables
from correlates.intake.fcs.verdict import REFUSED
from correlates.intake.records import read_plan
from correlates.job import run_logged
from correlates.tables import read_json, write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Judge each batch's control by those of the other batches."""
    plan = read_plan(job.input.plan)
    tubes = control_tubes(plan)
    names = job.params.controls
    verdicts = {name: read_json(path) for name, path in zip(names, job.input.verdicts, strict=True)}
    refused = [name for name, one in verdicts.items() if one["verdict"] == REFUSED]
    settings = ControlSettings(
        **job.params.charts,
        min_parent_events=job.params.min_parent_events,
        lod_events=job.params.lod_events,
        leukocytes=job.params.leukocytes,
    )
    rows = chart_rows(
        tubes,
        read_job_tables(dict(zip(names, job.input.populations, strict=True))),
        read_job_tables(dict(zip(names, job.input.intensities, strict=True))),
        settings,
    )
    beads = read_job_tables(dict(zip(job.params.beads, job.input.beads, strict=True)))
    rows += drift_rows(bead_tubes(plan), beads, settings)
    write_tsv(job.output.charts, COLUMNS, [*rows, *absent_controls(plan, tubes, refused)])


if __name__ == "__main__":
    run_logged(main, snakemake)
