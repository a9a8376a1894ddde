"""Write derived results as a REDCap import file, with the dictionary of its instrument."""

from pathlib import Path
from typing import TYPE_CHECKING

from correlates.clinical.redcap_out.values import values_of
from correlates.clinical.redcap_out.write import PREFIX, write_dictionary, write_import
from correlates.intake.redcap.dictionary import read_dictionary
from correlates.intake.redcap.events import read_events
from correlates.intake.redcap.export import read_export
from correlates.job import run_logged
from correlates.tables import read_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Read the tables of results that the study has, and write what goes back."""
    tables = {Path(path).stem: read_tsv(path) for path in job.input.tables}
    project, results = job.params.project, job.params.results
    # the plan has told of everything that is wrong with these files
    dictionary, _ = read_dictionary(project["dictionary"], project["dictionary"])
    events = read_events(project["events"], project["events"])[0] if "events" in project else None
    export, _ = read_export(project["export"], project["export"], dictionary, events)
    values, prefix = values_of(tables), results.get("prefix", PREFIX)
    write_dictionary(job.output.dictionary, values, prefix)
    write_import(
        job.output.records, values, export, dictionary.record, results.get("event", ""), prefix
    )


if __name__ == "__main__":
    run_logged(main, snakemake)
