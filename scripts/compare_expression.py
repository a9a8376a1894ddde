"""Ask what changed in RNA between the phases of treatment."""

import math
from typing import TYPE_CHECKING

import pandas as pd

from correlates.analyses.answers import write_answers
from correlates.analyses.rnaseq.all_genes import COLUMNS as GENE_COLUMNS
from correlates.analyses.rnaseq.all_genes import all_genes
from correlates.analyses.rnaseq.figure import draw_changes
from correlates.analyses.rnaseq.named import PAIR_COLUMNS, ask, named_answers, pair_rows
from correlates.analyses.rnaseq.settings import RnaseqQuestions
from correlates.analyses.rnaseq.sexes import COLUMNS as SEX_COLUMNS
from correlates.analyses.rnaseq.sexes import sex_answer, sex_rows, swapped_draws
from correlates.clinical.dosing.dosing import dosing_of_cohort
from correlates.clinical.records import read_records
from correlates.cohort.integrity.sex import sex_verdicts
from correlates.job import run_logged
from correlates.measurements import read_measurements
from correlates.tables import read_tsv, write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Check the sexes, test the named genes exactly, and list all genes."""
    params = job.params
    settings = RnaseqQuestions.of(params.settings, params.genes, params.confidence)
    records = read_records(job.input.clinical)
    measured = read_measurements(job.input.measurements)
    measured = measured[measured["assay"] == "rnaseq"]
    verdicts = sex_verdicts(measured, records.rows("patients"), params.sex)
    most_days = {"B0": params.b0_max_days_before, "B1": params.b1_max_days_before}
    dosing = dosing_of_cohort(records)
    asked = ask(measured, settings, dosing, most_days, swapped_draws(verdicts))
    libraries = read_tsv(job.input.libraries)
    cll_pct = {one["library"]: float(one["cll_pct"] or math.nan) for one in libraries}
    cll_pct = {name: share for name, share in cll_pct.items() if math.isfinite(share)}
    counts = pd.read_parquet(job.input.genes)
    listed, genes = all_genes(asked, counts, settings, params.design_note)
    answers = named_answers(asked, settings, cll_pct, params.design_note)
    write_answers(job.output.answers, [*answers, *listed, sex_answer(verdicts)])
    write_tsv(job.output.pairs, PAIR_COLUMNS, pair_rows(asked))
    write_tsv(job.output.all_genes, GENE_COLUMNS, genes)
    write_tsv(job.output.sexes, SEX_COLUMNS, sex_rows(verdicts))
    draw_changes(asked, job.output.figure)


if __name__ == "__main__":
    run_logged(main, snakemake)
