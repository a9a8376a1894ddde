"""Cell types by sets of marker genes, or by the labels that a laboratory gave.

A cell's own counts are too few to tell it by single genes: CD4 is missed in most CD4 T cells. So
markers are averaged over the cells most alike, and a type is given where its markers stand out by a
margin; where none does, the cell stays unassigned. CD20 decides nothing, since lenalidomide changes
it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from correlates.assays.scrna.variable import variable_genes

UNASSIGNED, CONFLICT = "unassigned", "conflict"
_COMPONENTS, _VARIABLE = 20, 2000
_FEWEST_TO_SMOOTH = 50
_HALF = 0.5


@dataclass(frozen=True)
class Typed:
    """Cells with their types.

    Parameters
    ----------
    types
        Key of each cell's type; a cell that no child of its type fits keeps the parent's, one that
        nothing fits is `UNASSIGNED`.
    conflicts
        Which cells show the markers of two types that exclude each other.
    """

    types: np.ndarray
    conflicts: np.ndarray


def type_by_markers(
    shares: sparse.csr_matrix, places: Mapping[str, int], rules: Mapping, settings: Mapping
) -> Typed:
    """Give each cell the type whose markers it and its neighbours show.

    Parameters
    ----------
    shares
        As `variable.log_shares` gives them, shape (cells, genes).
    places
        Column of each marker gene that is in the matrix.
    rules
        By type: ``genes`` that it has, those that it is ``without``, and the type ``within`` which
        it lies; parents come before their children.
    settings
        ``neighbours``, ``min_score``, ``min_lead``, ``min_signal``, ``conflict_share``,
        ``excluding`` (pairs of types that no cell can be both of) and ``seed``.

    Returns
    -------
    Types and conflicts. A type of which no marker is in the matrix is given to no cell.
    """
    own = marker_values(shares, places)
    smooth = _smoothed(own, shares, settings)
    everywhere = np.ones(shares.shape[0], dtype=bool)
    types = _choose(smooth, "", everywhere, rules, settings)
    for parent in [name for name, rule in rules.items() if not rule.get("within")]:
        inside = types == parent
        if inside.any() and any(rule.get("within") == parent for rule in rules.values()):
            children = _choose(smooth, parent, inside, rules, settings)
            types = np.where(inside & (children != UNASSIGNED), children, types)
    return Typed(types, find_conflicts(own, types, rules, settings))


def find_conflicts(
    own: Mapping[str, np.ndarray], types: np.ndarray, rules: Mapping, settings: Mapping
) -> np.ndarray:
    """Return the cells that show the markers of a type which excludes their own.

    Parameters
    ----------
    own
        Values of each marker in the cells themselves, not their neighbours'.
    types
        Type of each cell. One that has none, as two types fit it alike, can be in conflict too.
    rules, settings
        As in `type_by_markers`. A cell shows a type where the mean of its markers is at least
        ``conflict_share`` of the median over that type's cells: two cells under one barcode show
        about 0.8 of it, the soup of broken cells far less.
    """
    of_cell = np.array([_lineage(name, rules) for name in types], dtype=object)
    shows = {}
    for name in {one for pair in settings["excluding"] for one in pair}:
        values = [own[gene] for gene in rules.get(name, {}).get("genes", ()) if gene in own]
        inside = of_cell == name
        usual = float(np.median(np.mean(values, axis=0)[inside])) if values and inside.any() else 0
        if usual > 0:
            shows[name] = np.mean(values, axis=0) >= settings["conflict_share"] * usual
    conflicts = np.zeros(len(types), dtype=bool)
    for first, second in settings["excluding"]:
        if first in shows and second in shows:
            conflicts |= ((of_cell == first) | shows[first]) & shows[second]
            conflicts |= ((of_cell == second) | shows[second]) & shows[first]
    return conflicts


def types_of_labels(
    labels: Iterable[str], names: Mapping[str, Sequence[str]]
) -> tuple[np.ndarray, list[str]]:
    """Return the type of each label, and the labels that mean none.

    Parameters
    ----------
    labels
        Labels as the file gives them.
    names
        By type, the labels that mean it; capitals and separators do not matter, and a type's own
        key always means it.
    """
    meant = {_plain(key): key for key in names}
    meant |= {_plain(label): key for key, known in names.items() for label in known}
    found = [meant.get(_plain(str(label)), UNASSIGNED) for label in labels]
    unknown = {
        str(label)
        for label, kind in zip(labels, found, strict=True)
        if kind == UNASSIGNED and _plain(str(label)) not in ("", "nan", "unassigned", "unknown")
    }
    return np.array(found, dtype=object), sorted(unknown)


def members(types: np.ndarray, key: str, rules: Mapping) -> np.ndarray:
    """Return which cells are of a type or of one within it."""
    kinds = {key, *(name for name, rule in rules.items() if rule.get("within") == key)}
    return np.isin(types.astype(str), sorted(kinds))


def marker_genes(rules: Mapping) -> list[str]:
    """Return every gene that the rules name, once."""
    named = [
        g for rule in rules.values() for g in (*rule.get("genes", ()), *rule.get("without", ()))
    ]
    return list(dict.fromkeys(named))


def _plain(label: str) -> str:
    return "".join(letter for letter in label.lower() if letter.isalnum() or letter == "+")


def _lineage(name: str, rules: Mapping) -> str:
    return rules.get(name, {}).get("within") or name


def marker_values(shares: sparse.csr_matrix, places: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Return the values of each marker, cell by cell."""
    columns = sparse.csc_matrix(shares)
    return {gene: columns[:, [place]].toarray().ravel() for gene, place in places.items()}


