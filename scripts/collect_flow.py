"""Turn the counts of all files into the measurement table of the flow assay."""

from typing import TYPE_CHECKING

from correlates.flow.batches.correction import with_corrections
from correlates.flow.controls.charts import OUT_OF_LIMITS, marks_of_batches
from correlates.flow.counts.censoring import COLUMNS as BY_ALC
from correlates.flow.counts.censoring import nd_by_alc
from correlates.flow.counts.collect import (
    acquisition_rows,
    placement_marks,
    reconciliation_rows,
    templates_of,
)
from correlates.flow.counts.dependents import with_flags, with_median_flags
from correlates.flow.counts.exclusion import read_fitness
from correlates.flow.counts.fmo import read_compared
from correlates.flow.counts.measurements import LEFT_OUT, flow_measurements, read_job_tables
from correlates.flow.counts.override_effects import override_marks
from correlates.flow.counts.platforms import COMPARISON
from correlates.flow.counts.settings import FlowSettings
from correlates.flow.gating.reconcile import COLUMNS
from correlates.intake.duplicates import find_duplicates
from correlates.intake.records import read_plan
from correlates.job import run_logged
from correlates.measurements import write_measurements
from correlates.tables import read_json, read_tsv, write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Join the counts with the blood counts, and compare with FlowJo where it gated."""
    plan = read_plan(job.input.plan)
    populations = read_job_tables(dict(zip(plan.names, job.input.populations, strict=True)))
    templates = templates_of(plan, job.input.templates)
    marks = [placement_marks(plan, job.input.placements, templates)]
    if job.params.with_overrides:
        marks.append(override_marks(plan, templates))
    of_shares, of_medians = marks_of_batches(read_tsv(job.input.controls), plan)
    populations = with_flags(populations, [*marks, of_shares])
    intensities = read_job_tables(dict(zip(plan.names, job.input.intensities, strict=True)))
    intensities = with_corrections(intensities, read_tsv(job.input.corrected))
    verdicts = {
        name: read_json(path) for name, path in zip(plan.names, job.input.verdicts, strict=True)
    }
    fitness = read_fitness(
        dict(zip(plan.names, job.input.ledgers, strict=True)),
        {name: verdict["n_events"] for name, verdict in verdicts.items()},
        job.params.exclusion,
    )
    tables = flow_measurements(
        acquisition_rows(plan),
        populations,
        with_median_flags(intensities, of_medians, OUT_OF_LIMITS),
        verdicts,
        plan.cbc,
        FlowSettings(**job.params.settings),
        panel_order=list(plan.gating),
        excluded=find_duplicates(plan.acquisitions, plan.listed),
        compared=read_compared(job.input.compared),
        lots=plan.beads,
        fitness=fitness,
    )
    write_measurements(tables.measurements, job.output.measurements)
    write_tsv(job.output.left_out, LEFT_OUT, tables.left_out.to_dict("records"))
    write_tsv(job.output.platforms, COMPARISON, tables.platforms.to_dict("records"))
    write_tsv(job.output.not_detected, BY_ALC, nd_by_alc(tables.measurements, plan.cbc))
    rows = reconciliation_rows(plan, populations, job.input.strategies)
    write_tsv(job.output.reconciliation, ("acquisition", *COLUMNS), rows)


if __name__ == "__main__":
    run_logged(main, snakemake)
