"""Fit and judge the curves of all calibration beads, and draw them."""

from typing import TYPE_CHECKING

from correlates.flow.calibration.curve import CurveLimits
from correlates.flow.calibration.plot import draw_calibration
from correlates.flow.calibration.table import COLUMNS, PEAK_COLUMNS, calibrate
from correlates.intake.records import read_plan
from correlates.job import run_logged
from correlates.tables import read_json, read_tsv, write_text, write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Write a row a lot, channel and batch; tables without rows where there are no beads."""
    plan = read_plan(job.input.plan)
    tubes = [one.as_row() for one in plan.calibration_tubes]
    keys = [tube["acquisition"] for tube in tubes]
    peaks = dict(zip(keys, map(read_tsv, job.input.peaks), strict=True))
    seen = dict(zip(keys, map(read_json, job.input.seen), strict=True))
    curves, points = calibrate(tubes, peaks, seen, plan.mesf, CurveLimits(**job.params.limits))
    write_tsv(job.output.calibration, COLUMNS, curves)
    write_tsv(job.output.peaks, PEAK_COLUMNS, points)
    write_text(job.output.plot, draw_calibration(curves, points, seen))


if __name__ == "__main__":
    run_logged(main, snakemake)
