"""List every file with its verdict, and every problem of the sheets."""

from typing import TYPE_CHECKING

from correlates.intake.listing import list_files, write_files, write_problems
from correlates.intake.records import read_plan
from correlates.job import run_logged
from correlates.tables import read_json

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Join the plan with what each gating job found in its file."""
    plan = read_plan(job.input.plan)
    verdicts = [read_json(path) for path in job.input.verdicts]
    write_files(job.output.files, list_files(plan, verdicts))
    write_problems(job.output.problems, plan.problems)


if __name__ == "__main__":
    run_logged(main, snakemake)
