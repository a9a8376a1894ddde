"""Read one exported table of gated cells, and write what it measures."""

from typing import TYPE_CHECKING

from correlates.flow.gated_tables.measure import TableSettings, table_measurements
from correlates.flow.gated_tables.table import read_gated_table
from correlates.job import run_logged
from correlates.measurements import write_measurements

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Read the table; what is wrong with its rows was told when the run was planned."""
    asked = job.params
    specimen = asked.specimen
    table = read_gated_table(asked.table, job.input.table, asked.patients, specimen, asked.panels)
    settings = TableSettings(**asked.settings)
    write_measurements(
        table_measurements(asked.table, table, specimen, settings), job.output.measurements
    )


if __name__ == "__main__":
    run_logged(main, snakemake)
