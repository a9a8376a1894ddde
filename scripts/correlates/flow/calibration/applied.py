"""Calibrated intensities of cells: MESF above that of the FMO, and antibodies bound per cell."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pandas as pd

from correlates.flow.calibration.curve import ACCEPTED, mesf_of
from correlates.flow.counts.fmo import mover

OUTSIDE, NOT_ABOVE = "outside_calibrated_range", "not_above_zero"
VALUES = ("mesf", "mesf_low", "mesf_high", "abc", "abc_low", "abc_high")
LIMITS = ("mesf_limit", "abc_limit")
COLUMNS = (*VALUES, *LIMITS, "f_p", "calibration", "mesf_flags")


def with_mesf(
    compared: pd.DataFrame, curves: Iterable[Mapping], acquisitions: Iterable[Mapping]
) -> pd.DataFrame:
    """Add calibrated values to the intensities that have an FMO.

    Parameters
    ----------
    compared
        What `correlates.flow.counts.fmo.fmo_intensities` gave.
    curves
        Rows of the calibration table.
    acquisitions
        Rows of the plan.

    Returns
    -------
    The table with `COLUMNS`. ``calibration`` names the bead tube; it is empty where the batch has
    none for the channel, and nothing is calibrated then. Of several tubes an accepted one with the
    smallest error counts. Where all are rejected, the values are missing and ``mesf_flags`` says
    why.

    Notes
    -----
    ``mesf`` = MESF(full) - MESF(FMO), kept signed; an FMO at or below zero counts as 0. A median of
    the full tube that is not above zero lies below the dimmest bead, whose MESF is then the limit:
    left out, the dimmest cells would be missing from every comparison. ``abc`` = ``mesf`` / (F:P).
    Intervals hold the error of the medians, not that of the curve.
    """
    best = _best_curves(curves)
    tubes = pd.DataFrame(list(acquisitions))
    if compared.empty or best.empty:
        nothing = dict.fromkeys((*VALUES, *LIMITS, "f_p"), np.nan)
        return compared.assign(**nothing, calibration="", mesf_flags="")
    rows = compared.merge(tubes[["acquisition", "panel", "batch"]], on="acquisition", how="left")
    rows = rows.merge(best, on=["panel", "batch", "channel"], how="left")
    line = rows["slope"].to_numpy(float), rows["intercept"].to_numpy(float)
    is_good = (rows["verdict"] == ACCEPTED).to_numpy()
    full, fmo = (
        [np.where(is_good, mesf_of(rows[f"{of}{name}"], *line), np.nan) for name in _CENTRE]
        for of in ("", "fmo_")
    )
    at_zero = (rows["median"] <= 0).to_numpy()
    net = np.where(at_zero, np.nan, full[0] - fmo[0])
    limit = np.where(at_zero & is_good, mesf_of(rows["mfi_low"], *line), np.nan)
    low, high = (np.where(np.isnan(net), np.nan, end) for end in mover(full, fmo))
    per_antibody = rows["f_p"].to_numpy(float)
    outside = (rows["median"] < rows["mfi_low"]) | (rows["median"] > rows["mfi_high"])
    flags = rows["code"].fillna("").astype(str)
    flags = flags + np.where(is_good & outside & ~at_zero, f";{OUTSIDE}", "")
    flags = flags + np.where(is_good & at_zero, f";{NOT_ABOVE}", "")
    return rows[list(compared)].assign(
        **dict(zip(VALUES[:3], (net, low, high), strict=True)),
        **dict(zip(VALUES[3:], (one / per_antibody for one in (net, low, high)), strict=True)),
        mesf_limit=limit,
        abc_limit=limit / per_antibody,
        f_p=per_antibody,
        calibration=rows["tube"].fillna(""),
        mesf_flags=flags.str.strip(";"),
    )


def mesf_of_medians(rows: Iterable[Mapping], curves: Iterable[Mapping]) -> Iterator[dict]:
    """Add the MESF of single medians, where the batch has an accepted curve for the channel.

    Parameters
    ----------
    rows
        ``panel``, ``batch``, ``channel``, ``median``, ``low``, ``high`` and ``flags``.
    curves
        Rows of the calibration table.

    Yields
    ------
    The rows with ``mesf``, ``mesf_low`` and ``mesf_high``, None without a curve; a median that is
    not above zero is 0. What lies above the brightest bead is flagged.
    """
    best = {
        (one["panel"], one["batch"], one["channel"]): one
        for one in _best_curves(curves).to_dict("records")
        if one["verdict"] == ACCEPTED
    }
    for row in rows:
        curve = best.get((row["panel"], row["batch"], row["channel"]))
        values, flags = dict.fromkeys(VALUES[:3]), row["flags"]
        if curve is not None and row["median"] is not None:
            line = curve["slope"], curve["intercept"]
            found = (None if row[name] is None else mesf_of(row[name], *line) for name in _CENTRE)
            values = {
                name: None if value is None else float(value)
                for name, value in zip(VALUES[:3], found, strict=True)
            }
            if row["median"] > curve["mfi_high"]:
                flags = ";".join(filter(None, (flags, OUTSIDE)))
        yield {**row, **values, "flags": flags}


_CENTRE = ("median", "low", "high")


def _best_curves(curves: Iterable[Mapping]) -> pd.DataFrame:
    """Return one curve a panel, batch and channel."""
    table = pd.DataFrame(list(curves))
    if table.empty:
        return table
    table = table.rename(columns={"acquisition": "tube"}).assign(
        is_rejected=table["verdict"] != ACCEPTED,
        **{
            name: pd.to_numeric(table[name], errors="coerce").astype(float)
            for name in ("slope", "intercept", "max_error_pct", "mfi_low", "mfi_high", "f_p")
        },
    )
    place = ["panel", "batch", "channel"]
    order = [*place, "is_rejected", "max_error_pct", "tube"]
    table = table[table["channel"] != ""].sort_values(order)
    wanted = [*place, "tube", "slope", "intercept", "mfi_low", "mfi_high", "f_p", "verdict", "code"]
    return table.drop_duplicates(place)[wanted]
