"""Intracellular stains: the net signal of each lineage above its background tube.

The flow assay has the medians of full tubes and, beside them, ratio and difference to the FMO tube
of the marker. Here they become proteins of a lineage, with an interval that also holds what two
tubes of the same cells differ by, and with a row for every stain that has no background tube.
"""

import math
from collections.abc import Iterable, Mapping

import pandas as pd

from correlates.assays.protein.settings import IntracellularSettings
from correlates.measurements import KEY, USABLE

NO_BACKGROUND, NOT_ABOVE, UNCALIBRATED = "fmo_missing", "not_above_background", "uncalibrated"
ISOTYPE = "isotype_background"
# two-sided 95 %, and one-sided for what a blank reaches (limit of blank)
_Z95, _Z_BLANK = 1.959964, 1.644854
_DRAW = [name for name in KEY if name != "feature"]
_METHODS = {
    "net": "median_full-median_background",
    "mfir": "median_full/median_background",
    "mesf": "mesf_full-mesf_background",
}
_UNITS = {"net": "1", "mfir": "1", "mesf": "{MESF}"}


def intracellular_rows(
    measured: pd.DataFrame,
    settings: IntracellularSettings,
    isotypes: pd.DataFrame | None = None,
) -> list[dict]:
    """Return the proteins of each draw and lineage.

    Parameters
    ----------
    measured
        The flow assay's measurement table.
    settings
        Which markers and lineages, and how far two tubes of the same cells differ.
    isotypes
        Rows like those of ``measured`` whose background is an isotype tube (``__dmfi__``,
        ``__mfir__``); used where the FMO is missing, if the settings allow it, and flagged.

    Returns
    -------
    ``<marker>__net__<lineage>`` for every median that flow has, signed. It is ``nd`` where it does
    not exceed what two tubes without any stain would differ by (limit: 1.645 standard deviations),
    and ``not_evaluable`` where there is no background tube. ``__mfir__`` beside it, and where the
    batch is calibrated ``__mesf__``.
    Besides the columns of the measurement table each row has ``full``, the full tube's median.

    Notes
    -----
    The interval joins that of the events with ``tube_cv`` of either median, in quadrature. Events
    alone would make it far too narrow: of 20,000 cells a median is known within a percent.
    """
    by = {(tuple(row[name] for name in _DRAW), row["feature"]): row for row in _records(measured)}
    other = {}
    if isotypes is not None and settings.use_isotype:
        for row in _records(isotypes):
            other[tuple(row[name] for name in _DRAW), row["feature"]] = row
    draws = list(dict.fromkeys(draw for draw, _ in by))
    found = []
    for draw in draws:
        for marker, names in settings.markers.items():
            for lineage in settings.lineages:
                for name in names:
                    stain = by.get((draw, f"{lineage}__mfi__{name}"))
                    if stain is not None:
                        found += _of_stain(
                            stain, draw, (marker, lineage, name), by, other, settings
                        )
                        break
    return found


def _records(table: pd.DataFrame) -> list[dict]:
    wanted = table["feature"].str.contains(r"__(?:mfi|dmfi|mfir|mesf)__", regex=True)
    return table[wanted].astype(object).where(table.notna(), None).to_dict("records")


def _of_stain(stain, draw, names, by, other, settings) -> list[dict]:
    marker, lineage, name = names
    against = {
        kind: by.get((draw, f"{lineage}__{kind}__{name}")) for kind in ("dmfi", "mfir", "mesf")
    }
    flags = list(stain["flags"] or ())
    if against["dmfi"] is None:
        against = {
            kind: other.get((draw, f"{lineage}__{kind}__{name}")) for kind in ("dmfi", "mfir")
        } | {"mesf": None}
        flags += [ISOTYPE] if against["dmfi"] is not None else [NO_BACKGROUND]
    base = {key: stain[key] for key in (*_DRAW, "sample", "day", "hours_post_dose", "run", "n")}
    base |= {"phase": "", "assay": "protein", "limit": None, "full": _number(stain["value"])}

    def row(statistic, **what) -> dict:
        return (
            base
            | {
                "feature": f"{marker}__{statistic}__{lineage}",
                "unit": _UNITS[statistic],
                "method": _METHODS[statistic],
            }
            | what
        )

    if against["dmfi"] is None:
        nothing = {"value": None, "ci_low": None, "ci_high": None, "status": "not_evaluable"}
        return [row("net", **nothing, flags=flags, method="none")]
    difference = against["dmfi"]
    flags = list(dict.fromkeys([*flags, *(difference["flags"] or ())]))
    if against["mesf"] is None:
        flags.append(UNCALIBRATED)
    noise = settings.tube_cv
    net = _net(stain, difference, noise)
    rows = [row("net", flags=flags, **net)]
    rows += _others(row, against, flags, noise)
    if against["mesf"] is not None:
        own = list(dict.fromkeys([*flags, *(against["mesf"]["flags"] or ())]))
        calibrated = _calibrated(against["mesf"], net, _number(stain["value"]), noise)
        own += [NOT_ABOVE] if calibrated["value"] is None and net["status"] == "nd" else []
        rows.append(row("mesf", flags=list(dict.fromkeys(own)), **calibrated))
    return rows


