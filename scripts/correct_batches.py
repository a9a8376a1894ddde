"""Score batches against visits, and correct medians by bridging controls where that is asked."""

from typing import TYPE_CHECKING

import pandas as pd

from correlates.flow.batches.checks import COLUMNS, correction_rows
from correlates.flow.batches.correction import (
    MEDIAN_COLUMNS,
    OFF,
    CorrectionSettings,
    batch_maps,
    corrected_medians,
)
from correlates.flow.batches.scores import SCORE_COLUMNS, full_tubes, visit_scores
from correlates.flow.controls.charts import control_tubes
from correlates.flow.counts.measurements import read_job_tables
from correlates.intake.records import read_plan
from correlates.job import run_logged
from correlates.tables import write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Write the scores, and the correction with its checks; both tables say so if it is off."""
    plan = read_plan(job.input.plan)
    tubes = full_tubes(plan)
    write_tsv(job.output.confounding, SCORE_COLUMNS, visit_scores(tubes, **job.params.confounding))
    settings = CorrectionSettings(**job.params.correction)
    checks, medians = [], []
    if settings.method != OFF:
        quantiles = dict(zip(job.params.controls, job.input.quantiles, strict=True))
        intensities = read_job_tables(dict(zip(plan.names, job.input.intensities, strict=True)))
        checks, medians = _corrected(plan, tubes, intensities, read_job_tables(quantiles), settings)
    write_tsv(job.output.correction, COLUMNS, checks)
    write_tsv(job.output.medians, MEDIAN_COLUMNS, medians)


def _corrected(plan, tubes, intensities, quantiles, settings) -> tuple[list[dict], list[dict]]:
    if quantiles.empty:
        quantiles = pd.DataFrame(columns=["acquisition", "marker", "n", "probability", "value"])
    for column in ("probability", "value"):
        quantiles[column] = pd.to_numeric(quantiles[column])
    maps = batch_maps(tubes, control_tubes(plan), quantiles, settings)
    if intensities.empty:
        return [], []
    medians = corrected_medians(intensities, tubes, maps)
    rows = correction_rows(
        maps,
        medians,
        tubes,
        goal=settings.goal,
        method=settings.method,
        cofactor=settings.cofactor,
    )
    known = medians.astype(object).where(medians.notna(), None)
    return rows, known.to_dict("records")


if __name__ == "__main__":
    run_logged(main, snakemake)
