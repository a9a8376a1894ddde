"""Where batches and outcomes go together, a difference between patients may be one of batches."""

from collections.abc import Iterable, Mapping

from correlates.flow.batches.confounding import NONE
from correlates.flow.batches.scores import STRONG
from correlates.pages.words import as_number


def batch_cautions(contrast: Mapping[str, str], scores: Iterable[Mapping[str, str]]) -> list[str]:
    """Say of a contrast which panels' batches cannot be told from its endpoint, or badly.

    Parameters
    ----------
    contrast
        A row of the contrasts: ``endpoint``, ``baseline``, and ``marker``, which may end in the
        specimen.
    scores
        Rows of the cohort's batch confounding.
    """
    specimen = contrast["marker"].split("@")[2:]
    about = [
        row
        for row in scores
        if (row["factor"], row["baseline"]) == (contrast["endpoint"], contrast["baseline"])
        and (not specimen or row["specimen"] == specimen[0])
    ]
    return [
        f"Batches of panel {row['panel']} ({row['specimen']}) and {row['factor']}: "
        f"{row['sentence']} Cramer's V {row['cramers_v'] or 'unknown'}, p {row['p'] or 'unknown'}."
        for row in about
        if row["aliased"] != NONE or (as_number(row["cramers_v"]) or 0) > STRONG
    ]
