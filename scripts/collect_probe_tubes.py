"""Collect what the tubes of occupancy show on the gated target cells."""

from typing import TYPE_CHECKING

from correlates.flow.calibration.applied import mesf_of_medians
from correlates.flow.counts.collect import acquisition_rows
from correlates.flow.counts.exclusion import read_fitness
from correlates.flow.counts.measurements import LEFT_OUT, read_job_tables
from correlates.flow.counts.probe_tubes import (
    COLUMNS,
    QUANTILE_COLUMNS,
    probe_quantiles,
    probe_rows,
    probe_tubes,
    unread_tubes,
)
from correlates.flow.counts.settings import FlowSettings
from correlates.intake.duplicates import find_duplicates
from correlates.intake.records import read_plan
from correlates.job import run_logged
from correlates.tables import read_json, read_tsv, write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Write a row for each tube, target cell and marker, and what was left out."""
    plan, names = read_plan(job.input.plan), job.params.acquisitions
    verdicts = {name: read_json(path) for name, path in zip(names, job.input.verdicts, strict=True)}
    populations = read_job_tables(dict(zip(names, job.input.populations, strict=True)))
    intensities = read_job_tables(dict(zip(names, job.input.intensities, strict=True)))
    fitness = read_fitness(
        dict(zip(names, job.input.ledgers, strict=True)),
        {name: verdict["n_events"] for name, verdict in verdicts.items()},
        job.params.exclusion,
    )
    tubes, left_out = probe_tubes(
        acquisition_rows(plan),
        verdicts,
        find_duplicates(plan.acquisitions, plan.listed),
        fitness,
        populations,
        FlowSettings(**job.params.flow),
    )
    rows = probe_rows(tubes, populations, intensities, job.params.cells, job.params.markers)
    rows = list(mesf_of_medians(rows, read_tsv(job.input.calibration)))
    left_out += unread_tubes(tubes, rows, job.params.markers)
    write_tsv(job.output.tubes, COLUMNS, rows)
    write_tsv(job.output.left_out, LEFT_OUT, left_out)
    quantiles = dict(zip(names, job.input.quantiles, strict=True))
    of_tubes = probe_quantiles(tubes, quantiles, job.params.cells, job.params.markers)
    write_tsv(job.output.quantiles, QUANTILE_COLUMNS, of_tubes)


if __name__ == "__main__":
    run_logged(main, snakemake)
