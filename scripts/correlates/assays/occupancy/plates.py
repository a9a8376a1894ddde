"""Readings of the sheets: wells of ELISA and TR-FRET plates, and exports of a cytometer."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean, stdev

from correlates.assays.occupancy.formulas import Signal
from correlates.assays.occupancy.readings import CONCENTRATIONS, FLOW, Reading
from correlates.assays.occupancy.settings import OccupancySettings

SAMPLE, BLANK, CONTROL, DONOR = "sample", "blank", "control", "donor"
# What a concentration is turned into, and by which factor.
UNITS: Mapping[str, tuple[str, float]] = {
    "ng_ml": ("ng_ml", 1.0),
    "pg_ml": ("ng_ml", 1e-3),
    "ug_ml": ("ng_ml", 1e3),
    "ng_mg": ("ng_mg", 1.0),
    "pg_mg": ("ng_mg", 1e-3),
}
_IN_UNIT = (
    *("signal_free", "signal_bg", "signal_total", "signal_total_bg"),
    *("bg_sd", "lloq_free", "lloq_total"),
)
_OF_DRAW = ("patient", "visit", "timepoint", "specimen", "sample", "cell")
_MEASURED = ("signal_free", "signal_total")
_FEWEST_BLANKS = 3


@dataclass(frozen=True)
class Blanks:
    """The blanks of a target on a run.

    Parameters
    ----------
    free, total
        Signals of the single wells.
    """

    free: tuple[float, ...] = ()
    total: tuple[float, ...] = ()

    @property
    def sd(self) -> float | None:
        """Standard deviation of the free signal; None of fewer than three wells."""
        return stdev(self.free) if len(self.free) >= _FEWEST_BLANKS else None


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
    rows = [_in_one_unit(row) for row in rows]
    plates = Plates()
    plates.blanks = _blanks_of(rows)
    groups: dict[tuple, list[dict]] = {}
    for row in rows:
        if row["role"] != BLANK:
            groups.setdefault(_group(row), []).append(row)
    plates.replicate_cv = _pooled_cv(groups.values(), settings.max_replicate_cv_pct)
    for wells in groups.values():
        one = _reading(wells, plates, settings)
        role = wells[0]["role"]
        kinds = {SAMPLE: plates.readings, DONOR: plates.donors, CONTROL: plates.controls}
        kinds[role].append(one)
    plates.wells = [_well(row, plates.blanks) for row in rows]
    return plates


def run_of(row: Mapping) -> tuple[str, str, str]:
    """Return what blanks, controls and donors share with a well: run, target and assay."""
    return row["run"] or "", row["target"], row["assay"]


def _in_one_unit(row: Mapping) -> dict:
    unit, factor = UNITS.get(row["unit"], (row["unit"], 1.0))
    scaled = {name: row[name] * factor for name in _IN_UNIT if row.get(name) is not None}
    return {**row, **scaled, "unit": unit, "role": row.get("role") or SAMPLE}


def _blanks_of(rows: Iterable[Mapping]) -> dict[tuple, Blanks]:
    found: dict[tuple, dict[str, list[float]]] = {}
    for row in rows:
        if row["role"] == BLANK:
            of = found.setdefault(run_of(row), {"free": [], "total": []})
            for name, values in of.items():
                if row.get(f"signal_{name}") is not None:
                    values.append(row[f"signal_{name}"])
    return {place: Blanks(tuple(of["free"]), tuple(of["total"])) for place, of in found.items()}


def _group(row: Mapping) -> tuple:
    """Return what replicate wells share."""
    whose = (row.get("name") or row.get("sample"),)
    if row["role"] == SAMPLE:
        whose = tuple(row.get(name) for name in _OF_DRAW if name != "sample")
    return row["role"], *run_of(row), row["unit"], row.get("cell"), *whose


def _pooled_cv(groups: Iterable[Sequence[Mapping]], most_pct: float) -> dict[tuple, float]:
    """Return the root mean square of the replicates' coefficients of variation, by run.

    What is beyond the limit is a fault of those wells, which they are flagged for, and says
    nothing of the others.
    """
    squares: dict[tuple, list[tuple[float, int]]] = {}
    for wells in groups:
        for name in _MEASURED:
            cv = replicate_cv([well.get(name) for well in wells])
            if cv is not None and 100 * cv <= most_pct:
                squares.setdefault(run_of(wells[0]), []).append((cv**2, len(wells) - 1))
    return {
        place: math.sqrt(sum(cv * freedom for cv, freedom in of) / sum(f for _, f in of))
        for place, of in squares.items()
    }


def replicate_cv(values: Iterable[float | None]) -> float | None:
    """Return the coefficient of variation of replicate signals; None of one, or about zero."""
    known = [value for value in values if value is not None]
    if len(known) < 2 or fmean(known) <= 0:
        return None
    return stdev(known) / fmean(known)


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
    cvs = [replicate_cv([well.get(name) for well in wells]) for name in _MEASURED]
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
    return well.get("well") or f"row {well.get('row')} of {well.get('sheet')}"


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
