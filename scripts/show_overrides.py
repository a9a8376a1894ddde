"""Show what each override did to the populations that rest on it."""

from typing import TYPE_CHECKING

from correlates.flow.counts.collect import templates_of
from correlates.flow.counts.override_effects import COLUMNS, override_effects
from correlates.intake.records import read_plan
from correlates.job import run_logged
from correlates.tables import read_tsv, write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Compare the counts of each overridden file with those of its template alone."""
    plan = read_plan(job.input.plan)

    def tables(name: str) -> dict[str, list[dict]]:
        paths = zip(plan.overridden, job.input[name], strict=True)
        return {acquisition: read_tsv(path) for acquisition, path in paths}

    rows = override_effects(
        plan.overrides,
        templates_of(plan, job.input.templates),
        (tables("populations"), tables("populations_as_templated")),
        tables("thresholds_as_templated"),
    )
    write_tsv(job.output.overrides, COLUMNS, rows)


if __name__ == "__main__":
    run_logged(main, snakemake)
