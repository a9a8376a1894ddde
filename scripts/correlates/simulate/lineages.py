"""A simulated cohort as a measurement table, without any event: lineage shares and the clone.

Patients, cells and visits are those of the simulated trial. Added is what its files lack and blood
has: shares that differ from draw to draw, drugs that shift lineages in everybody and in each
patient by as much again, markers of the clone that drugs change, and gains that differ by batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from correlates.simulate.counts import VISITS
from correlates.simulate.populations import LABELS, LEUKOCYTES, POPULATIONS
from correlates.simulate.trial import NO_EFFECTS, Effects, Patient, draw_patients

_EVENTS = 40_000
_BATCH_DAYS = 90
_LLOQ, _LOD = 50, 20
_SHARES = (
    *((subset, "t") for subset in ("t_cd4", "t_cd8", "nkt_like")),
    *((f"t_cd4_{one}", "t_cd4") for one in ("naive", "cm", "em", "temra")),
    *((f"t_cd8_{one}", "t_cd8") for one in ("naive", "cm", "em", "temra")),
    *((subset, "nk") for subset in ("nk_bright", "nk_dim", "nk_cd57")),
)
# Natural logarithms: what patients, batches and visits add to a marker of the clone.
_CLONE_MARKERS = ("cd5", "cd19", "cd45", "cd45ra", "ccr7", "cd20", "cd38")
_CLONE_SD, _GAIN_SD, _DRUG_ON_CLONE_SD = 0.25, 0.12, 0.15
_DRUG_ON_LINEAGE_SD = 0.25


@dataclass(frozen=True)
class Variation:
    """How much a person's blood differs from draw to draw, as natural logarithms of cell counts.

    Parameters
    ----------
    within
        Standard deviation of a label's count between draws of one patient, beyond counting.
    drift
        The same of what the drugs do to a label in this patient by the last visit.
    tail
        Degrees of freedom of both; few make some draws very unusual.
    """

    within: float = 0.15
    drift: float = 0.15
    tail: float = np.inf


@dataclass(frozen=True)
class _Draw:
    patient: Patient
    visit: str
    batch: str


def draw_lineage_rows(
    n_patients: int,
    rng: np.random.Generator,
    variation: Variation | None = None,
    effects: Effects = NO_EFFECTS,
    swaps: int = 0,
    visits: Sequence[str] = tuple(VISITS),
) -> tuple[list[dict], list[tuple[tuple[str, str], tuple[str, str]]]]:
    """Draw the flow measurements of a cohort.

    Parameters
    ----------
    n_patients
        How many patients.
    rng
        Source of randomness.
    variation
        Between draws of one patient.
    effects
        Planted effects of endpoints on counts.
    swaps
        How many pairs of tubes of one visit are exchanged.
    visits
        Which visits are drawn.

    Returns
    -------
    Rows of a measurement table, and the exchanged draws as pairs of (patient, visit).
    """
    variation = variation or Variation()
    draws = [
        _Draw(patient, visit, f"run{(patient.enrolled_day + VISITS[visit][0]) // _BATCH_DAYS + 1}")
        for patient in draw_patients(n_patients, effects, rng)
        for visit in visits
        if visit in patient.visits
    ]
    bodies = _draw_bodies(draws, variation, rng)
    contents, swapped = _exchange(draws, swaps, rng)
    gains = {
        batch: rng.normal(0, _GAIN_SD, len(_CLONE_MARKERS))
        for batch in dict.fromkeys(draw.batch for draw in draws)
    }
    rows = []
    for place, draw in enumerate(draws):
        shares, phenotype = bodies[contents[place]]
        # A tube's cells were stained and acquired under its own day's gains, whatever its label.
        seen = phenotype + gains[draws[contents[place]].batch]
        rows += _rows(draw, shares, seen, rng)
    return rows, swapped


def _draw_bodies(draws: list[_Draw], variation: Variation, rng: np.random.Generator) -> list:
    """Return the expected label shares and the clone's markers of the blood of each draw."""
    size = len(LEUKOCYTES)
    visits = dict.fromkeys(draw.visit for draw in draws)
    on_lineages = {visit: rng.normal(0, _DRUG_ON_LINEAGE_SD, size) for visit in visits}
    on_clone = {visit: rng.normal(0, _DRUG_ON_CLONE_SD, len(_CLONE_MARKERS)) for visit in visits}
    drifts = {draw.patient.key: _deviates(variation, size, rng) for draw in draws}
    clones = {draw.patient.key: rng.normal(0, _CLONE_SD, len(_CLONE_MARKERS)) for draw in draws}
    last = max(VISITS[visit][0] for visit in visits)
    bodies = []
    for draw in draws:
        counts = draw.patient.counts_per_ul(draw.visit, rng)
        logs = np.log([counts[label] for label in LEUKOCYTES])
        passed = (VISITS[draw.visit][0] - 1) / max(last - 1, 1)
        logs = logs + on_lineages[draw.visit] * (draw.visit != "C0D1")
        logs += variation.drift * passed * drifts[draw.patient.key]
        logs += variation.within * _deviates(variation, size, rng)
        cells = np.exp(logs)
        phenotype = clones[draw.patient.key] + on_clone[draw.visit]
        phenotype = phenotype + variation.within / 2 * _deviates(variation, len(phenotype), rng)
        bodies.append((cells / cells.sum(), phenotype))
    return bodies


