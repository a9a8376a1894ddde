"""Each population's intensity beside that of the same population in the marker's FMO tube."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from correlates.flow.counts.dependents import resting_on
from correlates.flow.templates.template import Template
from correlates.intake.acquisitions import FULL
from correlates.intake.sheets.visits import tube_key

FMO, ISOTYPE = "fmo_", "isotype_"
BELOW_FLOOR, BATCH_MEDIAN = "fmo_parent_below_floor", "fmo_batch_median"
TOO_FEW, NOT_POSITIVE, AT_ZERO = "fmo_too_few_events", "fmo_not_positive", "fmo_not_above_zero"
_KEYS = ("acquisition", "population", "marker", "channel")
_OF_FULL = ("median", "low", "high", "rsd", "n")
_OF_FMO = tuple(f"fmo_{name}" for name in _OF_FULL)
RATIOS = ("mfir", "mfir_low", "mfir_high", "dmfi", "dmfi_low", "dmfi_high", "stain_index")
COLUMNS = (*_KEYS, *_OF_FULL, *_OF_FMO, "source", *RATIOS, "flags")


@dataclass(frozen=True)
class FmoFloors:
    """How many events of an FMO tube's population its median must rest on.

    Parameters
    ----------
    min_events
        Events from which a tube is taken without a flag.
    lod_events
        Events below which it is not taken at all.
    """

    min_events: int
    lod_events: int


def fmo_intensities(
    acquisitions: Iterable[Mapping],
    intensities: pd.DataFrame,
    templates: Mapping[str, Template],
    floors: FmoFloors,
    kind: str = FMO,
) -> pd.DataFrame:
    """Compare each median with that of the FMO tube of its marker.

    Parameters
    ----------
    acquisitions
        Rows of the plan: ``acquisition``, ``sample``, ``panel``, ``batch``, ``tube``, ``role``.
    intensities
        ``acquisition``, ``population``, ``marker``, ``channel``, ``median``, ``low``, ``high``,
        ``rsd`` and ``n`` of the full tubes and of the FMO tubes.
    templates
        Template by acquisition; gates that were drawn elsewhere have none.
    floors
        Fewest events of an FMO's population.
    kind
        ``fmo_``, or ``isotype_``: tubes with an isotype in the place of the marker's antibody.

    Returns
    -------
    A row (`COLUMNS`) for each population of a full tube and each marker that has an accepted FMO
    tube in its draw or its batch. The draw's own goes first; where it is below the floor, the
    median of the batch's. No row for a population that is gated on the marker itself: of that, an
    FMO holds false positives only.
    """
    tubes = pd.DataFrame(list(acquisitions))
    if tubes.empty or intensities.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    tubes["key"] = [tube_key(tube) for tube in tubes["tube"]]
    rows = intensities[intensities["marker"].fillna("").str.strip() != ""]
    rows = rows.merge(tubes[["acquisition", "sample", "panel", "batch", "key"]], on="acquisition")
    rows["fmo"] = _keys_of(rows["marker"], kind)
    rows["batch"] = rows["batch"].fillna("")
    gated_on = _gated_on(tubes, templates, kind)
    places = zip(rows["panel"], rows["fmo"], rows["population"], strict=True)
    rows = rows[[place not in gated_on for place in places]]
    is_fmo = rows["key"] == rows["fmo"]
    full = rows[rows["key"] == FULL]
    return _compared(full, rows[is_fmo], floors)


def read_compared(path: str | Path) -> pd.DataFrame:
    """Read what was written of `fmo_intensities`."""
    texts = dict.fromkeys((*_KEYS, "source", "flags", "calibration", "mesf_flags"), str)
    table = pd.read_csv(path, sep="\t", dtype=texts, keep_default_na=False, na_values=[""])
    return table.assign(flags=table["flags"].fillna(""))


def _keys_of(markers: pd.Series, kind: str) -> pd.Series:
    keys = {marker: tube_key(kind + marker.strip()) for marker in markers.unique()}
    return markers.map(keys)


def _gated_on(
    tubes: pd.DataFrame, templates: Mapping[str, Template], kind: str
) -> set[tuple[str, str, str]]:
    """Return (panel, FMO tube, population) where the population rests on a gate on that marker."""
    found = set()
    of_panel = {
        row["panel"]: templates[row["acquisition"]]
        for row in tubes.to_dict("records")
        if row["acquisition"] in templates
    }
    for panel, template in of_panel.items():
        resting = resting_on(template)
        for row in template.rows:
            users = set().union(*(resting[alias] for alias in row.aliases))
            found |= {(panel, tube_key(kind + dim), user) for dim in row.dims for user in users}
    return found


def _compared(full: pd.DataFrame, fmo: pd.DataFrame, floors: FmoFloors) -> pd.DataFrame:
    """Give each row of a full tube the best FMO that it has; drop rows that have none."""
    enough, some = fmo["n"] >= floors.min_events, fmo["n"] >= floors.lod_events
    near = fmo["batch"] != ""
    nothing = fmo.assign(median=np.nan, low=np.nan, high=np.nan, rsd=np.nan)
    has_own = _looked_up(full, fmo, "sample")["source"].notna()
    # Best first; a draw whose own tube gives way to the batch's is told so.
    candidates = [
        (fmo[enough], "sample", "", ""),
        (fmo[enough & near], "batch", f"{BELOW_FLOOR};{BATCH_MEDIAN}", ""),
        (fmo[some], "sample", BELOW_FLOOR, ""),
        (fmo[some & near], "batch", f"{BELOW_FLOOR};{BATCH_MEDIAN}", BELOW_FLOOR),
        (nothing, "sample", TOO_FEW, ""),
        (nothing[near], "batch", TOO_FEW, TOO_FEW),
    ]
    chosen = pd.DataFrame(np.nan, index=full.index, columns=list(_OF_FMO), dtype=float)
    chosen = chosen.assign(source="", flags="")
    for tubes, place, with_own, without in candidates:
        found = _looked_up(full, tubes, place)
        wanted = (chosen["source"] == "") & found["source"].notna()
        chosen.loc[wanted, [*_OF_FMO, "source"]] = found[wanted]
        chosen.loc[wanted, "flags"] = np.where(has_own[wanted], with_own, without)
    rows = full.drop(columns="flags", errors="ignore").join(chosen)
    return with_ratios(rows[rows["source"] != ""].reset_index(drop=True))[list(COLUMNS)]


def _looked_up(full: pd.DataFrame, fmo: pd.DataFrame, place: str) -> pd.DataFrame:
    """Return what the FMO tubes of a place (``sample`` or ``batch``) say, on the rows of `full`.

    That of one tube, or the median of several: interval and spread are of one tube's events, so
    that of several there is none.
    """
    by = ["panel", place, "fmo", "population"]
    groups = fmo.groupby(by, sort=False)
    found = groups[list(_OF_FULL)].first().add_prefix("fmo_")
    found["source"] = groups["acquisition"].first()
    several = groups.size() > 1
    if several.any():
        middle = groups["median"].median(), groups["n"].min()
        names = groups["acquisition"].agg(lambda names: ";".join(sorted(names)))
        found.loc[several, ["fmo_low", "fmo_high", "fmo_rsd"]] = np.nan
        found["fmo_median"], found["fmo_n"], found["source"] = *middle, names
    return full[by].join(found, on=by)[[*_OF_FMO, "source"]]


def with_ratios(rows: pd.DataFrame) -> pd.DataFrame:
    """Add ratio, difference and stain index of each median and its FMO's.

    Parameters
    ----------
    rows
        ``median``, ``low``, ``high``; ``fmo_median``, ``fmo_low``, ``fmo_high``, ``fmo_rsd``; and
        ``flags``.

    Returns
    -------
    The rows with `RATIOS`. ``mfir`` only where the FMO's median is above zero (flag
    ``fmo_not_positive`` where it is not); ``dmfi`` everywhere, since a difference of some samples
    only could not be compared. Where the FMO's interval reaches zero, the ratio has no interval,
    and is flagged ``fmo_not_above_zero``.

    Notes
    -----
    Intervals combine those of the two medians (MOVER: Zou and Donner, Stat Med 2008;27:1693), for
    the ratio on the log scale. They are the sampling error of the tubes' events, of nothing else.
    ``stain_index`` = (median - fmo_median) / (2 fmo_rsd). Source: reference 1.5; Maecker, Cytometry
    A 2004;62:169.
    """
    full, fmo = (
        rows[[f"{of}median", f"{of}low", f"{of}high"]].to_numpy(float).T for of in ("", "fmo_")
    )
    positive = fmo[0] > 0
    missing = np.isnan(fmo[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(positive, full[0] / fmo[0], np.nan)
        known = positive & (fmo[1] > 0) & (full[1] > 0)
        logs = [np.log(np.where(known, one, np.nan)) for one in (*full, *fmo)]
        index = (full[0] - fmo[0]) / (2 * rows["fmo_rsd"].to_numpy(float))
    low, high = mover(logs[:3], logs[3:])
    bounds = mover(full, fmo)
    flags = rows["flags"] + np.where(~positive & ~missing, f";{NOT_POSITIVE}", "")
    flags = flags + np.where(positive & (fmo[1] <= 0), f";{AT_ZERO}", "")
    return rows.assign(
        mfir=ratio,
        mfir_low=np.exp(low),
        mfir_high=np.exp(high),
        dmfi=full[0] - fmo[0],
        dmfi_low=bounds[0],
        dmfi_high=bounds[1],
        stain_index=np.where(np.isfinite(index), index, np.nan),
        flags=flags.str.strip(";"),
    )


def mover(one, other) -> tuple[np.ndarray, np.ndarray]:
    """Return the interval of a difference, each given as estimate, low and high."""
    difference = one[0] - other[0]
    low = difference - np.hypot(one[0] - one[1], other[2] - other[0])
    high = difference + np.hypot(one[2] - one[0], other[0] - other[1])
    return low, high
