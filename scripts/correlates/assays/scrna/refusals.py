"""Why a file of single cells, or a sample in it, is not measured."""

# Reason codes, as flags of measurements carry them.
CELLS_OF_SEVERAL_ROWS = "cells_of_several_rows"
COUNTS_NOT_RAW = "counts_not_raw"
FILE_MISSING = "file_missing"
FILE_UNREADABLE = "file_unreadable"
FILES_DO_NOT_MATCH = "files_do_not_match"
LAYER_MISSING = "layer_missing"
NOT_SINGLE_CELLS = "not_single_cells"
OBS_COLUMN_MISSING = "obs_column_missing"
ROWS_CONTRADICT = "rows_contradict"
SAMPLE_NOT_IN_FILE = "sample_not_in_file"
SEVERAL_MATRICES = "several_matrices"


class Refused(Exception):
    """A file or a sample that cannot be measured, in words for its user.

    Parameters
    ----------
    code
        Reason code, as flags of measurements carry it.
    problem
        What is wrong.
    remedy
        What to do.
    """

    def __init__(self, code: str, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}. {remedy}")
        self.code, self.problem, self.remedy = code, problem, remedy
