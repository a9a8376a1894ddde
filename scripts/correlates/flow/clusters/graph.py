"""scanpy's part: the graph of neighbours, Leiden clusters, and UMAP."""

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc
from threadpoolctl import threadpool_limits

from correlates.flow.clusters.neighbours import NearestEvents

# scanpy's own number of passes; more change little.
_PASSES = 2
_EXTENT = 10.0


def graph_of(values: np.ndarray, neighbours: int, seed: int) -> tuple[ad.AnnData, float]:
    """Return events with scanpy's graph of neighbours, and the share of true ones among them.

    Parameters
    ----------
    values
        (events, markers).
    neighbours
        Of each event.
    seed
        Of the search among many events.
    """
    graph = ad.AnnData(values.astype(np.float32))
    search = NearestEvents(neighbours, seed)
    with threadpool_limits(1):
        sc.pp.neighbors(
            graph, n_neighbors=neighbours, use_rep="X", transformer=search, random_state=seed
        )
    return graph, search.recall_


def leiden_labels(graph: ad.AnnData, resolution: float, seed: int) -> np.ndarray:
    """Return Leiden clusters, (events,), 1 the largest."""
    sc.tl.leiden(
        graph,
        resolution=resolution,
        random_state=seed,
        flavor="igraph",
        n_iterations=_PASSES,
        directed=False,
    )
    return pd.to_numeric(graph.obs["leiden"]).to_numpy() + 1


def umap_places(graph: ad.AnnData, seed: int) -> np.ndarray:
    """Return UMAP coordinates, (events, 2), begun from the first two principal components."""
    with threadpool_limits(1):
        graph.obsm["start"] = _two_components(graph.X)
        sc.tl.umap(graph, init_pos="start", random_state=seed)
    return np.asarray(graph.obsm["X_umap"], dtype=np.float32)


def _two_components(values: np.ndarray) -> np.ndarray:
    centred = values.astype(np.float64) - values.mean(axis=0, dtype=np.float64)
    _, axes = np.linalg.eigh(centred.T @ centred)
    first = axes[:, ::-1][:, :2]
    # The sign of an axis is chance: its largest entry is made positive.
    first = first * np.sign(first[np.abs(first).argmax(axis=0), [0, 1]])
    placed = centred @ first
    return _EXTENT * placed / np.abs(placed).max()
