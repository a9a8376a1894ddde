"""Answer what lenalidomide does to exposure, and how exposure to it compares."""

from typing import TYPE_CHECKING

from correlates.analyses.answers import write_answers
from correlates.analyses.pk.figure import draw_interaction
from correlates.analyses.pk.interaction import interaction_answers, settings_of
from correlates.analyses.pk.lenalidomide import LiteratureSettings, literature_answers
from correlates.analyses.pk.pairs import PAIR_COLUMNS
from correlates.clinical.records import read_records
from correlates.job import run_logged
from correlates.measurements import read_measurements
from correlates.tables import write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Compare exposures within patients, and with the literature."""
    measurements = read_measurements(job.input.measurements)
    measurements = measurements[measurements["assay"] == "pk"]
    records = read_records(job.input.clinical)
    crcl = {row["patient"]: row.get("crcl_ml_min") for row in records.rows("patients")}
    settings = settings_of(job.params.interaction)
    answers, pairs = interaction_answers(measurements, settings, job.params.design_note)
    literature = LiteratureSettings(**job.params.lenalidomide)
    more = literature_answers(measurements, crcl, literature, settings.confidence)
    write_answers(job.output.answers, [*answers, *more])
    rows = [row for feature, own in pairs.items() for row in own.rows(feature)]
    write_tsv(job.output.pairs, PAIR_COLUMNS, rows)
    bound = settings.no_effect_low, settings.no_effect_high
    draw_interaction(pairs, answers, bound, job.output.figure)


if __name__ == "__main__":
    run_logged(main, snakemake)