def _smoothed(
    own: Mapping[str, np.ndarray], shares: sparse.csr_matrix, settings: Mapping
) -> dict[str, np.ndarray]:
    """Average each marker over a cell and its nearest neighbours."""
    if shares.shape[0] < _FEWEST_TO_SMOOTH or not own:
        return dict(own)
    weights = _neighbours(shares, settings["neighbours"], settings["seed"])
    return {gene: weights @ values for gene, values in own.items()}


def _neighbours(shares: sparse.csr_matrix, count: int, seed: int) -> sparse.csr_matrix:
    """Return weights of each cell's nearest, itself among them, by components of variable genes."""
    from sklearn.decomposition import TruncatedSVD  # seconds of CPU, which a refused file
    from sklearn.neighbors import NearestNeighbors  # shall not cost

    variable = variable_genes(shares, _VARIABLE)
    components = min(_COMPONENTS, len(variable) - 1, shares.shape[0] - 1)
    svd = TruncatedSVD(components, algorithm="arpack", random_state=seed)
    places = svd.fit_transform(shares[:, variable].astype(float))
    count = min(count, len(places) - 1)
    nearest = NearestNeighbors(n_neighbors=count).fit(places)
    graph = nearest.kneighbors_graph() + sparse.identity(len(places), format="csr")
    return sparse.csr_matrix(graph / (count + 1))


def _choose(
    values: Mapping[str, np.ndarray], parent: str, inside: np.ndarray, rules: Mapping, settings
) -> np.ndarray:
    """Return the type of each cell inside, among those within one parent."""
    names = [name for name, rule in rules.items() if (rule.get("within") or "") == parent]
    scores = {name: _score(values, rules[name], inside, settings["min_signal"]) for name in names}
    scores = {name: score for name, score in scores.items() if score is not None}
    types = np.full(len(inside), UNASSIGNED, dtype=object)
    if not scores:
        return types
    names, table = list(scores), np.array(list(scores.values()))
    order = np.argsort(-table, axis=0, kind="stable")
    columns = np.arange(table.shape[1])
    best = table[order[0], columns]
    second = table[order[1], columns] if len(names) > 1 else np.zeros(len(best))
    sure = (best >= settings["min_score"]) & (best - second >= settings["min_lead"]) & inside
    types[sure] = np.array(names, dtype=object)[order[0][sure]]
    return types


def _score(
    values: Mapping[str, np.ndarray], rule: Mapping, inside: np.ndarray, min_signal: float
) -> np.ndarray | None:
    """Return how much a cell looks like a type, at most 1; None if no marker of it is there."""
    has = _mean_scaled(values, rule.get("genes", ()), inside, min_signal)
    lacks = _mean_scaled(values, rule.get("without", ()), inside, min_signal)
    if not rule.get("genes"):
        return None if lacks is None else 1 - lacks
    if has is None:
        return None
    return has if lacks is None else has - lacks


def _mean_scaled(
    values: Mapping[str, np.ndarray], genes: Iterable[str], inside: np.ndarray, min_signal: float
) -> np.ndarray | None:
    """Return the mean of markers, each as a share of half its highest value among the cells inside.

    Half, and not more than one: the highest of many noisy values is about twice the usual one of
    the cells that have the marker. One that is nowhere above ``min_signal`` is scaled by that
    instead: what no cell has shall not tell cells apart by its noise.
    """
    present = [values[gene] for gene in genes if gene in values]
    if not present:
        return None
    tops = [max(_HALF * float(one[inside].max(initial=0)), min_signal) for one in present]
    return np.mean([np.minimum(v / top, 1) for v, top in zip(present, tops, strict=True)], axis=0)
