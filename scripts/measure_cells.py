"""Measure the single cells of one file: sound cells, doublets, types, sums of raw counts."""

from typing import TYPE_CHECKING

from correlates.assays.scrna.one_file import measure_file
from correlates.job import run_logged
from correlates.tables import whole_file, write_json

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Measure the file that the rule's parameters name."""
    result = measure_file(job.params.path, job.params.rows, job.params.settings)
    write_json(job.output.summary, result.summary)
    for table, path in (
        (result.cells, job.output.cells),
        (result.pseudobulk, job.output.pseudobulk),
    ):
        with whole_file(path, "wb") as stream:
            table.to_parquet(stream, index=False)


if __name__ == "__main__":
    run_logged(main, snakemake)
