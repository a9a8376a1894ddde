"""Compare each draw with its patient's other draws, and with everybody else's."""

from typing import TYPE_CHECKING

from correlates.check_rows import COLUMNS
from correlates.clinical.records import read_records
from correlates.clinical.tables import write_clinical_table
from correlates.cohort.integrity.fingerprints import SCORE_COLUMNS, join_judged, judge_specimens
from correlates.cohort.integrity.lineage.figure import Panel, draw_fingerprints
from correlates.job import run_logged
from correlates.measurements import read_measurements
from correlates.tables import write_text

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Judge all draws; what is found is a row, and never an error of the job."""
    measured = read_measurements(job.input.measurements)
    records = read_records(job.input.clinical)
    judged = judge_specimens(measured, records.rows("patients"), job.params.settings)
    findings, scores = join_judged(judged)
    panels = [
        Panel(one.specimen, one.scores, one.distances, one.alarms)
        for one in judged
        if one.distances is not None
    ]
    known = scores.astype(object).where(scores.notna(), None)
    rows = known.to_dict("records")
    write_clinical_table(job.output.scores, SCORE_COLUMNS, rows, records)
    write_clinical_table(job.output.findings, COLUMNS, findings, records)
    write_text(job.output.figure, draw_fingerprints(panels, findings[0]["finding"]))


if __name__ == "__main__":
    run_logged(main, snakemake)
