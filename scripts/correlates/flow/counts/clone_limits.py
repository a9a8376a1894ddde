"""What a large clone, or a small one, forbids to say of a tube.

Where the clone fills the blood, a tube that is large enough for T cells holds too few NK cells and
Treg to divide them; where it is nearly gone, CD19+CD5+ alone counts normal B cells as leukemia.
"""

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from correlates.flow.counts.absolute import DRAW
from correlates.flow.counts.references import line_of
from correlates.flow.counts.settings import FlowSettings

BELOW_SUBSET_FLOOR = "leukocytes_below_subset_floor"
NEEDS_EXTENDED = "clone_needs_extended_panel"
NOT_RESTRICTED, NOT_POLYCLONAL = "light_chains_not_restricted", "light_chains_not_polyclonal"


def with_subset_floor(
    counts: pd.DataFrame, tubes: pd.DataFrame, blood: pd.DataFrame, settings: FlowSettings
) -> pd.DataFrame:
    """Flag the rare subsets of tubes that are too small for them in a draw of many lymphocytes.

    Parameters
    ----------
    counts
        ``acquisition``, ``population``, ``parent``, ``n``, ``flags``; the root is not among them.
    tubes
        ``patient``, ``visit`` and ``timepoint``, indexed by acquisition.
    blood
        Blood counts by draw; a draw without a lymphocyte count is not judged.
    settings
        The floor, and the key of the leukocytes; a tube without these is not judged.

    Returns
    -------
    The counts with ``leukocytes_below_subset_floor`` among the flags of the subsets and of all that
    is gated below them. Their measurements are not evaluable. Source: reference 1.4.
    """
    floor = settings.subset_floor
    draws = pd.MultiIndex.from_frame(tubes[DRAW])
    alc = pd.Series(blood["alc_10e9_l"].reindex(draws).to_numpy(), index=tubes.index)
    of_tube = counts[counts["population"] == settings.anchors["leukocytes"]]
    leukocytes = of_tube.set_index("acquisition")["n"].reindex(tubes.index)
    # A comparison with an unknown count is false: unknown is not high.
    small = (alc > floor["above_alc_10e9_l"]) & (leukocytes < floor["min_leukocytes"])
    of_small = counts["acquisition"].isin(small.index[small])
    return _flagged(counts, of_small & _among(counts, floor["populations"]), BELOW_SUBSET_FLOOR)


def with_extended_panel(
    counts: pd.DataFrame, markers: Mapping[str, Collection[str]], settings: FlowSettings
) -> pd.DataFrame:
    """Flag a clone that is too small to be told from normal B cells by the tube's markers.

    Parameters
    ----------
    counts
        As above, with ``n_parent``.
    markers
        Markers that are measured in each tube, by acquisition; a tube without any is not judged.
    settings
        The share and the markers, the populations that are the clone, and the key of the
        lymphocytes, in place of which the clone's parent stands where they are not gated.

    Returns
    -------
    The counts with ``clone_needs_extended_panel`` among the flags of the clone and of all that is
    gated below it. The value stays: it is an upper bound. Source: reference 1.2.
    """
    rule = settings.extended_clone
    wanted = {_plain(marker) for marker in rule["markers"]}
    plain = {
        key for key, names in markers.items() if names and not wanted & {_plain(m) for m in names}
    }
    of_lymph = counts[counts["population"] == settings.anchors["lymphocytes"]]
    lymphocytes = counts["acquisition"].map(of_lymph.set_index("acquisition")["n"])
    share = counts["n"] / lymphocytes.fillna(counts["n_parent"]).replace(0, np.nan)
    few = counts["population"].isin(settings.clone) & (100 * share < rule["below_pct"])
    small = counts.loc[few & counts["acquisition"].isin(plain), "acquisition"]
    of_small = counts["acquisition"].isin(small)
    return _flagged(counts, of_small & _among(counts, settings.clone), NEEDS_EXTENDED)


def with_light_chains(counts: pd.DataFrame, settings: FlowSettings) -> pd.DataFrame:
    """Flag a clone that has both light chains, and normal B cells that have only one.

    A clone with both holds normal cells or a second clone; normal B cells with one hold a clone
    without CD5.

    Parameters
    ----------
    counts
        As above.
    settings
        The ratio, and the populations with their parts of either chain. Parts that are not gated,
        or hold fewer events together than the limit of quantification, are not judged.

    Returns
    -------
    The counts with ``light_chains_not_restricted`` or ``light_chains_not_polyclonal`` among the
    flags of the population, its parts, and all else that is gated below it. Source: reference 1.2.
    """
    rule = settings.light_chains
    events = counts.pivot(index="acquisition", columns="population", values="n")
    for kind, flag in (("restricted", NOT_RESTRICTED), ("polyclonal", NOT_POLYCLONAL)):
        for population, *parts in rule[kind]:
            of_parts = events.reindex(columns=parts)
            both, fewer = of_parts.sum(axis=1, skipna=False), of_parts.min(axis=1, skipna=False)
            is_mixed = (both - fewer) <= rule["ratio"] * fewer
            is_wrong = is_mixed if kind == "restricted" else ~is_mixed
            judged = (both >= settings.lloq_events) & is_wrong
            of_judged = counts["acquisition"].isin(events.index[judged])
            counts = _flagged(counts, of_judged & _among(counts, [population]), flag)
    return counts


def not_evaluable_by_subset_floor(flags: pd.Series) -> pd.Series:
    """Say which rows of measurements carry the flag of the floor, of ``;``-joined flags."""
    return flags.str.contains(BELOW_SUBSET_FLOOR, regex=False)


def _plain(marker: str) -> str:
    return marker.casefold().replace(" ", "").replace("-", "")


def _among(counts: pd.DataFrame, named: Collection[str]) -> np.ndarray:
    """Say which counts are of the named populations or of what is gated below one."""
    named, among = {*named}, np.zeros(len(counts), dtype=bool)
    if not named & {*counts["population"]}:
        return among
    for places in counts.groupby("acquisition", sort=False).indices.values():
        tube = counts.iloc[places]
        parents = dict(zip(tube["population"], tube["parent"], strict=True))
        among[places] = [bool(line_of(key, parents) & named) for key in tube["population"]]
    return among


def _flagged(counts: pd.DataFrame, rows: pd.Series, flag: str) -> pd.DataFrame:
    return counts.assign(flags=counts["flags"] + np.where(rows, f";{flag}", ""))
