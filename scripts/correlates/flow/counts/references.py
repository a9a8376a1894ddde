"""Where a population stands in its tube's tree: what it may be counted against, and read as."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from correlates.flow.counts.absolute import DRAW, MISSING, NOT_EVALUABLE, Pair, choose_pair
from correlates.flow.counts.settings import FlowSettings

FAR_FROM_DRAW = "cbc_far_from_draw"
PLACES = ["countable", "mononuclear", "in_reference", "is_reference", "mfi_compositional"]


def with_references(
    tubes: pd.DataFrame, counts: pd.DataFrame, blood: pd.DataFrame, settings: FlowSettings
) -> pd.DataFrame:
    """Add to each count the reference of its tube and its own place in the tree.

    Parameters
    ----------
    tubes
        ``patient``, ``visit``, ``timepoint`` and ``specimen``, indexed by acquisition.
    counts
        ``acquisition``, ``population``, ``parent``, ``n``; the root is not among them.
    blood
        Blood counts by draw, as `correlates.flow.counts.absolute.read_blood_counts` gives them.
    settings
        Anchors, the largest offset of a blood count, and which populations the clone is not in.

    Returns
    -------
    The counts with ``pair``, ``pair_status``, ``pair_flags``, ``per_ul`` and ``n_reference`` of the
    tube; ``countable`` (has cells per microlitre at all), ``mononuclear`` (lies among lymphocytes
    or monocytes), ``in_reference`` (within the pair's events), and ``mfi_compositional``: whether
    its medians may measure the burden of the clone instead of the population.
    """
    gated = counts.groupby("acquisition")["population"].agg(set)
    counted = blood.to_dict("index")
    pairs = {
        key: _pair_of(
            tube["specimen"],
            counted.get(tuple(tube[part] for part in DRAW), {}),
            gated.get(key, set()),
            settings,
        )
        for key, tube in tubes.to_dict("index").items()
    }
    of_tube = pd.DataFrame.from_dict(
        {
            key: {
                "pair": pair.method,
                "per_ul": pair.per_ul,
                "pair_status": pair.status,
                "pair_flags": ";".join(filter(None, [pair.reason, far])),
            }
            for key, (pair, far) in pairs.items()
        },
        orient="index",
    )
    counts = counts.join(of_tube, on="acquisition")
    counts = counts.join(_places(counts, pairs, settings))
    events = counts["n"].where(counts["is_reference"], 0.0)
    return counts.assign(n_reference=events.groupby(counts["acquisition"]).transform("sum"))


def _pair_of(
    specimen: str, counted: Mapping, gated: set[str], settings: FlowSettings
) -> tuple[Pair, str]:
    """Return the pair of one tube, and the flag of a blood count too far from the draw."""
    pair = choose_pair(specimen, counted, gated, settings.anchors)
    if counted.get("repeated") and pair.status == MISSING:
        return Pair(pair.method, status=NOT_EVALUABLE, reason="cbc_repeated"), ""
    # A comparison with an unknown offset is false: unknown is not far.
    far = abs(counted.get("cbc_offset_h", np.nan)) > settings.cbc_max_offset_h
    return pair, FAR_FROM_DRAW if far and not pair.status else ""


def _places(
    counts: pd.DataFrame, pairs: Mapping[str, tuple[Pair, str]], settings: FlowSettings
) -> pd.DataFrame:
    """Read the tree of each tube; tubes of one panel share theirs, so it is read once."""
    known: dict[tuple, pd.DataFrame] = {}
    blocks, rows = [], []
    for key, places in counts.groupby("acquisition", sort=False).indices.items():
        tube = counts.iloc[places]
        tree = (tuple(tube["population"]), tuple(tube["parent"]), pairs[key][0].populations)
        if tree not in known:
            known[tree] = _read_tree(dict(zip(tree[0], tree[1], strict=True)), tree[2], settings)
        blocks.append(known[tree])
        rows.append(places)
    if not blocks:
        return pd.DataFrame(columns=PLACES, dtype=bool)
    return pd.concat(blocks, ignore_index=True).set_index(counts.index[np.concatenate(rows)])


def _read_tree(
    parents: Mapping[str, str], references: Iterable[str], settings: FlowSettings
) -> pd.DataFrame:
    """One row a population of one tube; `parents` holds each one's parent.

    In CLL a percentage of anything that holds the clone beside other cells measures the clone, and
    so does a median over both. A gate may be called anything, so what is not declared to be the
    clone, or free of it, is taken to hold both.
    """
    declared = {*settings.clone_free, *settings.clone}
    pure = {key: bool(line_of(key, parents) & declared) for key in parents}
    return pd.DataFrame(
        {
            "countable": _countable(parents, settings.anchors),
            "mononuclear": _within(
                parents, [settings.anchors["lymphocytes"], settings.anchors["monocytes"]]
            ),
            "in_reference": _within(parents, references),
            "is_reference": [key in set(references) for key in parents],
            "mfi_compositional": [not pure[key] for key in parents],
        },
        columns=PLACES,
    )


def line_of(population: str, parents: Mapping[str, str]) -> set[str]:
    """Return a population and its ancestors, without the root."""
    line: set[str] = set()
    while population in parents and population not in line:
        line.add(population)
        population = parents[population]
    return line


def _within(parents: Mapping[str, str], references: Iterable[str]) -> list[bool]:
    references = set(references)
    return [bool(line_of(key, parents) & references) for key in parents]


def _countable(parents: Mapping[str, str], anchors: Mapping[str, str]) -> list[bool]:
    """Say which populations have cells per microlitre at all: the kinds of leukocyte.

    Debris and singlets have none, and that of the leukocytes themselves is the blood count. Where a
    template gates no leukocytes, all but the way to the lymphocytes and monocytes is kept, so that
    what lies beside them is listed as not evaluable.
    """
    leukocytes = anchors["leukocytes"]
    if leukocytes in parents:
        inside = _within(parents, [leukocytes])
        return [held and key != leukocytes for key, held in zip(parents, inside, strict=True)]
    others = {anchors["lymphocytes"], anchors["monocytes"]} & set(parents)
    way = set().union(*(line_of(key, parents) for key in others)) - others
    return [key not in way for key in parents]
