"""Which paired counts can be judged, and which of them respond."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from correlates.flow.ics.combinations import ANY, MARGINAL, SUBSET
from correlates.flow.ics.mixture import fit_mixture
from correlates.flow.ics.subtraction import (
    benjamini_hochberg,
    fisher_greater,
    fold_of,
    net_percent,
)

FISHER, MIXTURE = "fisher", "mixture"
_BLOCK = ["acquisition", "parent"]
_COUNTS = ["n", "n_parent", "n_u", "n_parent_u"]
NO_UNSTIM = "no_unstimulated_tube"
HIGH_BACKGROUND = "background_above_limit"
CONTROL_FAILED = "positive_control_failed"
NO_CONTROL = "no_positive_control"


@dataclass(frozen=True)
class IcsSettings:
    """What the config's ``ics`` block says of calls; the names are its keys.

    Parameters
    ----------
    call
        ``fisher`` or ``mixture``.
    max_q, min_net_pct, min_fold
        What a combination needs to respond.
    min_posterior, min_mixture_draws
        What a call of the mixture needs.
    max_background_pct
        Background of a function above which nothing with it is evaluable.
    positive_controls, min_positive_control_pct
        Agents, and the net percentage of cells with any function that they must reach.
    polyfunctionality_q
        Exponent of the polyfunctionality index.
    min_parent_events
        Fewest events of the parent in either tube.
    """

    call: str
    max_q: float
    min_net_pct: float
    min_fold: float
    min_posterior: float
    min_mixture_draws: int
    max_background_pct: float
    positive_controls: Sequence[str]
    min_positive_control_pct: float
    polyfunctionality_q: float
    min_parent_events: int


def judged(paired: pd.DataFrame, settings: IcsSettings) -> pd.DataFrame:
    """Add to paired counts what they come to, and why some cannot be judged.

    Parameters
    ----------
    paired
        As `correlates.flow.ics.pairing.paired_counts` gives them.
    settings
        Limits.

    Returns
    -------
    The rows with ``net``, ``ci_low``, ``ci_high`` (percent), ``fold``, ``p`` and ``q`` (of the
    subsets of one tube and parent), ``responds``, ``reasons`` (flags for which the row is not
    evaluable) and ``notes`` (flags for which it still is).
    """
    counts = [paired[name] for name in _COUNTS]
    net, low, high = net_percent(*counts)
    rows = paired.assign(net=net, ci_low=low, ci_high=high, fold=fold_of(*counts))
    rows = _with_reasons(rows, settings)
    rows["p"] = np.where(rows["kind"] == SUBSET, fisher_greater(*counts), np.nan)
    rows["q"] = np.nan
    is_tested = (rows["kind"] == SUBSET) & rows["p"].notna() & (rows["reasons"] == "")
    for _, group in rows[is_tested].groupby(_BLOCK, sort=False):
        rows.loc[group.index, "q"] = benjamini_hochberg(group["p"])
    rows["responds"] = (
        (rows["q"] < settings.max_q)
        & (rows["net"] >= settings.min_net_pct)
        & (rows["fold"] >= settings.min_fold)
    )
    return rows


def with_posteriors(rows: pd.DataFrame, settings: IcsSettings) -> pd.DataFrame:
    """Add the posterior of the mixture to the counts of cells with any function.

    One mixture is fitted per parent and agent, over all of its draws that can be judged; with fewer
    than there must be, posteriors are missing.
    """
    rows = rows.assign(posterior=np.nan)
    if settings.call != MIXTURE:
        return rows
    usable = rows[(rows["kind"] == ANY) & (rows["reasons"] == "")]
    for _, group in usable.groupby(["panel", "parent", "agent"], sort=False):
        if len(group) >= settings.min_mixture_draws:
            fitted = fit_mixture(*(group[name] for name in _COUNTS), settings.min_fold)
            rows.loc[group.index, "posterior"] = fitted.posterior
    return rows


def _with_reasons(rows: pd.DataFrame, settings: IcsSettings) -> pd.DataFrame:
    unpaired = rows["n_u"].isna()
    floor = settings.min_parent_events
    background = _background(rows, settings.max_background_pct)
    reasons = {
        NO_UNSTIM: unpaired,
        "stimulated_tube_not_evaluable": rows["failed"].astype(bool),
        "unstimulated_tube_not_evaluable": rows["failed_u"].eq(True),
        "parent_below_floor": (rows["n_parent"] < floor) | (rows["n_parent_u"] < floor),
        HIGH_BACKGROUND: background,
    }
    why_unfit = rows["tube_flags_u"].where(rows["failed_u"].eq(True), "").fillna("")
    rows = rows.assign(reasons=_both(_joined(reasons, rows.index), why_unfit))
    controls = _controls(rows, settings)
    place = [tuple(one) for one in rows[["sample", "panel", "parent"]].to_numpy()]
    said = pd.Series([controls.get(one, NO_CONTROL) for one in place], rows.index, dtype=object)
    is_control = rows["agent"].isin(settings.positive_controls)
    failed = (said == CONTROL_FAILED) & ~is_control
    extra = pd.Series(np.where(failed, CONTROL_FAILED, ""), rows.index, dtype=object)
    notes = said.where(~failed & (said != ""), "")
    return rows.assign(reasons=_both(rows["reasons"], extra), notes=notes)


def _background(rows: pd.DataFrame, limit: float) -> pd.Series:
    """Say which rows count cells with a function whose background is above the limit."""
    share = 100 * rows["n_u"] / rows["n_parent_u"].where(rows["n_parent_u"] > 0)
    high = rows[(rows["kind"] == MARGINAL) & (share > limit)]
    by_block = high.groupby(_BLOCK)["combination"].agg(set).to_dict()

    def holds(row: Mapping) -> bool:
        functions = by_block.get((row["acquisition"], row["parent"]), set())
        if row["kind"] == SUBSET:
            return any(_has(row["combination"], one) for one in functions)
        if row["kind"] == MARGINAL:
            return row["combination"] in functions
        combined = row["combined"]
        return any(one in functions for one in combined)

    combined = combined_functions(rows)
    return pd.Series(
        [
            holds(row | {"combined": combined.get((row["acquisition"], row["parent"]), ())})
            for row in rows.to_dict("records")
        ],
        index=rows.index,
        dtype=bool,
    )


def combined_functions(rows: pd.DataFrame) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the functions of which subsets were counted, by acquisition and parent."""
    marginals = rows[rows["kind"] == MARGINAL]
    subsets = rows[rows["kind"] == SUBSET].drop_duplicates(_BLOCK).set_index(_BLOCK)["combination"]
    named = marginals.groupby(_BLOCK)["combination"].agg(list).to_dict()
    return {
        key: tuple(one for one in named.get(key, ()) if _has(whole.replace("-", "+"), one))
        for key, whole in subsets.items()
    }


def _has(subset: str, function: str) -> bool:
    """Tell whether a subset such as ``ifng+il2-`` has a function."""
    start = subset.find(f"{function}+")
    return start == 0 or (start > 0 and subset[start - 1] in "+-")


def _controls(rows: pd.DataFrame, settings: IcsSettings) -> dict[tuple, str]:
    """Return by draw, panel and parent what its positive controls say: failed, or nothing."""
    is_control = rows["agent"].isin(settings.positive_controls) & (rows["kind"] == ANY)
    said = {}
    usable = rows[is_control & (rows["reasons"] == "")]
    for key, group in usable.groupby(["sample", "panel", "parent"]):
        reached = group["net"].max() >= settings.min_positive_control_pct
        said[key] = "" if reached else CONTROL_FAILED
    return said


def _joined(reasons: Mapping[str, pd.Series], index: pd.Index) -> pd.Series:
    text = pd.Series("", index, dtype=object)
    for name, holds in reasons.items():
        text = _both(text, pd.Series(np.where(holds, name, ""), index, dtype=object))
    return text


def _both(one: pd.Series, other: pd.Series) -> pd.Series:
    return (one + ";" + other).str.strip(";")
