"""Shares of events: of the parent, of the grandparent, of the leukocytes, with exact intervals."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from correlates.flow.counts.absolute import NOT_EVALUABLE
from correlates.flow.counts.counting import limit_events, status_by_count
from correlates.flow.counts.references import line_of
from correlates.flow.counts.settings import FlowSettings
from correlates.flow.counts.tubes import DISPLAY_ONLY
from correlates.intervals import clopper_pearson

PARENT, GRANDPARENT, LEUKOCYTES = "parent", "grandparent", "leukocytes"
# One method for all: a share is the same number whether its denominator is a parent or further up.
_METHOD = "share_of_events;clopper_pearson"


def fraction_rows(counts: pd.DataFrame, settings: FlowSettings) -> pd.DataFrame:
    """Measure each population as a percentage of its parent and of populations above that.

    Parameters
    ----------
    counts
        ``acquisition``, ``population``, ``parent``, ``n``, ``n_parent``, ``flags``, and the names
        ``name`` and ``parent_name``; the root is not among the populations.
    settings
        Which denominators, the leukocytes' key, floors, limits, and where the clone lies.

    Returns
    -------
    One row a share: ``acquisition``, ``feature`` (``<population>__pct__<denominator>``), ``value``
    and interval in percent, ``n``, ``limit``, ``status``, ``method``, ``flags``. A denominator
    that is the same population by two names (the parent of a population right below CD45+) gives
    one row. All events are a denominator of what stands right below them only.
    """
    counts = counts.reset_index(drop=True)
    above = _denominators(counts, settings)
    shares = counts.iloc[np.repeat(np.arange(len(counts)), [len(listed) for listed in above])]
    places = [place for listed in above for place in listed]
    places = pd.DataFrame(places, columns=["denominator", "compositional"])
    shares = shares.reset_index(drop=True).join(places)
    return _measured(shares.join(_events_of(shares, counts)), settings)


def denominators_of(
    population: str, parents: Mapping[str, str], wanted: Sequence[str], leukocytes: str
) -> list[str]:
    """Return what a population is a share of, the parent first, each once.

    Parameters
    ----------
    population
        Its key.
    parents
        Parent of each population of the tube; the root is no key.
    wanted
        Of ``parent``, ``grandparent`` and ``leukocytes``.
    leukocytes
        Key of the leukocytes.
    """
    parent = parents[population]
    grandparent = parents.get(parent)
    above = line_of(population, parents) - {population}
    found = {
        PARENT: parent,
        # All events are no population: a share of them says how much debris was acquired.
        GRANDPARENT: grandparent if grandparent in parents else None,
        LEUKOCYTES: leukocytes if leukocytes in above else None,
    }
    return list(dict.fromkeys(found[one] for one in wanted if found[one] is not None))


def _denominators(counts: pd.DataFrame, settings: FlowSettings) -> list[list[tuple[str, bool]]]:
    """List each count's denominators, and whether each holds the clone beside other cells.

    Tubes of one panel share their tree, so it is read once.
    """
    declared = {*settings.clone_free, *settings.clone}
    leukocytes = settings.anchors["leukocytes"]
    known: dict[tuple, list[list[tuple[str, bool]]]] = {}
    lists: list[list[tuple[str, bool]]] = [[] for _ in range(len(counts))]
    for places in counts.groupby("acquisition", sort=False).indices.values():
        tube = counts.iloc[places]
        tree = (tuple(tube["population"]), tuple(tube["parent"]))
        parents = dict(zip(*tree, strict=True))
        if tree not in known:
            of = {
                key: denominators_of(key, parents, settings.fractions, leukocytes)
                for key in parents
            }
            known[tree] = [
                [(one, not line_of(one, parents) & declared) for one in of[key]] for key in parents
            ]
        for place, listed in zip(places, known[tree], strict=True):
            lists[place] = listed
    return lists


def _events_of(shares: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Return the events and the name of each share's denominator."""
    is_parent = shares["denominator"] == shares["parent"]
    above = counts[["acquisition", "population", "n", "name"]].set_axis(
        ["acquisition", "denominator", "n_above", "name_above"], axis=1
    )
    joined = shares[["acquisition", "denominator"]].merge(
        above, on=["acquisition", "denominator"], how="left"
    )
    return pd.DataFrame(
        {
            "n_of": shares["n_parent"].where(is_parent, joined["n_above"]).astype(float),
            "name_of": shares["parent_name"].where(is_parent, joined["name_above"]),
        }
    )


def _measured(shares: pd.DataFrame, settings: FlowSettings) -> pd.DataFrame:
    n, total = shares["n"], shares["n_of"]
    low, high = clopper_pearson(n, total)
    per_event = 100 / total.where(total > 0)
    small = total < settings.min_parent_events
    status = status_by_count(n, settings.lod_events, settings.lloq_events)
    flags = shares["flags"] + np.where(small, ";parent_below_floor", "")
    flags = flags + np.where(shares["compositional"].astype(bool), f";{DISPLAY_ONLY}", "")
    return pd.DataFrame(
        {
            "acquisition": shares["acquisition"],
            "feature": shares["name"] + "__pct__" + shares["name_of"],
            "value": n * per_event,
            "unit": "%",
            "ci_low": 100 * low,
            "ci_high": 100 * high,
            "n": n,
            "limit": limit_events(n, settings.lod_events, settings.lloq_events) * per_event,
            "status": np.where(small, NOT_EVALUABLE, status),
            "method": _METHOD,
            "flags": flags,
        }
    )
