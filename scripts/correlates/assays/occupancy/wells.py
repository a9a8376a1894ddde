"""Wells of plates: their units, the blanks of a run, and how far replicates scatter."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

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
MEASURED = ("signal_free", "signal_total")
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


def run_of(row: Mapping) -> tuple[str, str, str]:
    """Return what blanks, controls and donors share with a well: run, target and assay."""
    return row["run"] or "", row["target"], row["assay"]


def in_one_unit(row: Mapping) -> dict:
    """Return a row with its signals in the unit that its own is turned into."""
    unit, factor = UNITS.get(row["unit"], (row["unit"], 1.0))
    scaled = {name: row[name] * factor for name in _IN_UNIT if row.get(name) is not None}
    return {**row, **scaled, "unit": unit, "role": row.get("role") or SAMPLE}


def blanks_of(rows: Iterable[Mapping]) -> dict[tuple, Blanks]:
    """Return the blanks of each run, target and assay."""
    found: dict[tuple, dict[str, list[float]]] = {}
    for row in rows:
        if row["role"] == BLANK:
            of = found.setdefault(run_of(row), {"free": [], "total": []})
            for name, values in of.items():
                if row.get(f"signal_{name}") is not None:
                    values.append(row[f"signal_{name}"])
    return {place: Blanks(tuple(of["free"]), tuple(of["total"])) for place, of in found.items()}


def pooled_cv(groups: Iterable[Sequence[Mapping]], most_pct: float) -> dict[tuple, float]:
    """Return the root mean square of the replicates' coefficients of variation, by run.

    What is beyond the limit is a fault of those wells, which they are flagged for, and says
    nothing of the others.
    """
    squares: dict[tuple, list[tuple[float, int]]] = {}
    for wells in groups:
        for name in MEASURED:
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
