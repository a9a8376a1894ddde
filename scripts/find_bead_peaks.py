"""Find the peaks of one tube of calibration beads, or say why its file was refused."""

from typing import TYPE_CHECKING

from correlates.flow.calibration.beads import PEAK_COLUMNS, read_beads
from correlates.job import run_logged
from correlates.tables import write_json, write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Write the peaks, and what the plot and the fit need beside them."""
    peaks, seen = read_beads(job.params.path, job.params.content)
    write_tsv(job.output.peaks, PEAK_COLUMNS, peaks)
    write_json(job.output.seen, seen)


if __name__ == "__main__":
    run_logged(main, snakemake)
