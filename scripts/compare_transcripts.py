"""Ask what changed in messengers by RT-qPCR, or by single cells, between the phases."""

from typing import TYPE_CHECKING

from correlates.analyses.answers import write_answers
from correlates.analyses.rnaseq.figure import draw_changes
from correlates.analyses.rnaseq.named import PAIR_COLUMNS, named_answers, pair_rows
from correlates.analyses.transcripts import ask_transcripts, transcript_questions
from correlates.clinical.dosing.dosing import dosing_of_cohort
from correlates.clinical.records import read_records
from correlates.job import run_logged
from correlates.measurements import read_measurements
from correlates.tables import write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Test each gene exactly in each kind of cells, with every pair behind it."""
    params = job.params
    block = params.settings
    settings = transcript_questions(block, params.genes, params.confidence)
    most_days = {"B0": params.b0_max_days_before, "B1": params.b1_max_days_before}
    dosing = dosing_of_cohort(read_records(job.input.clinical))
    measured = read_measurements(job.input.measurements)
    asked = ask_transcripts(measured, params.assay, block, settings, dosing, most_days)
    answers = named_answers(asked, settings, {}, params.design_note, params.assay)
    write_answers(job.output.answers, answers)
    write_tsv(job.output.pairs, PAIR_COLUMNS, pair_rows(asked))
    draw_changes(asked, job.output.figure)


if __name__ == "__main__":
    run_logged(main, snakemake)
