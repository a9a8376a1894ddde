"""Pictures of an atlas: where events lie, by cluster, gate, batch and visit, and what they show."""

from collections.abc import Sequence
from pathlib import Path

import anndata as ad
import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from correlates.flow.clusters.agreement import lineages_of
from correlates.tables import whole_file

# Without it, text in an SVG would be outlines and its ids random.
matplotlib.rcParams["svg.fonttype"] = "none"
matplotlib.rcParams["svg.hashsalt"] = "clusters"
_NONE = "none or several"
_GREY = "#d0d0d0"
_MOST_NAMED = 24
_DPI = 150


def draw_umap(atlas: ad.AnnData, gates: Sequence[str], parents, path: str | Path) -> None:
    """Draw UMAP coloured by Leiden cluster, metacluster, gate, batch, visit and patient."""
    members = {name: atlas.obs[name].to_numpy() for name in gates}
    labels, lineages, _ = lineages_of(members, parents, gates)
    named = np.array([*lineages, _NONE], dtype=object)[labels]
    colourings = [
        ("Leiden cluster", atlas.obs["leiden"].astype(str), True),
        ("FlowSOM metacluster", atlas.obs["flowsom_metacluster"].astype(str), True),
        ("Gate", named, False),
        *((name.capitalize(), atlas.obs[name].astype(str), False) for name in ("batch", "visit")),
        ("Patient", atlas.obs["patient"].astype(str), False),
    ]
    figure = Figure(figsize=(15.5, 9.2), layout="constrained")
    axes = figure.subplots(2, 3).ravel()
    for axis, (title, values, on_it) in zip(axes, colourings, strict=True):
        _scatter(axis, atlas.obsm["X_umap"], np.asarray(values, dtype=object), title, on_it)
    _save(figure, path, "png")


