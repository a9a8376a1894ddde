"""Readings of the sheets: wells of ELISA and TR-FRET plates, and exports of a cytometer."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean

from correlates.assays.left_out import place_of
from correlates.assays.occupancy.formulas import Signal
from correlates.assays.occupancy.readings import CONCENTRATIONS, FLOW, Reading
from correlates.assays.occupancy.settings import OccupancySettings
from correlates.assays.occupancy.wells import (
    BLANK,
    CONTROL,
    DONOR,
    MEASURED,
    SAMPLE,
    Blanks,
    blanks_of,
    in_one_unit,
    pooled_cv,
    replicate_cv,
    run_of,
)

_OF_DRAW = ("patient", "visit", "timepoint", "specimen", "sample", "cell")


@dataclass
class Plates:
    """What the wells of all runs say.

    Parameters
    ----------
    readings, donors, controls
        Of patients, untreated donors, and controls, whose name is the sample.
    blanks
        By run, target and assay.
    replicate_cv
        By run, target and assay: the pooled coefficient of variation of replicate wells.
    wells
        Every well, for the layout: ``run``, ``well``, ``kind``, ``target``, ``assay``, ``value``
        (log10 of the net free signal; None where that is not above 0).
    """

    readings: list[Reading] = field(default_factory=list)
    donors: list[Reading] = field(default_factory=list)
    controls: list[Reading] = field(default_factory=list)
    blanks: dict[tuple, Blanks] = field(default_factory=dict)
    replicate_cv: dict[tuple, float] = field(default_factory=dict)
    wells: list[dict] = field(default_factory=list)


def read_plates(rows: Iterable[Mapping], settings: OccupancySettings) -> Plates:
    """Turn the rows of the sheets into readings.

    Parameters
    ----------
    rows
        Good rows of the sheet ``occupancy``, every column a key.
    settings
        The config's.

    Notes
    -----
    Replicate wells are averaged. Their error is the pooled coefficient of variation of the run's
    replicates, or their own where that is larger, so that a pair that happens to agree is not
    taken for an exact one.
    """
    rows = [in_one_unit(row) for row in rows]
    plates = Plates()
    plates.blanks = blanks_of(rows)
    groups: dict[tuple, list[dict]] = {}
    for row in rows:
        if row["role"] != BLANK:
            groups.setdefault(_group(row), []).append(row)
    plates.replicate_cv = pooled_cv(groups.values(), settings.max_replicate_cv_pct)
    for wells in groups.values():
        one = _reading(wells, plates, settings)
        role = wells[0]["role"]
        kinds = {SAMPLE: plates.readings, DONOR: plates.donors, CONTROL: plates.controls}
        kinds[role].append(one)
    plates.wells = [_well(row, plates.blanks) for row in rows]
    return plates


def _group(row: Mapping) -> tuple:
    """Return what replicate wells share."""
    whose = (row.get("name") or row.get("sample"),)
    if row["role"] == SAMPLE:
        whose = tuple(row.get(name) for name in _OF_DRAW if name != "sample")
    return row["role"], *run_of(row), row["unit"], row.get("cell"), *whose


def _reading(wells: Sequence[Mapping], plates: Plates, settings: OccupancySettings) -> Reading:
    first, place = wells[0], run_of(wells[0])
    blanks = plates.blanks.get(place, Blanks())
    pooled = plates.replicate_cv.get(place, 0.0)
    is_calibrated = first["unit"] in CONCENTRATIONS
    free_bg = _background(wells, "signal_bg", blanks.free, is_calibrated)
    total_bg = _background(wells, "signal_total_bg", blanks.total, is_calibrated)
    free, total = (_mean(wells, name, pooled) for name in ("signal_free", "signal_total"))
    bg_sd = _first(wells, "bg_sd")
    bg_sd = blanks.sd if bg_sd is None else bg_sd
    lloq, flags = _first(wells, "lloq_free"), []
    if lloq is None and bg_sd:
        lloq, flags = settings.lloq_sd * bg_sd, ["lloq_of_background"]
    cvs = [replicate_cv([well.get(name) for well in wells]) for name in MEASURED]
    if any(cv is not None and 100 * cv > settings.max_replicate_cv_pct for cv in cvs):
        flags.append("replicates_differ")
    is_flow, n_events = first["assay"] == FLOW, _first(wells, "n_events", min)
    one = Reading(
        **{name: first.get(name) or "" for name in ("patient", "visit", "specimen")},
        timepoint=first.get("timepoint") or "pre",
        sample=first.get("sample") or first.get("name") or "",
        day=first.get("study_day"),
        hours=first.get("hours_post_ibr"),
        target=first["target"],
        cell=first.get("cell") or "",
        assay=first["assay"],
        run=place[0],
        unit=first["unit"],
        free=_net(free, free_bg),
        total=_net(total, total_bg),
        lloq_free=lloq,
        lloq_total=_first(wells, "lloq_total"),
        bg_sd=bg_sd,
        n=n_events if is_flow else sum(well.get("signal_free") is not None for well in wells),
        shares_calibrator=bool(first.get("shared_calibrator")),
        purity_pct=_first(wells, "purity_pct", min),
        missed_dose=any(bool(well.get("missed_dose_72h")) for well in wells),
        mutant_vaf=_first(wells, "btk_mut_vaf", max),
        specificity=first.get("probe_specificity") or "unknown",
        parts={
            **{"free": free and free.value, "bg": free_bg, "total": total and total.value},
            **{"total_bg": total_bg, "tubes": ";".join(_place_of(well) for well in wells)},
        },
    )
    faults = _faults(one, free_bg, settings)
    return replace(one, faults=tuple(faults), flags=tuple(flags))


def _faults(one: Reading, free_bg: float | None, settings: OccupancySettings) -> list[str]:
    faults = []
    if one.parts["free"] is None:
        faults.append("no_free_signal")
    elif free_bg is None:
        faults.append("no_background")
    if one.assay == FLOW:
        if one.n is None:
            faults.append("target_cells_unknown")
        elif one.n < settings.min_target_events:
            faults.append("few_target_cells")
    elif one.target == "itk":
        # Of a lysate nothing tells the cells apart any more.
        if one.purity_pct is None:
            faults.append("purity_unknown")
        elif one.purity_pct < settings.min_purity_pct:
            faults.append("purity_below_limit")
    return faults


def _background(
    wells: Sequence[Mapping], name: str, blanks: Sequence[float], is_calibrated: bool
) -> float | None:
    """Return the background of a signal; None where nobody measured one."""
    own = [well[name] for well in wells if well.get(name) is not None]
    if own:
        return fmean(own)
    if is_calibrated:
        # The calibration curve has taken the blank away.
        return 0.0
    return fmean(blanks) if blanks else None


def _mean(wells: Sequence[Mapping], name: str, pooled_cv: float) -> Signal | None:
    values = [well[name] for well in wells if well.get(name) is not None]
    if not values:
        return None
    mean = fmean(values)
    cv = max(pooled_cv, replicate_cv(values) or 0.0)
    return Signal(mean, abs(mean) * cv / math.sqrt(len(values)))


def _net(signal: Signal | None, background: float | None) -> Signal | None:
    if signal is None or background is None:
        return None
    return Signal(signal.value - background, signal.se)


def _first(wells: Sequence[Mapping], name: str, choose=None) -> float | None:
    known = [well[name] for well in wells if well.get(name) is not None]
    if not known:
        return None
    return choose(known) if choose else known[0]


def _place_of(well: Mapping) -> str:
    return well.get("well") or place_of(well)


def _well(row: Mapping, blanks: Mapping[tuple, Blanks]) -> dict:
    own = blanks.get(run_of(row), Blanks())
    background = _background([row], "signal_bg", own.free, row["unit"] in CONCENTRATIONS)
    signal = row.get("signal_free")
    if row["role"] == BLANK:
        background = 0.0
    is_known = signal is not None and background is not None and signal > background
    return {
        **{"run": row["run"] or "", "well": row.get("well") or "", "kind": row["role"]},
        **{"target": row["target"], "assay": row["assay"], "unit": row["unit"]},
        "value": math.log10(signal - background) if is_known else None,
    }
