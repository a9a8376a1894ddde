"""Compare the two gatings of files that were gated twice."""

from typing import TYPE_CHECKING

from correlates.flow.counts.double_gating import COLUMNS, VALUES, Pair, compare_gatings
from correlates.job import run_logged
from correlates.tables import read_tsv, write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Pair the counts of each file; one that either gating refused has none, and no pair."""
    pairs: dict[str, list[Pair]] = {}
    for (acquisition, panel), *paths in zip(
        job.params.acquisitions, job.input.populations, job.input.again, strict=True
    ):
        first, again = ({row["population"]: row for row in read_tsv(path)} for path in paths)
        of_panel = pairs.setdefault(panel, [])
        if first and again:
            of_panel.append(Pair(acquisition, first, again))
    rows, values = [], []
    for panel, of_panel in pairs.items():
        compared, measured = compare_gatings(panel, of_panel, job.params.names.get(panel, {}))
        rows += compared
        values += measured
    write_tsv(job.output.agreement, COLUMNS, rows)
    write_tsv(job.output.values, VALUES, values)


if __name__ == "__main__":
    run_logged(main, snakemake)
