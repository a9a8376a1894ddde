"""Compensation: spillover matrices read, checked and solved."""

import csv
import io
import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from correlates.flow.gating.gates import Compensation
from correlates.intake.fcs.spillover import PERCENT_FROM
from correlates.problems import Problem, did_you_mean

_SQUARE = "Give one row and one column for each channel, in the same order."


class BadMatrix(ValueError):
    """A spillover matrix that cannot be used; ``problems`` names everything wrong with it."""

    def __init__(self, problems: Sequence[Problem]):
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True)
class FileMatrix:
    """A compensation whose detectors have been found among the columns of a file.

    Parameters
    ----------
    columns
        Column of each detector.
    values
        Spillover, (fluorochromes, detectors), float64.
    row_of_column
        Row of the solution that takes the place of a column.
    row_of_name
        Row of the solution by name of the fluorochrome.
    """

    columns: np.ndarray
    values: np.ndarray
    row_of_column: dict[int, int]
    row_of_name: dict[str, int]

    @classmethod
    def of(
        cls, given: Compensation, column: Callable[[str], int], in_file_order: bool
    ) -> "FileMatrix":
        """Find a compensation's detectors.

        Parameters
        ----------
        given
            The compensation.
        column
            Gives the column of a channel; raises LookupError if there is none.
        in_file_order
            Solve the (square) matrix in the order of the columns and not in its own, which decides
            about the last bit.
        """
        columns = np.array([column(detector) for detector in given.detectors])
        values = np.array(given.matrix, dtype=float)
        names = given.fluorochromes
        if in_file_order:
            order = np.argsort(columns)
            columns, values = columns[order], values[np.ix_(order, order)]
            names = [names[place] for place in order]
        rows = {name: row for row, name in enumerate(names)}
        if values.shape[0] == values.shape[1]:
            by_column = {int(place): row for row, place in enumerate(columns)}
        else:
            by_column = {}
            for name, row in rows.items():
                # a dye need not be called after a channel
                with suppress(LookupError):
                    by_column[column(name)] = row
        return cls(columns, values, by_column, rows)


def of_spillover(spillover) -> Compensation | None:
    """Return the matrix that a file carries as a compensation.

    Parameters
    ----------
    spillover
        What ``intake.fcs.read_header`` found: ``channels`` and ``matrix``; None gives None.
    """
    if spillover is None:
        return None
    names = tuple(spillover.channels)
    return Compensation(names, names, tuple(tuple(map(float, row)) for row in spillover.matrix))


def read_csv(path: str | Path, channels: Sequence[str] | None = None) -> Compensation:
    """Read a square table of channels by channels: header with names, then a row a channel.

    Parameters
    ----------
    path
        CSV or TSV; a first column that names the rows may stand there, and is then checked.
    channels
        Channel names of the files it is meant for; None leaves the names unchecked.

    Raises
    ------
    BadMatrix
        With every problem, its row as a spreadsheet counts it, and its column.
    """
    text = Path(path).read_text(encoding="utf-8-sig")
    delimiter = "\t" if "\t" in text.partition("\n")[0] else ","
    table = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(row)]
    where = {"file": str(path), "stops": "run"}
    if table and len(table[0]) == 1 and ";" in table[0][0]:
        problem = "The cells are separated by semicolons"
        remedy = "Save it with commas between the cells, numbers with a decimal point."
        raise BadMatrix([Problem(problem=problem, remedy=remedy, row=1, **where)])
    if len(table) < 2:
        raise BadMatrix([Problem(problem="The matrix is empty", remedy=_SQUARE, **where)])
    header, rows = [name.strip() for name in table[0]], table[1:]
    named = not _is_number(rows[0][0])
    names = header[len(header) - len(rows[0]) + named :]
    places = [{**where, "row": number} for number in range(2, len(rows) + 2)]
    problems = []
    if len(rows) != len(names):
        problem = f"The matrix has {len(rows)} rows for {len(names)} channels"
        problems.append(Problem(problem=problem, remedy=_SQUARE, **where))
    for name, row, place in zip(names, rows, places, strict=False):
        if named and row[0].strip() != name:
            problem = f"The row should be that of {name!r}"
            problems.append(Problem(problem=problem, remedy=_SQUARE, value=row[0], **place))
    if problems:
        raise BadMatrix(problems)
    return _checked(names, [row[named:] for row in rows], channels, places)


