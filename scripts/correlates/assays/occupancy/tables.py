"""Rows of the tables of occupancy: measurements, what they are made of, and samples judged."""

import math

from correlates.assays.occupancy import formulas
from correlates.assays.occupancy.judging import CENSORED, NOT_EVALUABLE, OK, REFERENCE, Occupancy
from correlates.assays.occupancy.readings import Reading
from correlates.assays.occupancy.runs import ASSAY
from correlates.assays.occupancy.words import reasons_of
from correlates.assays.quality import sample_row
from correlates.assays.rows import measurement

DETAILS = (
    *("patient", "visit", "timepoint", "specimen", "study_day", "hours_post_ibr", "target", "cell"),
    *("assay", "run", "unit", "signal_free", "signal_bg", "signal_total", "signal_total_bg"),
    *("net_free", "net_total", "lloq_free", "bg_sd", "n", "purity_pct", "norm_method", "pre_dose"),
    *("occ_pct_raw", "occ_pct_reported", "ceiling_pct", "free_fraction", "status"),
    *("occ_pre_dose", "occ_within", "occ_adjusted", "occ_donors", "probe_specificity", "is_used"),
    "flags",
)

_WORDS = {
    **formulas.WORDS,
    REFERENCE: "the sample before treatment itself, 0 by definition",
    "": "no formula can be used",
}


def measurement_rows(one: Occupancy) -> list[dict]:
    """Return the four features of one occupancy.

    ``occ`` is what is reported (0 to 100 %, or the ceiling), ``occ_raw`` the signed one, ``ff``
    the free fraction and ``log10_ff`` its logarithm, which is what is analysed.
    """
    reading, fraction, ceiling = one.reading, one.fraction, one.ceiling
    low, high = one.fraction_interval or (None, None)
    is_censored = one.status == CENSORED
    floor = None if ceiling is None else 1 - ceiling / 100
    raw = one.raw_pct
    occ_ends = tuple(None if end is None else formulas.occupancy_pct(end) for end in (high, low))
    clamped = tuple(None if end is None else formulas.clamped_pct(end) for end in occ_ends)
    reported = None if raw is None else formulas.clamped_pct(raw)
    of_fraction = {OK: OK, CENSORED: "lt_lloq", NOT_EVALUABLE: NOT_EVALUABLE}[one.status]
    if is_censored:
        reported, fraction = ceiling, floor
        clamped, low, high = (None, None), None, None
    rows = (
        ("occ", "%", reported, *clamped, one.status, ceiling),
        ("occ_raw", "%", raw, *occ_ends, one.status, ceiling),
        ("ff", "1", fraction, low, high, of_fraction, floor),
        ("log10_ff", "1", *map(_log10, (fraction, low, high)), of_fraction, _log10(floor)),
    )
    return [
        measurement(
            draw_of(reading),
            ASSAY,
            f"{reading.target}__{statistic}__{reading.cell}",
            value,
            unit,
            run=reading.run,
            ci_low=ci_low,
            ci_high=ci_high,
            n=reading.n,
            status=status,
            limit=limit,
            method=_method(one),
            flags=one.flags,
        )
        for statistic, unit, value, ci_low, ci_high, status, limit in rows
    ]


def norm_method(method: str) -> str:
    """Return the formula that a measurement's method names, such as ``adjusted``."""
    return method.partition(":")[0]


def draw_of(reading: Reading) -> dict:
    """Return the draw of a reading as sheets name its columns."""
    return {
        **{name: getattr(reading, name) for name in ("patient", "visit", "timepoint")},
        **{name: getattr(reading, name) for name in ("specimen", "sample", "cell")},
        **{"study_day": reading.day, "hours_post_ibr": reading.hours},
    }


def _method(one: Occupancy) -> str:
    """Return formula, assay and unit; nothing of a single draw, so that equal ones compare."""
    words = _WORDS[one.formula]
    return f"{one.formula or 'none'}: {words}; {one.reading.assay}, {one.reading.unit}"


def _log10(value: float | None) -> float | None:
    return math.log10(value) if value is not None and value > 0 else None


def judged_sample(one: Occupancy) -> dict:
    """Return the row of one reading in the table of samples."""
    reading = one.reading
    item = f"{reading.target.upper()} in {reading.cell}, {reading.assay}"
    reasons = reasons_of(one.flags, one.has_value)
    return sample_row(ASSAY, reading.run, draw_of(reading), reasons, item)


def detail_row(one: Occupancy, is_used: bool) -> dict:
    """Return the row of `DETAILS` of one reading, and whether its value became a measurement."""
    reading, parts = one.reading, one.reading.parts
    raw = one.raw_pct
    is_censored = one.status == CENSORED
    reported = one.ceiling if is_censored else (None if raw is None else formulas.clamped_pct(raw))
    row = draw_of(reading) | {
        **{"target": reading.target, "assay": reading.assay, "run": reading.run},
        **{"unit": reading.unit, "signal_free": parts.get("free"), "signal_bg": parts.get("bg")},
        **{"signal_total": parts.get("total"), "signal_total_bg": parts.get("total_bg")},
        **{"net_free": reading.free and reading.free.value},
        **{"net_total": reading.total and reading.total.value},
        **{"lloq_free": reading.lloq_free, "bg_sd": reading.bg_sd, "n": reading.n},
        **{"purity_pct": reading.purity_pct, "norm_method": one.formula, "pre_dose": one.against},
        **{"occ_pct_raw": raw, "occ_pct_reported": reported, "ceiling_pct": one.ceiling},
        **{"free_fraction": one.fraction, "status": one.status},
        **{f"occ_{name}": (one.by_formula or {}).get(name) for name in formulas.WORDS},
        **{"probe_specificity": reading.specificity, "is_used": "yes" if is_used else "no"},
        "flags": ";".join(one.flags),
    }
    return {name: _written(row.get(name)) for name in DETAILS}


def _written(value: object) -> object:
    return f"{value:.6g}" if isinstance(value, float) else value
