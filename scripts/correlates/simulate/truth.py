"""The truth of a simulated cohort, written beside it and read by tests."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from correlates.simulate.counts import population_per_ul
from correlates.simulate.populations import LABELS, POPULATIONS, is_member
from correlates.simulate.trial import Effects
from correlates.tables import whole_file, write_tsv

_POPULATION_COLUMNS = ("file", "content_of", "population", "n", "per_ul")
_EFFECT_COLUMNS = ("hypothesis", "feature", "baseline", "endpoint", "contrast", "log2_difference")


def write_labels(path: Path, codes: np.ndarray) -> None:
    """Write the label of each event: ``codes`` (uint8) and the ``names`` that they index."""
    with whole_file(path, "wb") as stream:
        np.savez_compressed(stream, codes=codes, names=np.array(LABELS))


def read_labels(path: str | Path) -> np.ndarray:
    """Return the label codes that ``write_labels`` wrote, shape (events,).

    Raises
    ------
    ValueError
        If the file was written with other labels.
    """
    with np.load(path) as content:
        if tuple(content["names"]) != LABELS:
            msg = f"{path} holds other labels than this version simulates"
            raise ValueError(msg)
        return content["codes"]


def population_rows(
    stem: str, content_of: str, codes: np.ndarray, counts: dict[str, float]
) -> list[dict]:
    """Return the true count of every population of one file.

    Parameters
    ----------
    stem
        Name of the FCS file, without the ending.
    content_of
        Sample whose blood it truly holds.
    codes
        Label codes of its events.
    counts
        True cells per microlitre by label.
    """
    return [
        {
            "file": f"{stem}.fcs",
            "content_of": content_of,
            "population": population,
            "n": int(is_member(codes, population).sum()),
            "per_ul": _rounded(population_per_ul(counts, population)),
        }
        for population in POPULATIONS
    ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def write_populations(path: Path, rows: Iterable[dict]) -> None:
    """Write true events and true cells per microlitre of every population of every file."""
    write_tsv(path, _POPULATION_COLUMNS, rows)


def write_effects(path: Path, effects: Effects) -> None:
    """Write what was planted; sizes are 0 in a null cohort."""
    cells = (
        ("H1", "t_cd4__abs", "response_depth", "CR or CRi v rest", effects.t_cd4_complete),
        ("H2", "nk_cd57__abs", "response_depth", "CR or CRi v rest", effects.nk_cd57_complete),
        ("H6", "nk__abs", "tfr_ordinal", "per grade", effects.nk_per_grade),
    )
    rows = [
        dict(zip(_EFFECT_COLUMNS, (key, feature, "B1", *rest), strict=True))
        for key, feature, *rest in cells
    ]
    write_tsv(path, _EFFECT_COLUMNS, rows)


def write_swaps(path: Path, pairs: Iterable[tuple[str, str]]) -> None:
    """Write which samples' files hold the blood of another, one row each."""
    columns = ("sample", "holds_blood_of")
    write_tsv(path, columns, [dict(zip(columns, pair, strict=True)) for pair in pairs])
