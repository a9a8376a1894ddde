"""Genotypes of each variant: how many patients have which, called or not."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from correlates.assays.figures import COLOURS, INK, dress, empty_figure, new_figure, save_svg

_MOST = 8
_COLUMNS = 2


def draw_genotypes(loci: Sequence[Mapping], path: str | Path) -> None:
    """Draw the counts of genotypes beside those that equilibrium lets expect.

    Parameters
    ----------
    loci
        Rows of all patients of `collect.LOCUS_COLUMNS`.
    path
        SVG file to write.
    """
    shown = [one for one in loci if one["ancestry"] == "all"][:_MOST]
    if not shown:
        save_svg(empty_figure("No genotype was called."), path)
        return
    rows = -(-len(shown) // _COLUMNS)
    figure = new_figure(7.2, 2.3 * rows + 0.2)
    axes = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
    for axis, one in zip(axes, shown, strict=False):
        other, effect, n = one["other"], one["effect"], one["n_called"]
        counts = [one["n_0"], one["n_1"], one["n_2"]]
        names = [f"{other}/{other}", f"{other}/{effect}", f"{effect}/{effect}"]
        axis.bar(range(3), counts, color=COLOURS[0], width=0.6)
        if n:
            share = float(one["effect_frequency"])
            expected = [n * (1 - share) ** 2, 2 * n * share * (1 - share), n * share**2]
            style = {"color": INK, "linestyle": "none", "marker": "_", "ms": 22, "mew": 1.6}
            axis.plot(range(3), expected, **style)
        axis.set_xticks(range(3), names)
        title = f"{one['gene']} {one['rsid']}: {n} of {one['n']} called"
        dress(axis, title, f"lines: equilibrium, exact p = {one['hwe_p']}", "patients")
    for axis in axes[len(shown) :]:
        axis.set_axis_off()
    save_svg(figure, path)
