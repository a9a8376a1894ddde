"""Join the measurements of gated files with those of exported tables."""

from typing import TYPE_CHECKING

from correlates.flow.counts.measurements import LEFT_OUT
from correlates.flow.gated_tables.precedence import join_sources
from correlates.job import run_logged
from correlates.measurements import read_measurements, write_measurements
from correlates.tables import write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Keep one measurement a key, by the declared precedence, and list the others."""
    tables = [
        (name, precedence, read_measurements(path))
        for (name, precedence), path in zip(job.params.tables, job.input.tables, strict=True)
    ]
    joined, left_out = join_sources(read_measurements(job.input.measurements), tables)
    write_measurements(joined, job.output.measurements)
    write_tsv(job.output.left_out, LEFT_OUT, left_out)


if __name__ == "__main__":
    run_logged(main, snakemake)
