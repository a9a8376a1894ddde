"""Compare messengers with their proteins, over patients, within them, and on lenalidomide."""

from typing import TYPE_CHECKING

from correlates.analyses.answers import write_answers
from correlates.analyses.concordance.answers import concordance_answers
from correlates.analyses.concordance.changes import CHANGE_COLUMNS
from correlates.analyses.concordance.figure import draw_concordance
from correlates.analyses.concordance.pairs import PAIR_COLUMNS, b1_draws, expression_pairs
from correlates.analyses.concordance.settings import ConcordanceSettings
from correlates.clinical.dosing.dosing import dosing_of_cohort
from correlates.clinical.records import read_records
from correlates.cohort.baselines import baseline_features
from correlates.job import run_logged
from correlates.measurements import read_measurements
from correlates.tables import write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Write the answers, and the pairs and changes behind them."""
    settings = ConcordanceSettings(**job.params.settings)
    dosing = dosing_of_cohort(read_records(job.input.clinical))
    measured = read_measurements(job.input.measurements)
    days = job.params.baselines
    baselines = baseline_features(
        measured[measured["assay"] == "protein"],
        dosing,
        days["b1_max_days_before"],
        days["b0_max_days_before"],
    )
    pairs = expression_pairs(measured, [names[0] for names in job.params.markers])
    found = concordance_answers(
        pairs,
        b1_draws(baselines),
        settings,
        job.params.confidence,
        job.params.design_note,
    )
    write_answers(job.output.answers, found.answers)
    known = pairs.astype(object).where(pairs.notna(), None)
    write_tsv(job.output.pairs, PAIR_COLUMNS, known.to_dict("records"))
    write_tsv(job.output.changes, CHANGE_COLUMNS, found.changes)
    draw_concordance(pairs, job.output.figure)


if __name__ == "__main__":
    run_logged(main, snakemake)