def _net(stain: Mapping, difference: Mapping, noise: float) -> dict:
    """Return value, interval and status of a net signal."""
    value = _number(difference["value"])
    if difference["status"] not in USABLE or math.isnan(value):
        return {"value": None, "ci_low": None, "ci_high": None, "status": "not_evaluable"}
    full = _number(stain["value"])
    background = full - value
    between = noise * math.hypot(full, background)
    low, high = (
        math.hypot(_reach(difference, end, value), _Z95 * between) for end in ("ci_low", "ci_high")
    )
    events = (_reach(difference, "ci_low", value)) / _Z95
    blank = _Z_BLANK * math.hypot(events, noise * math.sqrt(2) * background)
    what = {"value": value, "ci_low": value - low, "ci_high": value + high}
    if value <= blank:
        return what | {"status": "nd", "limit": blank}
    return what | {"status": "ok"}


def _others(row, against, flags, noise: float) -> list[dict]:
    """Return the ratio, whose errors join on the log scale."""
    rows = []
    ratio = against["mfir"]
    if ratio is not None:
        value = _number(ratio["value"])
        usable = ratio["status"] in USABLE and value > 0
        what = {"value": None, "ci_low": None, "ci_high": None, "status": "not_evaluable"}
        if usable:
            low, high = (_number(ratio[end]) for end in ("ci_low", "ci_high"))
            tube = _Z95 * noise * math.sqrt(2)
            down = math.hypot(math.log(value / low), tube) if low > 0 else math.inf
            up = math.hypot(math.log(high / value), tube) if high > 0 else math.inf
            what = {"value": value, "status": "ok"}
            what |= {"ci_low": value * math.exp(-down)}
            what |= {"ci_high": value * math.exp(up) if math.isfinite(up) else None}
        rows.append(row("mfir", flags=flags, **what))
    return rows


def _calibrated(measured: Mapping, net: Mapping, full: float, noise: float) -> dict:
    """Return a calibrated value with the error that two tubes have, and what blanks differ by.

    Flow knows the error of the events alone. The other is carried over from the net signal by the
    molecules that one unit of it stands for, as if the curve were a straight line through zero.
    """
    what = {name: measured[name] for name in ("value", "ci_low", "ci_high", "status", "limit")}
    if measured["status"] != "ok" or net["value"] is None:
        return what
    value, signal = _number(measured["value"]), net["value"]
    if signal == 0 or value / signal <= 0:
        return dict.fromkeys(what) | {"status": "not_evaluable"}
    per_unit = value / signal
    between = noise * math.hypot(full, full - signal) * per_unit
    low, high = (
        math.hypot(_reach(measured, end, value), _Z95 * between) for end in ("ci_low", "ci_high")
    )
    what |= {"ci_low": value - low, "ci_high": value + high}
    if net["status"] == "nd":
        what |= {"status": "nd", "limit": net["limit"] * per_unit}
    return what


def _reach(row: Mapping, end: str, value: float) -> float:
    """Return how far the interval of the events goes to one side; nothing is known of a batch's."""
    bound = _number(row[end])
    return 0.0 if math.isnan(bound) else abs(bound - value)


def _number(value) -> float:
    return math.nan if value is None else float(value)


def full_medians(rows: Iterable[Mapping]) -> dict[tuple, float]:
    """Return the median of the full tube behind each net signal of `intracellular_rows`.

    Returns
    -------
    By patient, visit, timepoint and feature; without signals that have no value.
    """
    return {
        (*(row[name] for name in _DRAW[:3]), row["feature"]): row["full"]
        for row in rows
        if "__net__" in row["feature"] and row["value"] is not None
    }


def blank_table(rows: Iterable[Mapping]) -> pd.DataFrame:
    """Return what the tubes without an antibody show, of the rows of `intracellular_rows`.

    Returns
    -------
    ``run``, ``feature`` (marker and lineage) and ``background``: the median over the draws of a
    batch.
    """
    found = []
    for row in rows:
        marker, statistic, lineage = row["feature"].split("__")
        if statistic == "net" and row["value"] is not None:
            found.append((row["run"], f"{marker} {lineage}", row["full"] - row["value"]))
    table = pd.DataFrame(found, columns=["run", "feature", "background"])
    table["background"] = table["background"].astype(float)
    return table.groupby(["run", "feature"], as_index=False)["background"].median()
