"""Write a simulated cohort: FCS files, sheets, and the truth beside them."""

from pathlib import Path
from typing import TYPE_CHECKING

from correlates.job import run_logged
from correlates.simulate.cohort import simulate_cohort

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Simulate what the rule's parameters ask for."""
    simulate_cohort(
        Path(job.output.patients).parent,
        n_patients=job.params.patients,
        n_events=job.params.events,
        seed=job.params.seed,
        effects=job.params.effects,
        assays=True,
    )


if __name__ == "__main__":
    run_logged(main, snakemake)
