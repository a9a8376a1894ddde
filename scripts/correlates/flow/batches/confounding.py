"""How far batches and something else go together, and whether they can be told apart at all."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

NONE, PARTLY, WHOLLY = "none", "partly", "wholly"


@dataclass(frozen=True)
class Score:
    """How far batch and a factor go together.

    Parameters
    ----------
    n, n_batches, n_levels
        Units, batches and levels of the factor among them.
    cramers_v
        Cramer's V corrected for bias, 0 to 1; NaN with one batch or one level.
    p
        By permutation of the batches over the units.
    aliased
        ``wholly`` (no difference between levels is seen within any batch), ``partly`` (some are
        not) or ``none``.
    """

    n: int
    n_batches: int
    n_levels: int
    cramers_v: float
    p: float
    aliased: str


def score_confounding(
    batches: Sequence[str],
    levels: Sequence[str],
    permutations: int,
    seed: int,
    owners: Sequence[str] | None = None,
) -> Score:
    """Score batches against a factor.

    Parameters
    ----------
    batches, levels
        Batch and level of each unit, such as a draw or a patient.
    permutations
        Permutations behind the p-value, whose smallest value is 1 / (permutations + 1).
    seed
        Seed of the permutations.
    owners
        Whose each unit is, where several are of one patient and share its level: the patients are
        the units then, and their levels are what is permuted. Draws of a patient, which often
        share a batch too, would be counted as if they had been assigned one by one.

    Notes
    -----
    Bias-corrected V: Bergsma, J Korean Stat Soc 2013;42:323.
    """
    _, batch = np.unique(np.asarray(batches, dtype=str), return_inverse=True)
    _, level = np.unique(np.asarray(levels, dtype=str), return_inverse=True)
    if len(batch) != len(level):
        msg = f"{len(batch)} batches, but {len(level)} levels"
        raise ValueError(msg)
    sizes = (len(set(batch.tolist())), len(set(level.tolist())))
    own_level, owner = _by_owner(level, owners)
    n = len(own_level)
    if min(sizes) < 2:
        return Score(n, *sizes, np.nan, np.nan, NONE)
    observed = _chi2(_table(batch, level, sizes))
    rng = np.random.default_rng(seed)
    # Equal tables sum to values that differ by rounding.
    reached = observed * (1 - 1e-12)
    as_far = sum(
        _chi2(_table(batch, rng.permutation(own_level)[owner], sizes)) >= reached
        for _ in range(permutations)
    )
    return Score(
        n,
        *sizes,
        _corrected_v(observed * n / len(batch), n, *sizes),
        (as_far + 1) / (permutations + 1),
        aliasing(batch, level),
    )


def aliasing(batches: Sequence, levels: Sequence) -> str:
    """Say whether differences between levels can be estimated beside those between batches.

    Parameters
    ----------
    batches, levels
        Batch and level of each unit.

    Returns
    -------
    ``none`` if the design matrix of both has the rank that two factors have that are crossed
    enough; ``wholly`` if the levels add nothing to the batches; else ``partly``.
    """
    in_batch = _indicators(batches)
    of_level = _indicators(levels)
    n_batches, n_levels = in_batch.shape[1], of_level.shape[1]
    rank = int(np.linalg.matrix_rank(np.hstack([in_batch, of_level])))
    if rank == n_batches + n_levels - 1:
        return NONE
    return WHOLLY if rank == n_batches else PARTLY


def _by_owner(level: np.ndarray, owners: Sequence[str] | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the level of each owner, and the owner of each unit; without any, each its own."""
    if owners is None:
        return level, np.arange(len(level))
    _, first, owner = np.unique(
        np.asarray(owners, dtype=str), return_index=True, return_inverse=True
    )
    return level[first], owner


def _indicators(values: Sequence) -> np.ndarray:
    found, place = np.unique(np.asarray(values), return_inverse=True)
    return np.eye(len(found))[place]


def _table(batch: np.ndarray, level: np.ndarray, sizes: tuple[int, int]) -> np.ndarray:
    cells = np.bincount(batch * sizes[1] + level, minlength=sizes[0] * sizes[1])
    return cells.reshape(sizes)


def _chi2(table: np.ndarray) -> float:
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    return float(((table - expected) ** 2 / expected).sum())


def _corrected_v(chi2: float, n: int, rows: int, columns: int) -> float:
    phi2 = max(0.0, chi2 / n - (rows - 1) * (columns - 1) / (n - 1))
    smaller = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    # As many batches as units: nothing is left that could be told from chance.
    return float(min(1.0, np.sqrt(phi2 / smaller))) if smaller > 1e-12 else np.nan
