"""Measure proteins: intracellular stains of flow's tables, and western blots of their sheet."""

from typing import TYPE_CHECKING

import pandas as pd

from correlates.assays.left_out import COLUMNS as LEFT_OUT
from correlates.assays.protein.figures import draw_layout, draw_overview
from correlates.assays.protein.hours import HOUR_COLUMNS, hours_rows
from correlates.assays.protein.intracellular import blank_table, full_medians, intracellular_rows
from correlates.assays.protein.isotypes import isotype_rows
from correlates.assays.protein.quality import quality_rows
from correlates.assays.protein.settings import IntracellularSettings, WesternSettings
from correlates.assays.protein.western import BLOT_COLUMNS, LANE_COLUMNS, measure_western
from correlates.assays.quality import write_quality
from correlates.assays.rows import as_table
from correlates.intake.assay_records import read_assay_rows
from correlates.intake.records import read_plan
from correlates.job import run_logged
from correlates.measurements import COLUMNS, read_measurements, write_measurements
from correlates.tables import read_tsv, write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Write every protein of every draw, what was left out, and what both rest on."""
    block = job.params.settings
    settings = (WesternSettings(**block["western"]), IntracellularSettings.of(block))
    rows = [row for path in job.input.western for row in read_assay_rows(path).rows]
    western = measure_western(rows, settings[0])
    flow = pd.DataFrame(columns=COLUMNS)
    for path in job.input.flow:
        flow = read_measurements(path)
    isotypes = _isotypes(job, flow)
    stains = intracellular_rows(flow, settings[1], isotypes)
    measured = [*stains, *western.rows]
    write_measurements(as_table(measured), job.output.measurements)
    write_tsv(job.output.left_out, LEFT_OUT, western.left_out)
    write_tsv(job.output.lanes, LANE_COLUMNS, western.lanes)
    write_tsv(job.output.blots, BLOT_COLUMNS, western.blots)
    write_tsv(job.output.hours, HOUR_COLUMNS, hours_rows(rows))
    write_quality(job.output, *quality_rows(measured, western, blank_table(stains), settings))
    draw_layout(measured, western, job.output.layout)
    draw_overview(measured, western, full_medians(stains), job.output.overview)


def _isotypes(job, flow: pd.DataFrame) -> pd.DataFrame | None:
    """Return medians beside those of isotype tubes, where the study declares that it uses them."""
    if not job.input.isotypes:
        return None
    (compared,), (plan,) = job.input.isotypes, job.input.plan
    acquisitions = [one.as_row() for one in read_plan(plan).acquisitions]
    return isotype_rows(read_tsv(compared), acquisitions, flow)


if __name__ == "__main__":
    run_logged(main, snakemake)
