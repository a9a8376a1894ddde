"""Populations per visit: one small plot a population, one line a patient."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd

from correlates.flow.figures.svg import element, number, shorten, text
from correlates.problems import nearest
from correlates.report.formats import unit_shown
from correlates.report.names import feature_name, specimen_name
from correlates.report.plot_axes import (
    FAINT,
    SMALL,
    WITH,
    WITHOUT,
    Scale,
    down_triangle,
    feature_title,
    plot_svg,
    scale_for,
    up_triangle,
    vertical_axis,
)

MOST = 9
# With fewer of the wanted populations than this, the study gates others, which are shown too.
_ENOUGH = 3
_COMBO = "#f4ecd8"
_WIDTH = 340
_LEFT, _RIGHT, _TOP, _BOTTOM = 80, 12, 48, 200
_CROWDED = 6  # more visits than this are written slanted
_BELOW = ("nd", "lt_lloq")


@dataclass(frozen=True)
class Trajectory:
    """One population's plot.

    Parameters
    ----------
    feature, unit, specimen
        What is drawn; the specimen in words.
    patients, censored
        How many lines, and how many points stand at a limit.
    svg
        The plot.
    """

    feature: str
    unit: str
    specimen: str
    patients: int
    censored: int
    svg: str


def trajectories(measurements: pd.DataFrame, wanted: Sequence[str]) -> list[Trajectory]:
    """Draw the wanted features of a measurement table over visits.

    Absolute counts on a logarithmic axis; percentages where no blood count allows those. Of several
    specimens the commonest is drawn, of a day with several draws the one before the dose.

    Parameters
    ----------
    measurements
        The measurement table.
    wanted
        Populations or features, as `features_to_show` takes them.
    """
    shown = features_to_show(measurements, wanted)
    drawn = [trajectory(measurements, feature) for feature in shown]
    return [one for one in drawn if one is not None]


def trajectory(
    measurements: pd.DataFrame, feature: str, is_event: Mapping[str, bool] | None = None
) -> Trajectory | None:
    """Draw one feature over visits; None where it was never measured.

    Parameters
    ----------
    measurements
        The measurement table.
    feature
        What to draw.
    is_event
        Whether a patient had the event: those patients only, with thick orange lines, without thin
        blue ones. By default all patients, alike.
    """
    rows = measurements[measurements["feature"] == feature]
    rows = rows[rows["status"].isin(["ok", *_BELOW, "gt_uloq"])]
    if is_event is not None:
        rows = rows[rows["patient"].isin(list(is_event))]
    if rows.empty:
        return None
    specimen = rows["specimen"].mode().iloc[0]
    rows = rows[rows["specimen"] == specimen]
    before_dose = rows["timepoint"].isin(["pre", "trough", ""])
    rows = rows.assign(later=~before_dose).sort_values(["patient", "later"], kind="stable")
    return _drawn(feature, specimen, rows.drop_duplicates(["patient", "visit"]), is_event or {})


def features_to_show(measurements: pd.DataFrame, wanted: Sequence[str]) -> list[str]:
    """Return which features are drawn: those that are wanted, in their order.

    Parameters
    ----------
    measurements
        The measurement table.
    wanted
        Features in full (``t_cd4__pct__t``), or populations (``t_cd4``), which stand for their
        count, or for their percentage where nothing has a count. Where some lack and few are left,
        other features follow.
    """
    held = _drawable(measurements)
    pool = _pool(held)
    known = [_found(name, held, pool) for name in wanted]
    shown = list(dict.fromkeys(feature for feature in known if feature))
    others = [feature for feature in pool if feature not in shown]
    is_enough = None not in known or len(shown) >= _ENOUGH
    return shown if is_enough else (shown + others)[:MOST]


def features_not_shown(measurements: pd.DataFrame, wanted: Sequence[str]) -> list[tuple[str, str]]:
    """Return what is wanted and was never measured, each with the nearest that was, or nothing."""
    held = _drawable(measurements)
    pool = _pool(held)
    populations = list(dict.fromkeys(feature.split("__")[0] for feature in pool))
    return [
        (name, next(iter(nearest(name, held if "__" in name else populations)), ""))
        for name in dict.fromkeys(wanted)
        if _found(name, held, pool) is None
    ]


def _drawable(measurements: pd.DataFrame) -> list[str]:
    can_be_drawn = measurements["status"].isin(["ok", *_BELOW, "gt_uloq"])
    return list(dict.fromkeys(measurements.loc[can_be_drawn, "feature"]))


def _pool(held: Sequence[str]) -> list[str]:
    """Return the feature that stands for each population: its count, if anything has a count."""
    counts = [feature for feature in held if feature.endswith("__abs")]
    return counts or [feature for feature in held if "__pct__" in feature]


def _found(name: str, held: Sequence[str], pool: Sequence[str]) -> str | None:
    if name in held:
        return name
    return next((feature for feature in pool if feature.split("__")[0] == name), None)


def visits_in_order(measurements: pd.DataFrame) -> list[str]:
    """Return the visits by their study day; those without a day come last."""
    days = measurements.groupby("visit")["day"].min()
    return list(days.sort_values(kind="stable", na_position="last").index)


def _drawn(
    feature: str, specimen: str, rows: pd.DataFrame, is_event: Mapping[str, bool]
) -> Trajectory:
    visits = visits_in_order(rows)
    is_log = feature.endswith("__abs")
    at = rows["limit"].where(rows["status"] != "ok", rows["value"])
    rows = rows.assign(at=at)[at.notna() & (at > 0 if is_log else True)]
    scale = scale_for(rows["at"].tolist(), is_log, _TOP, _BOTTOM)
    unit = str(rows["unit"].iloc[0]) if len(rows) else ""
    step = (_WIDTH - _RIGHT - _LEFT) / max(len(visits), 1)
    places = {visit: _LEFT + step * (i + 0.5) for i, visit in enumerate(visits)}
    marks = [
        _patient(str(key), of, places, scale, is_event.get(str(key), False))
        for key, of in rows.groupby("patient")
    ]
    censored = int((rows["status"] != "ok").sum())
    patients = rows["patient"].nunique()
    label = (
        f"{feature_name(feature)} ({feature}) over {len(visits)} visits, {patients} patients, "
        f"{censored} points at a limit"
    )
    axis_label = f"{unit_shown(unit, feature)}{', log scale' if is_log else ''}"
    svg = plot_svg(
        _WIDTH,
        _BOTTOM + (56 if len(visits) > _CROWDED else 30),
        *_background(rows, visits, places, step),
        *vertical_axis(scale, _LEFT, _WIDTH - _RIGHT, axis_label),
        *marks,
        *_visit_names(visits, places),
        *feature_title(feature),
        label=label,
        class_="trajectory",
    )
    return Trajectory(feature, unit, specimen_name(specimen), patients, censored, svg)


def _patient(patient: str, rows: pd.DataFrame, places: dict, scale: Scale, is_event: bool) -> str:
    order = rows.assign(x=rows["visit"].map(places)).sort_values("x")
    xs, ys = order["x"].tolist(), [scale.place(value) for value in order["at"]]
    colour = WITH if is_event else WITHOUT
    points = [
        _point(x, y, status, colour) for x, y, status in zip(xs, ys, order["status"], strict=True)
    ]
    line = " ".join(f"{number(x)},{number(y)}" for x, y in zip(xs, ys, strict=True))
    look = {"fill": "none", "stroke": colour, "stroke_opacity": 0.9 if is_event else 0.45}
    return element(
        "g",
        element("title", escape(patient)),
        element("path", d=f"M{line}", **look, stroke_width=1.6 if is_event else 1),
        *points,
        class_="patient",
    )


def _point(x: float, y: float, status: str, colour: str) -> str:
    if status == "ok":
        return element("circle", cx=x, cy=y, r=2.6, fill=colour, fill_opacity=0.75)
    shape = down_triangle(x, y) if status in _BELOW else up_triangle(x, y)
    return element("path", d=shape, fill="#fff", stroke=colour, stroke_width=1.3)


def _background(rows: pd.DataFrame, visits: Sequence[str], places: dict, step: float) -> list[str]:
    """Shade the visits at which every patient took both drugs."""
    phases = rows.groupby("visit")["phase"].agg(set)
    combo = [visit for visit in visits if phases[visit] == {"COMBO"}]
    return [
        element(
            "rect", x=places[visit] - step / 2, y=_TOP - 4, width=step,
            height=_BOTTOM - _TOP + 4, fill=_COMBO,
        )
        for visit in combo
    ]  # fmt: skip


def _visit_names(visits: Sequence[str], places: dict) -> list[str]:
    is_crowded = len(visits) > _CROWDED
    names = []
    for visit in visits:
        x, y = places[visit], _BOTTOM + 18
        turn = f"rotate(-40 {number(x)} {y})" if is_crowded else None
        anchor = "end" if is_crowded else "middle"
        names.append(text(shorten(visit, 12), x, y, text_anchor=anchor, transform=turn))
    return [element("g", *names, font_size=SMALL, fill=FAINT)] if names else []
