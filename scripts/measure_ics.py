"""Read stimulated tubes against the unstimulated ones, and write what they measure."""

from typing import TYPE_CHECKING

from correlates.flow.counts.collect import acquisition_rows
from correlates.flow.counts.exclusion import read_fitness, with_exclusions
from correlates.flow.counts.measurements import LEFT_OUT, read_job_tables
from correlates.flow.counts.settings import FlowSettings
from correlates.flow.ics.judging import IcsSettings, judged, with_posteriors
from correlates.flow.ics.measure import CALL_COLUMNS, ics_measurements
from correlates.flow.ics.pairing import paired_counts, stimulation_tubes
from correlates.flow.ics.trees import Trees
from correlates.intake.duplicates import find_duplicates
from correlates.intake.records import read_plan
from correlates.job import run_logged
from correlates.measurements import COLUMNS, conform, write_measurements
from correlates.tables import read_json, write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

import pandas as pd


def main(job) -> None:
    """Pair the tubes of each draw, subtract, call, and list what could not be."""
    plan, names = read_plan(job.input.plan), job.params.acquisitions
    flow = FlowSettings(**job.params.flow)
    settings = IcsSettings(**job.params.settings)
    populations = read_job_tables(dict(zip(names, job.input.populations, strict=True)))
    counts = read_job_tables(dict(zip(names, job.input.combinations, strict=True)))
    verdicts = {name: read_json(path) for name, path in zip(names, job.input.verdicts, strict=True)}
    tubes, left_out = stimulation_tubes(
        acquisition_rows(plan),
        verdicts,
        find_duplicates(plan.acquisitions, plan.listed),
        set() if counts.empty else set(counts["acquisition"]),
        populations,
        flow,
    )
    measured, calls = conform(pd.DataFrame(columns=COLUMNS)), []
    if len(tubes):
        n_events = {name: verdict["n_events"] for name, verdict in verdicts.items()}
        ledgers = dict(zip(names, job.input.ledgers, strict=True))
        fitness = read_fitness(ledgers, n_events, job.params.exclusion)
        tubes, unfit = with_exclusions(tubes, fitness)
        paired, alone = paired_counts(tubes, counts)
        rows = with_posteriors(judged(paired, settings), settings)
        trees = Trees(populations, job.params.parents, {*flow.clone_free, *flow.clone})
        measured, superseded = ics_measurements(rows, tubes, trees, settings, list(plan.gating))
        left_out += [*unfit, *alone, *superseded]
        calls = rows[list(CALL_COLUMNS)].astype(object)
        calls = calls.where(calls.notna(), None).to_dict("records")
    write_measurements(measured, job.output.measurements)
    write_tsv(job.output.left_out, LEFT_OUT, left_out)
    write_tsv(job.output.calls, CALL_COLUMNS, calls)


if __name__ == "__main__":
    run_logged(main, snakemake)
