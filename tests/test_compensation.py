from types import SimpleNamespace

import numpy as np
import pytest

from correlates.flow.gating.compensation import (
    BadMatrix,
    condition_number,
    of_spillover,
    read_csv,
    solve,
)
from flow_maker import matrix_of, spread

CHANNELS = ("FITC-A", "PE-A", "Time")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("FITC-A,PE-A\n1,0.2\n0.1,1\n", id="header and rows"),
        pytest.param(",FITC-A,PE-A\nFITC-A,1,0.2\nPE-A,0.1,1\n", id="rows named as well"),
        pytest.param("FITC-A\tPE-A\n1\t0.2\n0.1\t1\n", id="tabs"),
        pytest.param("\ufeffFITC-A,PE-A\r\n1,0.2\r\n0.1,1\r\n\r\n", id="as Excel saves it"),
    ],
)
def test_read_csv(tmp_path, text):
    path = tmp_path / "matrix.csv"
    path.write_text(text, encoding="utf-8")

    assert read_csv(path, CHANNELS) == matrix_of(("FITC-A", "PE-A"), ((1, 0.2), (0.1, 1)))


@pytest.mark.parametrize(
    ("text", "row", "column", "message"),
    [
        pytest.param("", None, "", "The matrix is empty", id="an empty file"),
        pytest.param(
            "FITC-A,PE-A\n1,0.2\n", None, "", "1 rows for 2 channels", id="a row is missing"
        ),
        pytest.param(
            "FITC-A,PE-A\n1,0.2\n0.1\n", 3, "", "1 values for 2 channels", id="a value is missing"
        ),
        pytest.param(
            "FITC-A,PE-A\n1,much\n0.1,1\n", 2, "PE-A", "is not a number", id="a word for a number"
        ),
        pytest.param(
            "FITC-A,PE-A\n1,0.2\n0.1,0\n", 3, "PE-A", "'PE-A' is zero", id="a zero on the diagonal"
        ),
        pytest.param(
            "FITC-A,PE-A\n100,20\n10,100\n",
            2,
            "FITC-A",
            "is 100 and not 1. Is the matrix in percent?",
            id="a matrix in percent",
        ),
        pytest.param(
            "FITC-A,PE\n1,0.2\n0.1,1\n", 2, "", "Did you mean 'PE-A'", id="an unknown channel"
        ),
        pytest.param(
            "FITC-A,FITC-A\n1,0.2\n0.1,1\n", 2, "", "names a channel twice", id="a channel twice"
        ),
        pytest.param(
            ",FITC-A,PE-A\nPE-A,1,0.2\nFITC-A,0.1,1\n",
            2,
            "",
            "should be that of 'FITC-A'",
            id="rows in another order than columns",
        ),
        pytest.param(
            "FITC-A,PE-A\n1,1\n1,1\n", 2, "", "cannot be solved", id="two rows that say the same"
        ),
    ],
)
def test_a_bad_matrix_says_where_and_what_to_do(tmp_path, text, row, column, message):
    path = tmp_path / "matrix.csv"
    path.write_text(text)

    with pytest.raises(BadMatrix) as raised:
        read_csv(path, CHANNELS)

    problem = raised.value.problems[0]
    assert (problem.file, problem.row, problem.column) == (str(path), row, column)
    assert message in str(problem)
    assert problem.remedy


def test_every_fault_of_a_matrix_is_named(tmp_path):
    path = tmp_path / "matrix.csv"
    path.write_text("FITC-A,PX-A\n0,x\n0.1,1\n")

    with pytest.raises(BadMatrix) as raised:
        read_csv(path, CHANNELS)

    assert len(raised.value.problems) == 2


def test_of_spillover():
    spillover = SimpleNamespace(channels=("PE-A", "FITC-A"), matrix=np.array([[1, 0.25], [0, 1]]))

    assert of_spillover(spillover) == matrix_of(("PE-A", "FITC-A"), ((1, 0.25), (0, 1)))
    assert of_spillover(None) is None


def test_solve_gives_back_what_was_spilled():
    dyes = np.array([[100.0, 0.0], [0.0, 200.0], [-30.0, 7.0]])
    matrix = np.array([[1.0, 0.5], [0.25, 1.0]])

    np.testing.assert_allclose(solve(matrix, dyes @ matrix).T, dyes, atol=1e-12)


def test_solve_equals_flowutils_to_the_last_bit():
    from flowutils.compensate import compensate

    rng = np.random.default_rng(1)
    detected, matrix = rng.lognormal(6, 2, (500, 9)), spread(9, 0.15)

    np.testing.assert_array_equal(solve(matrix, detected).T, compensate(detected, matrix))


def test_more_detectors_than_dyes_is_least_squares():
    spectra = np.array([[1.0, 0.5, 0.1], [0.2, 1.0, 0.6]])
    detected = np.array([[10.0, 7.0, 3.0]])

    expected = np.linalg.lstsq(spectra.T, detected.T, rcond=None)[0]

    np.testing.assert_allclose(solve(spectra, detected), expected)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(((1, 0), (0, 1)), 1.0, id="no spillover magnifies nothing"),
        pytest.param(((1, 0.5), (0.5, 1)), 3.0, id="half into each other magnifies threefold"),
    ],
)
def test_condition_number(rows, expected):
    assert condition_number(matrix_of("AB", rows)) == pytest.approx(expected)


def test_semicolons_are_named_as_what_they_are(tmp_path):
    path = tmp_path / "spill.csv"
    path.write_text("A;B\n1;0,1\n0,1;1\n")

    with pytest.raises(BadMatrix, match="separated by semicolons"):
        read_csv(path)
