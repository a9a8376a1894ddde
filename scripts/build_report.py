"""Put the report together from the tables and figures of all floors."""

from pathlib import Path
from typing import TYPE_CHECKING

from correlates.intake.records import read_plan
from correlates.job import run_logged
from correlates.pages.assay_quality import files_by_folder
from correlates.report.clinical import TABLES
from correlates.report.inputs import ReportInputs
from correlates.report.page import build_report

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

OPTIONAL = ("overrides", "contrasts_as_templated", "double_gating")
SECTIONS = ("flow", "clinical", "cohort", "analyses", "report")


def main(job) -> None:
    """Hand the page where everything stands."""
    tables = ("files", "problems", "measurements", "baselines", "endpoints", "exclusions")
    analyses = ("contrasts", "model", "predictions", "reconciliation", "not_detected")
    cohort = ("confounding", "plan", "integrity", "flow_diagram", "fingerprints")
    names = read_plan(job.input.plan).names
    optional = {name: list(job.input[name]) for name in OPTIONAL}
    inputs = ReportInputs(
        title=job.params.title,
        patients_sheet=job.params.patients_sheet,
        contrast_values=Path(job.input["values"]),
        figures=dict(zip(names, map(Path, job.input.figures), strict=True)),
        settings={section: job.params[section] for section in SECTIONS},
        clinical={path.stem: path for path in map(Path, job.input.clinical) if path.stem in TABLES},
        assays=files_by_folder(job.input.assays),
        **{name: Path(job.input[name]) for name in tables + analyses + cohort},
        **{name: Path(paths[0]) for name, paths in optional.items() if paths},
    )
    build_report(inputs, job.output.page)


if __name__ == "__main__":
    run_logged(main, snakemake)