def draw_markers(atlas: ad.AnnData, path: str | Path) -> None:
    """Draw UMAP coloured by each marker that was stained, from its 1st to its 99th percentile."""
    markers = [name for name, kind in atlas.var["marker_class"].items() if kind != "scatter"]
    columns = 5
    rows = -(-len(markers) // columns)
    figure = Figure(figsize=(3.1 * columns, 2.9 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    places, order = _order(atlas.obsm["X_umap"])
    for axis, marker in zip(axes, markers, strict=False):
        values = atlas[:, marker].layers["transformed"].ravel()[order]
        low, high = np.percentile(values, (1, 99))
        axis.scatter(
            *places.T, c=values, s=_size(len(places)), cmap="viridis", vmin=low, vmax=high, lw=0
        )
        _bare(axis, f"{marker} ({atlas.var.loc[marker, 'marker_class']})")
    for axis in axes[len(markers) :]:
        axis.set_visible(False)
    _save(figure, path, "png")


def draw_heatmap(atlas: ad.AnnData, gates: Sequence[str], path: str | Path) -> None:
    """Draw the median of each marker in each metacluster, with its share and its usual gate.

    Colours run from a marker's 1st to its 99th percentile over all events, so that a marker which
    hardly moves is not stretched to look as if it did by any one metacluster.
    """
    labels = atlas.obs["flowsom_metacluster"]
    markers = [name for name, kind in atlas.var["marker_class"].items() if kind != "scatter"]
    values = np.asarray(atlas[:, markers].layers["transformed"])
    low, high = np.percentile(values, (1, 99), axis=0)
    found = list(labels.cat.categories)
    medians = np.array([np.median(values[labels == kind], axis=0) for kind in found])
    shown = np.clip((medians - low) / np.where(high > low, high - low, 1), 0, 1)
    size = (0.5 * len(markers) + 4.6, 0.3 * len(medians) + 1.7)
    figure = Figure(figsize=size, layout="constrained")
    axis, bars = figure.subplots(1, 2, width_ratios=[len(markers), 4], sharey=True)
    image = axis.imshow(shown, aspect="auto", cmap="viridis", vmin=0, vmax=1)
    of_type = atlas.var["marker_class"] == "type"
    kinds = [name if of_type[name] else f"{name} *" for name in markers]
    axis.set_xticks(range(len(markers)), kinds, rotation=90)
    names = [f"{kind}  {_usual_gate(atlas, labels == kind, gates)}" for kind in found]
    axis.set_yticks(range(len(names)), names, fontsize=8)
    axis.set_ylabel("metacluster and the gate of most of its events")
    axis.set_xlabel("* not clustered on")
    share = 100 * labels.value_counts().reindex(found) / len(labels)
    bars.barh(range(len(share)), share, color="#5b7a99")
    bars.set_xscale("log")
    bars.set_xlabel("% of pooled events")
    bars.spines[["top", "right"]].set_visible(False)
    bar = figure.colorbar(image, ax=bars, shrink=0.6, pad=0.02)
    bar.set_label("median, 1st to 99th percentile of the marker")
    _save(figure, path, "svg")


def draw_nothing(reason: str, paths: Sequence[tuple[str | Path, str]]) -> None:
    """Draw the reason in place of pictures."""
    for path, kind in paths:
        figure = Figure(figsize=(7, 1.2))
        figure.text(0.03, 0.5, f"Not clustered: {reason}.", fontsize=10, va="center")
        _save(figure, path, kind)


def _usual_gate(atlas: ad.AnnData, inside: np.ndarray, gates: Sequence[str]) -> str:
    shares = {gate: atlas.obs.loc[inside, gate].mean() for gate in gates}
    best = max(shares, key=shares.get, default="")
    return f"{best} {100 * shares[best]:.0f} %" if best and shares[best] >= 0.5 else "no gate"


def _order(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the placed events in random order, so that no file is drawn over the others."""
    placed = np.flatnonzero(np.isfinite(places).all(axis=1))
    order = np.random.default_rng(0).permutation(placed)
    return places[order], order


def _size(count: int) -> float:
    return float(np.clip(60_000 / max(count, 1), 1.0, 8.0))


def _scatter(axis, places: np.ndarray, values: np.ndarray, title: str, on_it: bool) -> None:
    drawn, order = _order(places)
    kinds = sorted(
        set(values) - {_NONE}, key=lambda kind: (len(kind) if kind.isdigit() else 0, kind)
    )
    colours = dict(zip(kinds, _colours(len(kinds)), strict=True)) | {_NONE: _GREY}
    points = np.array([matplotlib.colors.to_rgb(colours[kind]) for kind in values[order]])
    axis.scatter(*drawn.T, c=points, s=_size(len(drawn)), lw=0)
    _bare(axis, title)
    if on_it:
        for kind in kinds:
            own = drawn[values[order] == kind]
            if len(own):
                middle = own[np.abs(own - np.median(own, axis=0)).sum(axis=1).argmin()]
                box = {"boxstyle": "round,pad=0.12", "fc": "white", "alpha": 0.75, "lw": 0}
                axis.text(*middle, kind, fontsize=7.5, ha="center", va="center", bbox=box)
        return
    named = [*kinds[:_MOST_NAMED], *([_NONE] if _NONE in values else [])]
    dots = [Line2D([], [], ls="", marker="o", ms=5, color=colours[kind]) for kind in named]
    more = f"{len(kinds)} in all" if len(kinds) > _MOST_NAMED else None
    axis.legend(
        dots, named, title=more, fontsize=7, frameon=False, loc="upper left", bbox_to_anchor=(1, 1)
    )


def _in_order(kind: str) -> tuple[int, str]:
    return (len(kind) if kind.isdigit() else 0, kind)


def _bare(axis, title: str) -> None:
    axis.set_title(title, fontsize=10)
    axis.set_xticks([])
    axis.set_yticks([])
    axis.set_xlabel("UMAP 1", fontsize=7, loc="left")
    axis.set_ylabel("UMAP 2", fontsize=7, loc="bottom")
    axis.spines[["top", "right"]].set_visible(False)


def _colours(count: int) -> list:
    if count <= 10:
        return list(matplotlib.colormaps["tab10"].colors[:count])
    if count <= 20:
        paired = matplotlib.colormaps["tab20"].colors
        return [*paired[::2], *paired[1::2]][:count]
    return [matplotlib.colormaps["gist_rainbow"](place) for place in np.linspace(0, 1, count)]


def _save(figure: Figure, path: str | Path, kind: str) -> None:
    with whole_file(path, "wb") as stream:
        # No date: the same atlas is the same picture.
        about = {"Date": None} if kind == "svg" else {}
        figure.savefig(stream, format=kind, dpi=_DPI, metadata=about)
