"""Bring the single cells of all files together: measurements, verdicts, figures."""

from typing import TYPE_CHECKING

import pandas as pd

from correlates.assays.left_out import COLUMNS
from correlates.assays.quality import write_quality
from correlates.assays.scrna.collect import GROUP_COLUMNS, collect_files
from correlates.assays.scrna.figures import draw_layout, draw_overview
from correlates.assays.scrna.planning import named_files
from correlates.intake.assay_records import read_assay_rows
from correlates.job import run_logged
from correlates.measurements import write_measurements
from correlates.tables import read_json, write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Collect what the jobs of the files wrote."""
    settings, keys = job.params.settings, list(job.params.files)
    records = read_assay_rows(job.input.scrna[0])
    files = named_files(records.rows)
    summaries = dict(zip(keys, map(read_json, job.input.summaries), strict=True))
    pseudobulks = dict(zip(keys, map(pd.read_parquet, job.input.pseudobulks), strict=True))
    found = collect_files(
        *(records.rows, files, summaries, records.left_out, settings), pseudobulks=pseudobulks
    )
    write_measurements(found.measurements, job.output.measurements)
    write_tsv(job.output.left_out, COLUMNS, found.left_out)
    write_tsv(job.output.groups, GROUP_COLUMNS, found.groups)
    write_quality(
        {name: job.output[name] for name in ("runs", "samples", "controls")},
        *(found.runs, found.samples, found.controls),
    )
    cells = dict(zip(keys, map(pd.read_parquet, job.input.cells), strict=True))
    places = {
        place: (key, number)
        for key, file in files.items()
        for number, place in enumerate(file.places)
    }
    markers = [one for summary in summaries.values() for one in summary.get("markers", ())]
    draw_layout(found.judged, settings, job.output.layout)
    draw_overview(
        *(found.judged, cells, places, markers, found.measurements, settings),
        job.output.overview,
    )


if __name__ == "__main__":
    run_logged(main, snakemake)
