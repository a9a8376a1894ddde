"""All genes in each contrast: an exploratory list, and how long it would be by chance."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from correlates.analyses.answers import answer
from correlates.analyses.cells import CELLS
from correlates.analyses.rnaseq.moderated import (
    listed_under_flips,
    moderated_test,
    paired_differences,
)
from correlates.analyses.rnaseq.named import Asked
from correlates.analyses.rnaseq.sentences import contrast_words
from correlates.analyses.rnaseq.settings import Contrast, RnaseqQuestions
from correlates.analyses.wording import patients

QUESTION = "All genes (exploratory)"
EXPLORATORY, NOT_EVALUABLE = "exploratory", "not evaluable"
COLUMNS = ("cell", "specimen", "contrast", "gene", "n", "log2_change", "t", "p", "q", "listed")
_EXPRESSION = "__log2_cpm__"


def library_pairs(asked: Sequence[Asked]) -> dict[tuple, dict[str, tuple[str, str]]]:
    """Return by cell, specimen and contrast the libraries of each patient's two draws.

    Flagged pairs are left out: a list of all genes is the first to show what is wrong with one
    library.
    """
    found: dict[tuple, dict[str, tuple[str, str]]] = {}
    for one in asked:
        if _EXPRESSION not in one.feature:
            continue
        key = (one.feature.rpartition("__")[2], one.specimen, one.contrast)
        pairs = found.setdefault(key, {})
        for pair in one.pairs:
            if not pair.is_doubtful:
                pairs.setdefault(pair.patient, (pair.before.sample, pair.after.sample))
    return found


def all_genes(
    asked: Sequence[Asked], counts: pd.DataFrame, settings: RnaseqQuestions, design_note: str
) -> tuple[list[dict], list[dict]]:
    """Test all genes of each kind of cell in each contrast.

    Parameters
    ----------
    asked
        The named features, whose pairs of libraries are taken.
    counts
        ``cell``, ``gene`` and a column a library.
    settings
        Level and fewest pairs.
    design_note
        What the design keeps from being told apart.

    Returns
    -------
    Answers, and a row a gene.
    """
    answers, rows = [], []
    for (cell, specimen, contrast), pairs in library_pairs(asked).items():
        own = counts[counts["cell"] == cell]
        head = f"{_cells(cell)}, {contrast_words(contrast, specimen)}"
        names = [one for one in pairs.values() if {*one} <= set(own.columns)]
        if len(names) < settings.min_pairs_all_genes or own.empty:
            said = (
                f"{head}: {patients(len(names))} with two sound libraries, "
                f"{settings.min_pairs_all_genes} are needed."
            )
            answers.append(
                _answer(cell, contrast, n=len(names), verdict=NOT_EVALUABLE, sentence=said)
            )
            continue
        made, listed = _tested(own, names, settings)
        rows += [{"cell": cell, "specimen": specimen, "contrast": contrast.name} | one
                 for one in made]  # fmt: skip
        sentence = _sentence(head, made, len(names), listed, settings)
        answers.append(
            _answer(
                cell, contrast, n=len(names), verdict=EXPLORATORY, sentence=sentence,
                caution=design_note,
            )
        )  # fmt: skip
    return answers, rows


def _cells(cell: str) -> str:
    """Return the cells in words, at the start of a sentence."""
    words = CELLS.get(cell, cell)
    return words[:1].upper() + words[1:]


def _answer(cell: str, contrast: Contrast, **found) -> dict:
    return answer("rnaseq", QUESTION, f"all genes, {CELLS.get(cell, cell)}", contrast.name, **found)


def _tested(
    counts: pd.DataFrame, names: Sequence[tuple[str, str]], settings: RnaseqQuestions
) -> tuple[list[dict], np.ndarray]:
    before, after = (
        counts[[pair[side] for pair in names]].to_numpy(dtype=float) for side in (0, 1)
    )
    seen = (before + after).sum(axis=1) > 0
    differences, weights = paired_differences(before[seen], after[seen])
    test = moderated_test(differences, weights)
    by_chance = listed_under_flips(differences, weights, settings.fdr, settings.most_flips)
    table = pd.DataFrame(
        {
            "gene": [settings.genes.get(one, one) for one in counts["gene"].to_numpy()[seen]],
            **{"n": len(names), "log2_change": test.change.round(4), "t": test.t.round(4)},
            "p": [f"{one:.4g}" for one in test.p],
            "q": [f"{one:.4g}" for one in test.q],
            "listed": np.where(test.q <= settings.fdr, "yes", "no"),
        }
    )
    order = np.argsort(test.p, kind="stable")
    return table.iloc[order].to_dict("records"), by_chance


def _sentence(
    head: str,
    rows: Sequence[Mapping],
    n: int,
    by_chance: np.ndarray,
    settings: RnaseqQuestions,
) -> str:
    listed = [one for one in rows if one["listed"] == "yes"]
    have = "has" if len(listed) == 1 else "have"
    said = (
        f"{head}, {patients(n)}: {len(listed)} of {len(rows)} genes {have} q <= {settings.fdr:g} "
        "(moderated paired t with precision weights, Benjamini and Hochberg). Exploratory: a list "
        "to start from, and no claim of any gene."
    )
    if listed:
        first = ", ".join(
            f"{one['gene']} ({2 ** one['log2_change']:.2f} times)" for one in listed[:5]
        )
        said += f" The first: {first}."
    if by_chance.size:
        said += (
            f" With the order of the draws exchanged in some patients ({by_chance.size} ways) the "
            f"list had {np.median(by_chance):g} genes in the median, "
            f"{np.quantile(by_chance, 0.95):g} at the 95th percentile."
        )
    return said