def condition_number(compensation: Compensation) -> float:
    """Return how much the matrix magnifies noise: 1 is none, above 100 two dyes hardly differ."""
    return float(np.linalg.cond(np.array(compensation.matrix)))


def is_solvable(matrix: Sequence[Sequence[float]]) -> bool:
    """Tell whether every dye can be told from the others: all finite, and no row too many."""
    values = np.array(matrix, dtype=float)
    return bool(np.isfinite(values).all()) and np.linalg.matrix_rank(values) == len(values)


def solve(matrix: np.ndarray, detected: np.ndarray) -> np.ndarray:
    """Return what each fluorochrome gave, from what the detectors saw.

    Parameters
    ----------
    matrix
        Spillover, (fluorochromes, detectors), float64.
    detected
        Events, (n, detectors), float64.

    Returns
    -------
    (fluorochromes, n), float64. A square matrix is solved as FlowKit solves it, so that values
    agree to the last bit; with more detectors than fluorochromes it is the least-squares solution.
    There an event that is not finite has no solution, and would take that of all others with it.
    """
    if matrix.shape[0] == matrix.shape[1]:
        return np.linalg.solve(matrix.T, detected.T)
    finite = np.isfinite(detected).all(axis=1)
    solution = np.full((matrix.shape[0], len(detected)), np.nan)
    solution[:, finite] = np.linalg.lstsq(matrix.T, detected[finite].T, rcond=-1)[0]
    return solution


def _checked(names, rows, channels, places) -> Compensation:
    problems = []
    for name in names:
        if channels is not None and channels.count(name) != 1:
            problem = "The matrix names a channel that is not there"
            remedy = did_you_mean(name, channels)
            if name in channels:
                problem = "The matrix names a channel that stands in the file more than once"
                remedy = "Give each detector its own name in the cytometer's software."
            problems.append(Problem(problem=problem, remedy=remedy, **{**places[0], "value": name}))
    for name in sorted({name for name in names if names.count(name) > 1}):
        problem = "The matrix names a channel twice"
        problems.append(Problem(problem=problem, remedy=_SQUARE, **{**places[0], "value": name}))
    matrix = []
    for index, (row, place) in enumerate(zip(rows, places, strict=True)):
        values, found = _numbers(row, names, place)
        problems += found
        matrix.append(values)
        if not found and values[index] == 0:
            problem = f"The diagonal of {names[index]!r} is zero"
            remedy = "A dye must be seen by its own detector: give 1 there."
            problems.append(Problem(problem=problem, remedy=remedy, **_cell(place, names[index])))
        elif not found and abs(values[index]) >= PERCENT_FROM:
            problem = f"The diagonal of {names[index]!r} is {values[index]:g} and not 1"
            remedy = "Is the matrix in percent? Then divide all of it by 100."
            problems.append(Problem(problem=problem, remedy=remedy, **_cell(place, names[index])))
    if not problems and not is_solvable(matrix):
        problem = "The matrix cannot be solved: two rows say the same"
        problems.append(Problem(problem=problem, remedy=_SQUARE, **places[0]))
    if problems:
        raise BadMatrix(problems)
    return Compensation(tuple(names), tuple(names), tuple(tuple(row) for row in matrix))


def _numbers(row, names, place) -> tuple[list[float], list[Problem]]:
    if len(row) != len(names):
        problem = f"The row has {len(row)} values for {len(names)} channels"
        return [], [Problem(problem=problem, remedy=_SQUARE, **place)]
    problems = [
        Problem(
            problem="A coefficient is not a number",
            remedy="Give the share that spills over, such as 0.05.",
            value=text,
            **_cell(place, name),
        )
        for name, text in zip(names, row, strict=True)
        if not _is_number(text)
    ]
    return ([] if problems else [float(text) for text in row]), problems


def _cell(place: dict, name: str) -> dict:
    return {**place, "column": name}


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
