"""A map that stays as it is: fitted once, written down, and laid under files that come later."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from correlates.flow.clusters.metaclusters import consensus_labels, largest_first
from correlates.flow.clusters.som import nearest_nodes, train_map
from correlates.flow.clusters.thinning import thinned_order
from correlates.problems import UserError
from correlates.tables import whole_file, write_json

FORMAT = 1
# A node with fewer events has no quantile of its own; it takes that of all events.
_ENOUGH = 50


@dataclass(frozen=True)
class MapAbout:
    """What must be the same in a file for it to be laid on the map, and where the map is from.

    Parameters
    ----------
    panel, population
        Whose events it was made of.
    markers
        Columns of the codes.
    tops
        Upper end of each marker's scale.
    width, decades
        Logicle scale (w and m).
    grid, metaclusters, seed, thin_dense, far_quantile
        As it was made.
    n_events, acquisitions
        Of how many events of which files.
    versions
        Of the libraries.
    """

    panel: str
    population: str
    markers: tuple[str, ...]
    tops: tuple[float, ...]
    width: float
    decades: float
    grid: int
    metaclusters: int
    seed: int
    thin_dense: bool
    far_quantile: float
    n_events: int
    acquisitions: tuple[str, ...]
    versions: Mapping[str, str]


@dataclass(frozen=True)
class FrozenMap:
    """Nodes with their metaclusters.

    Parameters
    ----------
    about
        What it is of.
    codes
        (nodes, markers), on the scale.
    metaclusters
        Of each node, from 1, the largest first.
    limits
        Distance beyond which an event is far from its node, (nodes,).
    """

    about: MapAbout
    codes: np.ndarray
    metaclusters: np.ndarray
    limits: np.ndarray

    def place(self, events: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Lay events, (events, markers), on the map; nothing is fitted.

        Returns
        -------
        Node (from 0), metacluster (from 1), and whether it is far, each (events,).
        """
        nodes, away = nearest_nodes(events, self.codes)
        return nodes, self.metaclusters[nodes], away > self.limits[nodes]

    def misfit(self, markers: Sequence[str], tops: Sequence[float], choice: Mapping) -> str:
        """Say why events of these markers cannot be laid on the map; ``""`` if they can."""
        about = self.about
        missing = [name for name in about.markers if name not in markers]
        if missing:
            return f"the map needs {', '.join(missing)}"
        own = dict(zip(markers, tops, strict=True))
        if any(own[n] != top for n, top in zip(about.markers, about.tops, strict=True)):
            return "the range of its detectors ($PnR) is not that of the map's files"
        for name in ("population", "width", "decades"):
            if choice[name] != getattr(about, name):
                return f"the map was made with {name} {getattr(about, name)}, not {choice[name]}"
        return ""


def fit_map(events: np.ndarray, about: MapAbout) -> FrozenMap:
    """Train a map on events, (events, markers), and join its nodes."""
    learnt = events[thinned_order(events, about.seed)] if about.thin_dense else events
    codes = train_map(learnt, about.grid, about.seed)
    nodes, away = nearest_nodes(events, codes)
    sizes = np.bincount(nodes, minlength=len(codes))
    labels = consensus_labels(codes, about.metaclusters, about.seed)
    usual = float(np.quantile(away, about.far_quantile))
    limits = np.full(len(codes), usual)
    for node in np.flatnonzero(sizes >= _ENOUGH):
        limits[node] = np.quantile(away[nodes == node], about.far_quantile)
    return FrozenMap(about, codes, largest_first(labels, sizes), limits)


def write_map(frozen: FrozenMap, path: str | Path, values: str | Path) -> None:
    """Write a map: what it is as JSON, its numbers as .npz."""
    write_json(path, {"format": FORMAT} | json.loads(json.dumps(asdict(frozen.about))))
    with whole_file(values, "wb") as stream:
        np.savez(stream, codes=frozen.codes, metaclusters=frozen.metaclusters, limits=frozen.limits)


def write_no_map(path: str | Path, values: str | Path, reason: str) -> None:
    """Write why there is no map."""
    write_json(path, {"format": FORMAT, "refused": reason})
    with whole_file(values, "wb") as stream:
        np.savez(stream)


def read_map(path: str | Path) -> FrozenMap | str:
    """Read a map from its JSON and the .npz beside it, or why there is none.

    Raises
    ------
    UserError
        If it is no map of this format.
    """
    path = Path(path)
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict) or content.pop("format", None) != FORMAT:
        msg = f"{path} is no map of format {FORMAT}. Name a map.json that this version wrote."
        raise UserError(msg)
    if "refused" in content:
        return content["refused"]
    for name in ("markers", "tops", "acquisitions"):
        content[name] = tuple(content[name])
    with np.load(path.with_suffix(".npz"), allow_pickle=False) as values:
        return FrozenMap(
            MapAbout(**content), values["codes"], values["metaclusters"], values["limits"]
        )
