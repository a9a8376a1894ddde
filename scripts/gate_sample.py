"""Gate one FCS file and write its verdict, populations, intensities, gates and figure."""

from typing import TYPE_CHECKING

from correlates.flow.acquisition import gate_acquisition
from correlates.flow.clusters.subsample import Choice, choose_events, write_subsample
from correlates.flow.ics.combinations import combination_rows
from correlates.flow.outputs import write_outcome
from correlates.flow.quality.settings import QualitySettings
from correlates.flow.quantiles import write_quantiles
from correlates.flow.sources import read_source
from correlates.flow.templates.borrowed import Borrowing, read_tube
from correlates.flow.templates.methods import Settings
from correlates.flow.templates.scales import ScaleSettings
from correlates.intake.sheets.visits import tube_key
from correlates.job import run_logged

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Do everything that one file needs, and write all of it, whatever the file holds."""
    source = read_source(job.input.gating)
    tubes = map(read_tube, job.params.threshold_tubes, job.input.thresholds, job.input.verdicts)
    quality = QualitySettings.of_config(job.params.quality)
    outcome = gate_acquisition(
        job.params.path,
        job.params.content,
        source,
        job.params.markers,
        job.params.compensation,
        Settings(
            scale=ScaleSettings.of_config(job.params.scale),
            fmo_percentile=job.params.fmo_percentile,
            min_reference_events=job.params.fmo_min_parent_events,
            steadiness=quality.steadiness,
            overrides={(name, marker): cut for name, marker, cut in job.params.overrides},
        ),
        Borrowing(tube_key(job.params.tube), tuple(tubes)),
        aliases=job.params.aliases,
        max_condition_number=quality.max_condition_number,
    )
    combinations = combination_rows(outcome.gated, **job.params.ics)
    write_outcome(outcome, job.wildcards.acquisition, job.params.path, job.output, combinations)
    write_quantiles(job.output.quantiles, outcome, job.params.quantiles_of)
    choice = Choice(**job.params.events) if job.params.events else None
    write_subsample(job.output.events, choose_events(outcome, job.params.content, choice))


if __name__ == "__main__":
    run_logged(main, snakemake)
