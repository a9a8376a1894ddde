"""The calibration table of a study: each lot, channel and batch with its curve and its verdict."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from correlates.flow.calibration.curve import REJECTED, Curve, CurveLimits, fit_curve
from correlates.flow.calibration.peaks import OFF_SCALE
from correlates.flow.templates.panel import match_channels

_PLACE = ("acquisition", "panel", "batch", "lot", "channel", "fluorochrome")
COLUMNS = (
    *_PLACE,
    *("peaks_found", "peaks_expected", "slope", "intercept", "max_error_pct", "mfi_low"),
    *("mfi_high", "f_p", "verdict", "code", "reason"),
)
PEAK_COLUMNS = ("acquisition", "channel", "peak", "mfi", "mesf", "error_pct")


def calibrate(
    tubes: Iterable[Mapping],
    peaks: Mapping[str, list[Mapping]],
    seen: Mapping[str, Mapping],
    sheet: Iterable[Mapping],
    limits: CurveLimits,
) -> tuple[list[dict], list[dict]]:
    """Fit every channel that the sheet has of every bead tube.

    Parameters
    ----------
    tubes
        Bead tubes of the plan: ``acquisition``, ``panel``, ``batch``, ``lot``.
    peaks
        Peaks of each tube: ``channel``, ``median``, ``flags``, dimmest first.
    seen
        Of each tube ``channels`` (all that it has) and ``reason``, why its file was refused.
    sheet
        Rows of the sheet of lots: ``lot``, ``channel``, ``fluorochrome``, ``peak``, ``mesf``,
        ``f_p``.
    limits
        When a curve is accepted.

    Returns
    -------
    Rows with `COLUMNS`, and the peaks with `PEAK_COLUMNS`.
    """
    stated = pd.DataFrame(list(sheet), columns=["lot", "channel", "fluorochrome", *_STATED])
    curves, points = [], []
    for tube in tubes:
        key = tube["acquisition"]
        of_lot = stated[stated["lot"] == tube["lot"]]
        if of_lot.empty:
            curves.append(_row(tube, {}, _unknown_lot(tube["lot"])))
        for channel, rows in of_lot.groupby("channel", sort=True):
            rows = rows.sort_values("peak")
            name, found = _peaks_of(channel, peaks.get(key, []), seen[key])
            curve = _curve_of(seen[key], name, channel, found, rows, limits)
            about = {"channel": name or channel, "fluorochrome": rows["fluorochrome"].iloc[0]}
            about |= {"f_p": rows["f_p"].dropna().max(), "peaks_found": len(found)}
            about |= {"peaks_expected": len(rows)}
            curves.append(_row(tube, about, curve))
            points += _points(key, name or channel, found, rows, curve)
    return curves, points


_STATED = ("peak", "mesf", "f_p")


def _peaks_of(channel: str, peaks: list[Mapping], seen: Mapping) -> tuple[str, list[Mapping]]:
    """Return the file's own name of a channel of the sheet, and its peaks."""
    found, _ = match_channels([channel], {}, seen.get("channels", ()), "")
    name = found.get(channel, "")
    return name, [peak for peak in peaks if peak["channel"] == name]


def _curve_of(seen, name, channel, found, rows, limits) -> Curve:
    if seen.get("reason"):
        return Curve(REJECTED, "calibration_beads_refused", seen["reason"])
    if not name:
        reason = f"the file of the beads has no channel {channel}"
        return Curve(REJECTED, "calibration_no_channel", reason)
    off = [OFF_SCALE in peak["flags"] for peak in found]
    medians = [float(peak["median"]) for peak in found]
    return fit_curve(medians, list(rows["mesf"]), off, limits)


def _unknown_lot(lot: str) -> Curve:
    reason = f"the sheet has no lot {lot}" if lot else "the row of the beads names no lot"
    return Curve(REJECTED, "calibration_lot_unknown", reason)


def _row(tube: Mapping, about: Mapping, curve: Curve) -> dict:
    row = dict.fromkeys(COLUMNS) | {name: tube[name] for name in _PLACE[:4]} | about
    for name in ("slope", "intercept", "max_error_pct", "mfi_low", "mfi_high"):
        row[name] = getattr(curve, name)
    row |= {"verdict": curve.verdict, "code": curve.code, "reason": curve.reason}
    return {name: None if _is_missing(value) else value for name, value in row.items()}


def _points(key: str, channel: str, found, rows, curve: Curve) -> list[dict]:
    errors = curve.errors_pct or (np.nan,) * len(found)
    mesf = list(rows["mesf"]) if len(rows) == len(found) else [None] * len(found)
    return [
        {
            "acquisition": key,
            "channel": channel,
            "peak": number,
            "mfi": float(peak["median"]),
            "mesf": value,
            "error_pct": None if np.isnan(error) else error,
        }
        for number, (peak, value, error) in enumerate(zip(found, mesf, errors, strict=True), 1)
    ]


def _is_missing(value: object) -> bool:
    return isinstance(value, float) and np.isnan(value)
