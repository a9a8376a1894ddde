"""Count the patients at every step of the trial and of every marker, and draw them."""

from pathlib import Path
from typing import TYPE_CHECKING

import anndata as ad

from correlates.clinical.records import read_records
from correlates.clinical.tables import write_clinical_table
from correlates.cohort.baseline_reasons import B0, B1
from correlates.cohort.draws import draw_context
from correlates.cohort.patient_flow.assemble import StudyTables, drawn_chains, patient_flow
from correlates.cohort.patient_flow.chain import COLUMNS
from correlates.cohort.patient_flow.figure import patient_flow_svg
from correlates.cohort.patient_flow.windows import known_draws, windows_of
from correlates.intake.acquisitions import SAMPLE
from correlates.intake.records import read_plan
from correlates.job import run_logged
from correlates.measurements import read_measurements
from correlates.tables import read_json, read_tsv, write_text

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Follow every patient; the numbers at the end are those that the analyses really used."""
    records, files = read_records(job.input.clinical), read_tsv(job.input.files)
    acquisitions = [
        one.as_row() for one in read_plan(job.input.plan).acquisitions if one.role == SAMPLE
    ]
    measured = read_measurements(job.input.measurements)
    context = draw_context(records, job.params.visits)
    known = known_draws(files, acquisitions, records)
    most_days = {B0: job.params.b0_max_days_before, B1: job.params.b1_max_days_before}
    study = StudyTables(
        records=records,
        context=context,
        windows=windows_of(measured, known, context, most_days),
        files=files,
        problems=read_tsv(job.input.problems),
        endpoints=read_tsv(job.input.endpoints),
        contrasts=read_tsv(job.input.contrasts),
        contrast_values=read_tsv(job.input.values),
        models=read_json(job.input.model),
        predictions=read_tsv(job.input.predictions),
        populations={Path(path).stem: _populations(path) for path in job.input.populations},
        measured=measured,
        cohort=ad.read_h5ad(job.input.cohort),
    )
    chains = patient_flow(study)
    rows = [row for chain in chains for row in chain.rows()]
    write_clinical_table(job.output.table, COLUMNS, rows, records)
    write_text(job.output.figure, patient_flow_svg(drawn_chains(chains)))


def _populations(path: str) -> list[str]:
    return [row["population"] for row in read_tsv(path)]


if __name__ == "__main__":
    run_logged(main, snakemake)
