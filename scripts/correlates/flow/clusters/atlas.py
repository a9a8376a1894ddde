"""Pooled events clustered twice, as one AnnData that scanpy opens."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd

from correlates.flow.clusters.frozen import FrozenMap, MapAbout, fit_map
from correlates.flow.clusters.graph import graph_of, leiden_labels, umap_places
from correlates.flow.clusters.pool import Pool

IDENTITY = ("patient", "visit", "sample", "batch", "acquisition")
LIBRARIES = ("numpy", "scipy", "scanpy", "igraph", "faiss-cpu", "numba", "umap-learn", "anndata")
# A node needs events to learn from.
_PER_NODE = 5


@dataclass(frozen=True)
class Settings:
    """The config's ``flow.unsupervised`` block as far as it clusters; the names are its keys."""

    seed: int
    grid: int
    metaclusters: int
    thin_dense: bool
    far_quantile: float
    neighbours: int
    resolution: float
    umap_events: int


def versions() -> dict[str, str]:
    """Return the versions of the libraries that labels depend on."""
    return {name: version(name) for name in LIBRARIES}


def why_not_clustered(pool: Pool, settings: Settings) -> str:
    """Say why a pool cannot be clustered; ``""`` if it can."""
    if len(pool.typed) < 2:
        return "fewer than two markers of class type are in all files"
    needed = max(_PER_NODE * settings.grid**2, settings.neighbours + 1)
    if len(pool) < needed:
        return f"{len(pool)} events are fewer than the {needed} that the map needs"
    return ""


def map_of(pool: Pool, panel: str, choice: Mapping, settings: Settings) -> FrozenMap:
    """Fit the map of a pool.

    Parameters
    ----------
    pool
        The events.
    panel
        Whose they are.
    choice
        How they were chosen: ``population``, ``width``, ``decades``.
    settings
        How the map is fitted.
    """
    columns = pool.typed
    about = MapAbout(
        panel=panel,
        population=choice["population"],
        markers=tuple(pool.markers[place] for place in columns),
        tops=tuple(pool.tops[place] for place in columns),
        width=choice["width"],
        decades=choice["decades"],
        grid=settings.grid,
        metaclusters=settings.metaclusters,
        seed=settings.seed,
        thin_dense=settings.thin_dense,
        far_quantile=settings.far_quantile,
        n_events=len(pool),
        acquisitions=tuple(file["acquisition"] for file in pool.files),
        versions=versions(),
    )
    return fit_map(pool.transformed[:, columns], about)


def build_atlas(pool: Pool, frozen: FrozenMap, settings: Settings) -> ad.AnnData:
    """Cluster a pool and say where each event lies.

    Parameters
    ----------
    pool
        The events.
    frozen
        The map for the columns ``flowsom`` and ``flowsom_metacluster``.
    settings
        Of the graph, Leiden and UMAP.

    Returns
    -------
    Events by markers: ``X`` and layer ``transformed``, layers ``raw`` and ``compensated``; ``obs``
    with identity, labels and one boolean column a gate; ``var`` with channel, marker and class;
    ``obsm["X_umap"]``, not a number where an event was not placed.
    """
    on_map = [pool.markers.index(name) for name in frozen.about.markers]
    nodes, metaclusters, far = frozen.place(pool.transformed[:, on_map])
    typed = pool.transformed[:, pool.typed]
    graph, recall = graph_of(typed, settings.neighbours, settings.seed)
    labels = leiden_labels(graph, settings.resolution, settings.seed)
    obs = _identity(pool)
    obs["leiden"] = _numbered(labels)
    obs["flowsom"] = _numbered(nodes + 1)
    obs["flowsom_metacluster"] = _numbered(metaclusters)
    obs["far_from_map"] = far
    for gate, inside in pool.members.items():
        # A gate may be called as a column is.
        obs[f"gate:{gate}" if gate in obs else gate] = inside
    atlas = ad.AnnData(pool.transformed, obs=obs, var=_markers(pool))
    atlas.layers["raw"], atlas.layers["compensated"] = pool.raw, pool.compensated
    atlas.layers["transformed"] = pool.transformed
    atlas.obsm["X_umap"] = _placed(pool, graph, settings)
    atlas.uns["provenance"] = _provenance(pool, frozen, settings) | {"neighbours_recall": recall}
    return atlas


def empty_atlas(pool: Pool, reason: str) -> ad.AnnData:
    """Return an atlas of no event that says why."""
    atlas = ad.AnnData(np.zeros((0, len(pool.markers)), np.float32), var=_markers(pool))
    atlas.uns["refused"] = reason
    return atlas


def write_atlas(atlas: ad.AnnData, path: str | Path) -> None:
    """Write an atlas as h5ad; the file appears under its name only once it is complete."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        unfinished = Path(folder) / path.name
        atlas.write_h5ad(unfinished, compression="lzf")
        unfinished.replace(path)


def _identity(pool: Pool) -> pd.DataFrame:
    columns = {}
    for name in IDENTITY:
        values = [str(file.get(name) or "") for file in pool.files]
        kinds = sorted(set(values))
        codes = np.array([kinds.index(value) for value in values])[pool.numbers]
        columns[name] = pd.Categorical.from_codes(codes, kinds)
    index = pd.Index(np.arange(len(pool)).astype(str), name="event")
    return pd.DataFrame(columns, index=index)


def _numbered(labels: np.ndarray) -> pd.Categorical:
    kinds, codes = np.unique(labels, return_inverse=True)
    return pd.Categorical.from_codes(codes, [str(kind) for kind in kinds])


def _markers(pool: Pool) -> pd.DataFrame:
    columns = {"channel": pool.channels, "marker": pool.markers, "marker_class": pool.classes}
    typed = pd.DataFrame({name: list(values) for name, values in columns.items()}, dtype=object)
    typed["marker_class"] = pd.Categorical(typed["marker_class"])
    return typed.set_index(pd.Index(list(pool.markers), dtype=object))


def _placed(pool: Pool, graph: ad.AnnData, settings: Settings) -> np.ndarray:
    if len(pool) <= settings.umap_events:
        return umap_places(graph, settings.seed)
    places = np.full((len(pool), 2), np.nan, np.float32)
    some = pool.first_of_each(settings.umap_events)
    typed = pool.transformed[some][:, pool.typed]
    places[some] = umap_places(
        graph_of(typed, settings.neighbours, settings.seed)[0], settings.seed
    )
    return places


def _provenance(pool: Pool, frozen: FrozenMap, settings: Settings) -> dict:
    return {
        "settings": json.dumps(asdict(settings), sort_keys=True),
        "map": json.dumps(asdict(frozen.about), sort_keys=True),
        "versions": json.dumps(versions(), sort_keys=True),
        "clustered_on": np.array([pool.markers[place] for place in pool.typed], dtype=object),
        "use": "exploratory: no label enters the measurement table or a test",
    }
