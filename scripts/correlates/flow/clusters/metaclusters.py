"""Nodes of a map joined to metaclusters by consensus, as FlowSOM does by ConsensusClusterPlus.

Source: Monti et al., Machine Learning 2003;52:91; Wilkerson and Hayes, Bioinformatics 2010;26:1572.
"""

import numpy as np
from scipy.cluster.hierarchy import cut_tree, linkage
from scipy.spatial.distance import squareform

# Times that the nodes are sampled, and the share of them that each sample holds.
REPEATS = 100
SHARE = 0.9


def consensus_labels(codes: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Join nodes that are joined whichever nodes are left out.

    Parameters
    ----------
    codes
        Nodes, (nodes, markers).
    count
        How many metaclusters.
    seed
        Decides which nodes each sample leaves out.

    Returns
    -------
    Labels, (nodes,), 0 to ``count - 1`` in order of their first node.
    """
    agreement = consensus_matrix(codes, count, seed)
    apart = squareform(1.0 - agreement, checks=False)
    return cut_tree(linkage(apart, "average"), count).ravel()


def consensus_matrix(codes: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Return how often two nodes fall together among the samples that hold both, (nodes, nodes)."""
    rng = np.random.default_rng(seed)
    nodes = len(codes)
    together, both = np.zeros((nodes, nodes)), np.zeros((nodes, nodes))
    size = max(count, int(np.floor(SHARE * nodes)))
    for _ in range(REPEATS):
        chosen = np.sort(rng.choice(nodes, size, replace=False))
        labels = cut_tree(linkage(codes[chosen], "average"), count).ravel()
        both[np.ix_(chosen, chosen)] += 1
        together[np.ix_(chosen, chosen)] += labels[:, None] == labels[None, :]
    agreement = np.divide(together, both, out=np.zeros_like(both), where=both > 0)
    np.fill_diagonal(agreement, 1.0)
    return agreement


def largest_first(labels: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return metaclusters numbered from 1 by their events, the largest first.

    Parameters
    ----------
    labels
        Of each node, (nodes,).
    sizes
        Events of each node, (nodes,).
    """
    totals = np.bincount(labels, weights=sizes)
    rank = np.empty(len(totals), int)
    rank[np.argsort(-totals, kind="stable")] = np.arange(1, len(totals) + 1)
    return rank[labels]
