"""Overrides as the page shows them: what each did, and the results without them."""

from collections.abc import Iterable, Mapping
from itertools import groupby

from correlates.pages.words import count, plural
from correlates.report.formats import interval, p_shown, shown


def override_views(rows: Iterable[Mapping]) -> list[dict]:
    """Return each override with the populations that rest on it, in the order of the table.

    Parameters
    ----------
    rows
        Rows of ``overrides.tsv``.
    """
    about = ("acquisition", "gate", "marker", "threshold")
    views = []
    for _, of_one in groupby(rows, key=lambda row: [row[name] for name in about]):
        of_one = list(of_one)
        views.append({"row": of_one[0], "populations": of_one})
    return views


def overrides_in_words(rows: Iterable[Mapping]) -> str:
    """Say how many files and thresholds were overridden, and how many by whom outcomes were open.

    Nothing is said where there is no override.
    """
    views = override_views(rows)
    if not views:
        return ""
    files = {view["row"]["acquisition"] for view in views}
    unblinded = sum(view["row"]["outcomes_open"] == "yes" for view in views)
    known = (
        f"outcomes were open to the author of {count(unblinded)}"
        if unblinded
        else "outcomes were open to the author of none"
    )
    return f"{plural(len(views), 'threshold')} in {plural(len(files), 'file')}; {known}"


def without_overrides(row: Mapping, rows: Iterable[Mapping]) -> dict | None:
    """Return what the page shows of a contrast repeated as templated, None if it was not.

    Parameters
    ----------
    row
        The contrast, with the overrides.
    rows
        All contrasts, each file gated by its template alone.
    """
    other = next((each for each in rows if each["id"] == row["id"]), None)
    if other is None:
        return None
    return {
        "row": other,
        "is_tested": other["status"] == "ok",
        "estimate": shown(other["estimate"]),
        "interval": interval(other["ci_low"], other["ci_high"]),
        "p": p_shown(other["p"]),
    }
