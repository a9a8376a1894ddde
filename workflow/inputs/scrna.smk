"""What the rules of scrna.smk read: the files that the rows of the sheet name."""

from functools import cache
from pathlib import Path

from correlates.assays.scrna.planning import named_files, parts_of, settings_from, told_of
from correlates.intake.assay_records import read_assay_rows

# What only the collecting step uses; a change in it measures no file again.
AFTER_FILES = {"verdicts", "confidence", "lloq_counts", "min_cells", "min_genes_in_matrix"}
AFTER_FILES |= {"max_control_cv_pct"}


@cache
def rows_of_scrna():
    require_plan()
    return read_assay_rows(ASSAY_FILES["scrna"]).rows if "scrna" in ASSAY_FILES else []


@cache
def files_of_cells():
    return named_files(rows_of_scrna())


def keys_of_cells(wildcards):
    return list(files_of_cells())


def file_of_cells(wildcards):
    return files_of_cells()[wildcards.cells]


def path_of_cells(wildcards):
    return file_of_cells(wildcards).path


def parts_of_cells(wildcards):
    """The files of one matrix; none where the sheet names what is not there, which the job tells."""
    return parts_of(path_of_cells(wildcards))


def rows_of_cells(wildcards):
    rows = rows_of_scrna()
    return told_of(rows[place] for place in file_of_cells(wildcards).places)


def settings_of_cells(wildcards):
    settings = settings_from(config["scrna"])
    return {name: value for name, value in settings.items() if name not in AFTER_FILES}


def memory_of_cells(wildcards, attempt):
    """Gzipped text grows eightfold in memory, and doublets and neighbours take as much again."""
    sizes = [Path(part).stat().st_size for part in parts_of_cells(wildcards)]
    return attempt * (2000 + 20 * sum(sizes) // 2**20)


def of_all_cells(pattern):
    """An input function: one file of each file of cells."""
    return lambda wildcards: [pattern.format(cells=key) for key in files_of_cells()]


def absent_files_of_cells():
    """What earlier runs left of files of cells that the sheet no longer names."""
    folders = Path("results/scrna/files").glob("*")
    return sorted(str(path) for path in folders if path.name not in files_of_cells())
