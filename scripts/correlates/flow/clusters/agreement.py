"""How well clusters agree with gates: one number for the partition, one for each population."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score

COLUMNS = (
    *("clustering", "statistic", "population", "value", "n_population", "cluster"),
    *("precision", "recall", "note"),
)
# Two leaves of which more of the smaller than this lies in the other do not divide the events.
_OVERLAP = 0.01


def lineages_of(
    members: Mapping[str, np.ndarray], parents: Mapping[str, str], wanted: Sequence[str]
) -> tuple[np.ndarray, list[str], str]:
    """Divide events among populations.

    Parameters
    ----------
    members
        bool, (events,), by population.
    parents
        Parent of each.
    wanted
        Populations to use; where none of them was gated, leaves that do not overlap.

    Returns
    -------
    Label of each event (a place in the list, -1 where it is in none or in several), the
    populations, and a note on what was done.
    """
    chosen = [name for name in wanted if name in members]
    note = ""
    missing = [name for name in wanted if name not in members]
    if missing and chosen:
        note = f"not gated: {', '.join(missing)}"
    if not chosen:
        chosen = _leaves(members, parents)
        note = "leaves of the gating that do not overlap"
    table = np.array([members[name] for name in chosen]).reshape(len(chosen), -1)
    labels = np.where(table.sum(axis=0) == 1, table.argmax(axis=0), -1) if len(table) else None
    return labels, chosen, note


def _leaves(members: Mapping[str, np.ndarray], parents: Mapping[str, str]) -> list[str]:
    leaves = [name for name in members if name not in set(parents.values()) and members[name].any()]
    kept: list[str] = []
    for name in sorted(leaves, key=lambda leaf: -int(members[leaf].sum())):
        size = members[name].sum()
        if all((members[name] & members[other]).sum() <= _OVERLAP * size for other in kept):
            kept.append(name)
    return kept


def agreement_rows(
    clusterings: Mapping[str, np.ndarray],
    members: Mapping[str, np.ndarray],
    parents: Mapping[str, str],
    wanted: Sequence[str],
) -> Iterable[dict]:
    """Yield the rows of ``agreement.tsv``.

    Parameters
    ----------
    clusterings
        Labels, (events,), by name.
    members, parents, wanted
        As ``lineages_of`` takes them.

    Yields
    ------
    Of each clustering ``ari`` against the lineages, among events that are in just one, and
    ``ari_merged``, once clusters with the same most frequent lineage are one. Of each gate
    ``f1_best`` (the cluster that fits best, which several gates may share) and ``f1_merged`` (all
    clusters of which most events are in the gate, taken together). Of each lineage ``f1_matched``
    (one cluster to one lineage, as they fit best over all: Weber and Robinson, Cytometry A
    2016;89:1084).
    """
    labels, lineages, note = lineages_of(members, parents, wanted)
    for name, clusters in clusterings.items():
        kinds, codes = np.unique(clusters, return_inverse=True)
        if lineages:
            yield from _whole(name, codes, labels, note)
            yield from _matched(name, kinds, codes, {one: members[one] for one in lineages})
        for gate, inside in members.items():
            yield from _of_gate(name, kinds, codes, gate, inside)


def _whole(name: str, codes: np.ndarray, labels: np.ndarray, note: str) -> Iterable[dict]:
    used = labels >= 0
    note = "; ".join(filter(None, [note, f"{used.sum()} of {len(used)} events are in one lineage"]))
    if not used.any():
        return
    table = np.zeros((codes.max() + 1, labels.max() + 1))
    np.add.at(table, (codes[used], labels[used]), 1)
    merged = table.argmax(axis=1)[codes]
    for statistic, clusters in (("ari", codes), ("ari_merged", merged)):
        value = adjusted_rand_score(labels[used], clusters[used])
        yield _row(name, statistic, "", value, int(used.sum()), note=note)


def _scores(codes: np.ndarray, inside: np.ndarray, count: int) -> tuple[np.ndarray, ...]:
    """Return precision, recall and F1 of each cluster as a guess of a gate."""
    sizes = np.bincount(codes, minlength=count)
    hits = np.bincount(codes, weights=inside, minlength=count)
    return hits / sizes, hits / inside.sum(), 2 * hits / (sizes + inside.sum())


def _of_gate(name, kinds, codes, gate, inside) -> Iterable[dict]:
    total = int(inside.sum())
    if not total:
        yield _row(name, "f1_best", gate, None, 0, note="no event of it was pooled")
        return
    precision, recall, f1 = _scores(codes, inside, len(kinds))
    best = int(f1.argmax())
    found = {"precision": precision[best], "recall": recall[best]}
    yield _row(name, "f1_best", gate, f1[best], total, kinds[best], **found)
    chosen = (precision > 0.5)[codes]
    hits = int((chosen & inside).sum())
    value = 2 * hits / (int(chosen.sum()) + total)
    held = ";".join(str(kind) for kind in kinds[precision > 0.5])
    yield _row(
        name,
        "f1_merged",
        gate,
        value,
        total,
        held,
        note="" if held else "no cluster is mostly of it",
    )


def _matched(name, kinds, codes, lineages: Mapping[str, np.ndarray]) -> Iterable[dict]:
    gated = {gate: inside for gate, inside in lineages.items() if inside.any()}
    scores = [_scores(codes, inside, len(kinds)) for inside in gated.values()]
    rows, places = linear_sum_assignment([-f1 for _, _, f1 in scores]) if scores else ((), ())
    for row, place in zip(rows, places, strict=True):
        gate, (precision, recall, f1) = list(gated)[row], scores[row]
        found = {"precision": precision[place], "recall": recall[place]}
        total = int(gated[gate].sum())
        yield _row(name, "f1_matched", gate, f1[place], total, kinds[place], **found)


def _row(name, statistic, population, value, count, cluster="", **more) -> dict:
    row = {"clustering": name, "statistic": statistic, "population": population}
    row |= {"value": _rounded(value), "n_population": count, "cluster": cluster, "note": ""}
    return row | {key: text if key == "note" else _rounded(text) for key, text in more.items()}


def _rounded(value) -> float | None:
    return None if value is None else round(float(value), 4)
