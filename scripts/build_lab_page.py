"""Put the laboratory's page together from what intake and flow wrote, and nothing of the clinic."""

from pathlib import Path
from typing import TYPE_CHECKING

from correlates.job import run_logged
from correlates.lab.inputs import LabInputs
from correlates.lab.page import build_lab_page
from correlates.pages.assay_quality import files_by_folder

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

KINDS = ("populations", "strategies", "figures", "ledgers", "courses")
REPORT = "../report/report.html"


def main(job) -> None:
    """Hand the page where everything stands."""
    settings, names = job.params.settings, job.params.acquisitions
    inputs = LabInputs(
        title=job.params.title,
        files=Path(job.input.files),
        problems=Path(job.input.problems),
        placements=Path(job.input.placements),
        control_charts=Path(job.input.controls),
        sheets_shown=frozenset(job.params.sheets),
        max_figures=settings["max_figures"],
        max_others=settings["max_others"],
        max_charts=settings["max_charts"],
        assays=files_by_folder(job.input.assays),
        report="" if settings["blinded"] else REPORT,
        **{kind: dict(zip(names, map(Path, job.input[kind]), strict=True)) for kind in KINDS},
    )
    build_lab_page(inputs, job.output.page)


if __name__ == "__main__":
    run_logged(main, snakemake)
