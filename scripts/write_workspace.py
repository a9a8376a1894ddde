"""Write a FlowJo workspace of a panel: its files, each with the gates that it was given."""

from typing import TYPE_CHECKING

from correlates.flow.flowjo_out import COLUMNS, counts_of, manner_rows, workspace_sample
from correlates.flow.gating.flowjo_workspace import write_flowjo
from correlates.flow.gating.gates import from_json
from correlates.intake.records import read_plan
from correlates.job import run_logged
from correlates.tables import read_json, read_tsv, write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Write what of the gates FlowJo can hold, and list the rest."""
    plan, panel = read_plan(job.input.plan), job.wildcards.panel
    names = [one.acquisition for one in plan.acquisitions if one.panel == panel]
    samples = {
        name: workspace_sample(
            plan[name],
            from_json(read_json(strategy)),
            plan.compensation_of(name),
            counts_of(read_tsv(populations)),
        )
        for name, strategy, populations in zip(
            names, job.input.strategies, job.input.populations, strict=True
        )
    }
    able = [sample for sample in samples.values() if not isinstance(sample, str)]
    write_flowjo(job.output.workspace, panel, able)
    rows = (row for name, sample in samples.items() for row in manner_rows(name, sample))
    write_tsv(job.output.populations, COLUMNS, rows)


if __name__ == "__main__":
    run_logged(main, snakemake)
