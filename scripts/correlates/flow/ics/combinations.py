"""How many cells of a parent have which combination of functions, counted event by event.

This runs in the job of each file, so it imports numpy and nothing heavier.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import numpy as np

from correlates.flow.gating.evaluate import Gated

COLUMNS = ("parent", "combination", "kind", "n", "n_parent")
SUBSET, MARGINAL, ANY = "subset", "marginal", "any"


def combination_rows(
    gated: Gated | None, parents: Sequence[str], functions: Sequence[str], single: Sequence[str]
) -> list[dict]:
    """Count every combination of functions within each parent.

    Parameters
    ----------
    gated
        Who is in which population; None of a refused file.
    parents
        Populations in which functions are looked at, such as ``t_cd8``.
    functions
        Functions that are combined: the population of function ``ifng`` in ``t_cd8`` is
        ``t_cd8_ifng``. One that is not gated in a parent is left out there.
    single
        Functions that are counted by themselves only.

    Returns
    -------
    Rows of ``combinations.tsv``. Of k functions all 2^k - 1 subsets (``ifng+il2-tnf+``; their
    counts and that of the cells without any function add up to the parent), each function alone
    (``ifng``), and ``any``. None where the panel gates no function.
    """
    return [] if gated is None else list(_rows(gated, parents, functions, single))


def subset_name(functions: Mapping[str, bool]) -> str:
    """Return the name of a combination, ``ifng+il2-``."""
    return "".join(f"{name}{'+' if has else '-'}" for name, has in functions.items())


def _rows(gated: Gated, parents, functions, single) -> Iterator[dict]:
    for parent in parents:
        if parent not in gated.packed:
            continue
        combined = [name for name in functions if f"{parent}_{name}" in gated.packed]
        alone = [name for name in single if f"{parent}_{name}" in gated.packed]
        if not combined + alone:
            continue
        within = np.flatnonzero(gated.members(parent))
        held = {name: gated.members(f"{parent}_{name}")[within] for name in (*combined, *alone)}
        for kind, name, count in _counts(held, combined, len(within)):
            yield {
                "parent": parent,
                "combination": name,
                "kind": kind,
                "n": count,
                "n_parent": len(within),
            }


def _counts(
    held: Mapping[str, np.ndarray], combined: Sequence[str], n_parent: int
) -> Iterator[tuple[str, str, int]]:
    """Yield kind, name and count of every subset, of each function, and of any."""
    code = np.zeros(n_parent, dtype=np.int64)
    for place, name in enumerate(combined):
        code |= held[name].astype(np.int64) << place
    counts = np.bincount(code, minlength=2 ** len(combined))
    for has in product((True, False), repeat=len(combined)):
        if any(has):
            place = sum(2**at for at, one in enumerate(has) if one)
            named = subset_name(dict(zip(combined, has, strict=True)))
            yield SUBSET, named, int(counts[place])
    for name, mask in held.items():
        yield MARGINAL, name, int(np.count_nonzero(mask))
    if combined:
        yield ANY, "any", int(n_parent - counts[0])
