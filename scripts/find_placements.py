"""Find the thresholds that lie far from those of the other files of their panel."""

from typing import TYPE_CHECKING

import pandas as pd

from correlates.flow.counts.measurements import read_job_tables
from correlates.flow.counts.placements import COLUMNS, PlacementSettings, find_placements
from correlates.flow.counts.tubes import FULL
from correlates.intake.acquisitions import SAMPLE
from correlates.intake.records import read_plan
from correlates.job import run_logged
from correlates.tables import write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Compare the full tubes of patients; others are stained otherwise, and gated otherwise."""
    plan = read_plan(job.input.plan)
    tubes = pd.DataFrame(
        [
            one.as_row()
            for one in plan.acquisitions
            if one.role == SAMPLE and (one.tube or FULL) == FULL
        ],
        columns=["acquisition", "panel", "batch"],
    )
    thresholds = read_job_tables(dict(zip(plan.names, job.input.thresholds, strict=True)))
    if thresholds.empty:
        thresholds = pd.DataFrame(columns=["acquisition", "population", "marker", "threshold"])
    found = find_placements(thresholds, tubes, PlacementSettings(**job.params.settings))
    known = found.astype(object).where(found.notna(), None)
    write_tsv(job.output.placements, COLUMNS, known.to_dict("records"))


if __name__ == "__main__":
    run_logged(main, snakemake)
