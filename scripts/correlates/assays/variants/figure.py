"""Variants over time: allele fractions with their intervals, and what was looked for in vain."""

from collections.abc import Sequence
from pathlib import Path

from correlates.assays.figures import COLOURS, INK, MUTED, dress, empty_figure, new_figure, save_svg
from correlates.assays.variants.findings import ND, OK, Finding

_MOST_PATIENTS = 12
_COLUMNS = 3


def draw_variants(findings: Sequence[Finding], path: str | Path) -> None:
    """Draw the allele fractions of each patient with a variant, by study day.

    Parameters
    ----------
    findings
        Detected ones with their interval; of variants that a patient ever had, those not detected
        as triangles at their limit of detection.
    path
        SVG file to write.
    """
    by_patient: dict[str, dict[str, list[Finding]]] = {}
    for one in findings:
        name = f"{one.gene} {one.change}"
        by_patient.setdefault(one.row["patient"], {}).setdefault(name, []).append(one)
    ever = {
        patient: {name: own for name, own in named.items() if any(one.status == OK for one in own)}
        for patient, named in by_patient.items()
    }
    ever = {patient: named for patient, named in ever.items() if named}
    if not ever:
        words = f"No variant was detected in {len(by_patient)} patients; variants.tsv has limits."
        save_svg(empty_figure(words), path)
        return
    names = sorted({name for named in ever.values() for name in named})
    colours = {name: COLOURS[place % len(COLOURS)] for place, name in enumerate(names)}
    shown = list(ever.items())[:_MOST_PATIENTS]
    rows = -(-len(shown) // _COLUMNS)
    figure = new_figure(7.2, 2.2 * rows + 0.4)
    axes = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
    for axis, (patient, named) in zip(axes, shown, strict=False):
        for name, own in named.items():
            _draw(axis, own, colours[name], name)
        axis.set_yscale("log")
        dress(axis, patient, "study day", "allele fraction, %")
        axis.legend(fontsize=6, frameon=False)
    for axis in axes[len(shown) :]:
        axis.set_axis_off()
    note = (
        f"{len(ever)} of {len(by_patient)} patients with a variant. Bars: exact 95 % interval. "
        "Triangles: not detected, at the limit of detection."
    )
    figure.supxlabel(note, fontsize=7, color=MUTED)
    save_svg(figure, path)


def _draw(axis, own: Sequence[Finding], colour: str, name: str) -> None:
    dated = sorted(
        (one for one in own if one.row.get("study_day") is not None),
        key=lambda one: one.row["study_day"],
    )
    seen = [one for one in dated if one.status == OK]
    days = [one.row["study_day"] for one in seen]
    axis.plot(days, [100 * one.vaf for one in seen], "o-", color=colour, ms=4, lw=1, label=name)
    for one in seen:
        if one.low is not None and one.low > 0:
            day = one.row["study_day"]
            axis.plot([day, day], [100 * one.low, 100 * one.high], color=colour, lw=1)
    absent = [one for one in dated if one.status == ND]
    style = {"marker": "v", "facecolors": "none", "edgecolors": INK, "s": 18, "lw": 0.8}
    axis.scatter(
        [one.row["study_day"] for one in absent], [100 * one.lod for one in absent], **style
    )
