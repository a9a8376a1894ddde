"""Lay every file of a panel on its map: metacluster frequencies, nodes, events far from the map."""

from typing import TYPE_CHECKING

from correlates.flow.clusters.frozen import read_map
from correlates.flow.clusters.projection import (
    FREQUENCIES,
    NODES,
    all_rows,
    frequency_rows,
    node_rows,
)
from correlates.flow.clusters.settings import files_of_panel
from correlates.flow.clusters.subsample import read_subsample
from correlates.intake.records import read_plan
from correlates.job import run_logged
from correlates.tables import write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Count; nothing is fitted."""
    frozen = read_map(job.input.map[0])
    files = files_of_panel(read_plan(job.input.plan), job.wildcards.panel)
    chosen = [read_subsample(path) for path in job.input.events]
    for path, columns, make in (
        (job.output.frequencies, FREQUENCIES, frequency_rows),
        (job.output.nodes, NODES, node_rows),
    ):
        if isinstance(frozen, str):
            rows = [{"reason": f"no map: {frozen}"}] if "reason" in columns else []
        else:
            rows = all_rows(make, files, chosen, frozen, job.params.choice)
        write_tsv(path, columns, rows)


if __name__ == "__main__":
    run_logged(main, snakemake)