def _deviates(variation: Variation, size: int, rng: np.random.Generator) -> np.ndarray:
    """Draw deviates of variance 1, with the tails that are asked for."""
    if not np.isfinite(variation.tail):
        return rng.standard_normal(size)
    # One factor for all labels of a draw: it is the tube that is unusual.
    stretch = np.sqrt((variation.tail - 2) / rng.chisquare(variation.tail))
    return rng.standard_normal(size) * stretch


def _exchange(draws: list[_Draw], swaps: int, rng: np.random.Generator):
    """Return whose blood each tube holds, and which tubes are exchanged."""
    contents, swapped = list(range(len(draws))), []
    for _ in range(swaps):
        free = [place for place, held in enumerate(contents) if place == held]
        visit = draws[int(rng.choice(free))].visit
        free = [place for place in free if draws[place].visit == visit]
        one, other = (int(place) for place in rng.choice(free, 2, replace=False))
        contents[one], contents[other] = other, one
        pair = ((draws[place].patient.key, visit) for place in (one, other))
        swapped.append(tuple(pair))
    return contents, swapped


def _rows(draw: _Draw, shares: np.ndarray, markers: np.ndarray, rng: np.random.Generator):
    """Return the measurements of one tube, counted on as many events as a file has."""
    counted = dict(zip(LEUKOCYTES, rng.multinomial(_EVENTS, shares), strict=True))
    sizes = {
        name: sum(int(counted.get(label, 0)) for label in labels)
        for name, labels in POPULATIONS.items()
        if set(labels) <= set(LABELS)
    }
    rows = []
    for name, parent in _SHARES:
        n, total = sizes[name], sizes[parent]
        value = 100 * n / total if total else None
        status = "ok" if n >= _LLOQ else "lt_lloq" if n >= _LOD else "nd"
        status = status if total else "not_evaluable"
        rows.append(_row(draw, f"{name}__pct__{parent}", value, "%", n, status))
    for marker, level in zip(_CLONE_MARKERS, markers, strict=True):
        value = 5000 * float(np.exp(level))
        rows.append(_row(draw, f"cll__mfi__{marker}", value, "1", sizes["cll"], "ok"))
    return rows


def _row(draw: _Draw, feature: str, value, unit: str, n: int, status: str) -> dict:
    visit = draw.visit
    phase = "SCREENING" if visit == "C0D1" else "COMBO" if visit > "C1D1" else "IBR_RUNIN"
    return {
        **{"patient": draw.patient.key, "visit": visit, "timepoint": "pre"},
        **{"specimen": "fresh_wb", "sample": f"{draw.patient.key}_{visit}"},
        **{"day": float(draw.patient.study_day(visit)), "hours_post_dose": None},
        **{"phase": phase, "run": draw.batch, "assay": "flow", "feature": feature},
        **{"value": value, "unit": unit, "ci_low": None, "ci_high": None, "n": n},
        **{"status": status, "limit": None if status == "ok" else 0.0, "method": "simulated"},
        "flags": [],
    }
