"""Compute occupancy of BTK and ITK, judge its runs and samples, and draw it."""

from typing import TYPE_CHECKING

from correlates.assays.layouts import draw_plates
from correlates.assays.left_out import COLUMNS as LEFT_OUT
from correlates.assays.occupancy.distributions import draw_distributions
from correlates.assays.occupancy.measure import measure
from correlates.assays.occupancy.mutants import mutations_of
from correlates.assays.occupancy.overview import draw_overview
from correlates.assays.occupancy.settings import OccupancySettings
from correlates.assays.occupancy.tables import DETAILS
from correlates.assays.quality import write_quality
from correlates.assays.rows import as_table
from correlates.intake.assay_records import read_assay_rows
from correlates.job import run_logged
from correlates.measurements import write_measurements
from correlates.tables import read_tsv, write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Write the measurements, what they are made of, the tables of quality, and the figures."""
    settings = OccupancySettings(**job.params.settings)
    tubes = [row for path in job.input.tubes for row in read_tsv(path)]
    rows = [row for path in job.input.sheets for row in read_assay_rows(path).rows]
    variants = [row for path in job.input.variants for row in read_assay_rows(path).rows]
    made = measure(tubes, rows, mutations_of(variants, job.params.sexes), settings)
    left_out = [row for path in job.input.tubes_left_out for row in read_tsv(path)]
    write_measurements(as_table(made.measurements), job.output.measurements)
    write_tsv(job.output.left_out, LEFT_OUT, [*left_out, *made.left_out])
    write_tsv(job.output.occupancies, DETAILS, made.details)
    paths = {name: getattr(job.output, name) for name in ("runs", "samples", "controls")}
    write_quality(paths, made.runs, made.samples, made.controls)
    draw_plates(
        made.wells,
        job.output.layout,
        label="log10 of the net free signal",
        empty="No plates: occupancy was read in tubes of flow, or in exports without wells.",
    )
    draw_overview(made.occupancies, job.output.overview)
    quantiles = [row for path in job.input.quantiles for row in read_tsv(path)]
    draw_distributions(quantiles, made.occupancies, settings.probe, job.output.distributions)


if __name__ == "__main__":
    run_logged(main, snakemake)
