"""Two draws of the same patients: which rows they are, and how their exact test is told."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd

from correlates.analyses.multiplicity import ALPHA
from correlates.analyses.sign_flip import MOST_COUNTED
from correlates.analyses.wording import p_value, patients
from correlates.clinical.dosing.phases import UNASSIGNED
from correlates.clinical.dosing.settings import VisitSettings, draw_of, name_of_draw


def row_of_draw(
    rows: pd.DataFrame, text: str, visits: VisitSettings, is_usable: Callable[[Mapping], bool]
) -> dict | None:
    """Return the row of a draw, under its own name or another that it may stand for.

    Parameters
    ----------
    rows
        Rows of the measurement table of one patient, feature and specimen.
    text
        The draw as the config names it, such as ``C1D1 pre``.
    visits
        Which draws may be one and the same.
    is_usable
        Whether a row has what is compared.

    Returns
    -------
    The first that is usable, the draw's own name before others, else the first; None if there is
    none.
    """
    records = {name_of_draw(row["visit"], row["timepoint"]): row for row in rows.to_dict("records")}
    found = [records[name] for name in visits.names_of(draw_of(text)) if name in records]
    return next((one for one in found if is_usable(one)), found[0] if found else None)


def is_of_another_phase(row: Mapping, planned: str) -> bool:
    """Whether what was taken at a draw is known, and is not what its name means.

    A draw called C1D8 of a patient who began lenalidomide late is none on both drugs.
    """
    known = {"", UNASSIGNED}.isdisjoint({row["phase"], planned})
    return known and row["phase"] != planned


def p_to_correct(test) -> float:
    """Return the p of a test, NaN without one or where its pairs are too few to reach `ALPHA`."""
    return np.nan if test is None or test.smallest_p > ALPHA else test.p


def sign_flip_words(n: int) -> str:
    """Return how the sign-flip test of n pairs was done, to begin a sentence."""
    return "Exact sign-flip" if n <= MOST_COUNTED else "Sign-flip (normal approximation)"


def correction_words(q: float, size: int, one: str) -> str:
    """Return q over the questions of an assay, or over its only one; ``one`` names one of them."""
    family = one if size == 1 else f"{size} {one}s"
    said = p_value(q).replace("p", "q", 1)
    return f"Over the {family} of this assay (Benjamini and Hochberg): {said}."


def left_out_words(causes: Iterable[tuple[int, str]]) -> str:
    """Return how many patients were left out, and why, as counts and causes; empty for nobody."""
    said = [f"{patients(count)} {why}" for count, why in causes if count]
    return f"Left out: {', '.join(said)}." if said else ""
