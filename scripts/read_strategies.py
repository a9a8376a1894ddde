"""Read a GatingML file or a FlowJo workspace once, for the jobs that gate files."""

from pathlib import Path
from typing import TYPE_CHECKING

from correlates.flow.gating.strategies import UnreadableStrategy, read_flowjo, read_gatingml
from correlates.flow.sources import Fixed
from correlates.job import run_logged
from correlates.tables import write_json

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Let FlowKit parse the file, and write what it says as plain values, or why it cannot."""
    read = read_flowjo if Path(job.input.gating).suffix.lower() == ".wsp" else read_gatingml
    try:
        gates = read(job.input.gating)
    except UnreadableStrategy as unreadable:
        gates = str(unreadable)
    write_json(job.output.strategies, Fixed(gates).to_json())


if __name__ == "__main__":
    run_logged(main, snakemake)
