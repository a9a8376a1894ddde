"""Rows of the measurement table that profiles and their samples give."""

from collections.abc import Iterable, Mapping

from correlates.assays.pk.concentrations import ANALYTES, KEYS, PARENTS, molar_mass
from correlates.assays.pk.nca import ALL_BLQ, ORAL, STEADY_STATE, Exposure
from correlates.assays.pk.profiles import SPECIMEN, TIME_NOMINAL, Point, Profile
from correlates.assays.rows import measurement

# Under which timepoint the exposure of a profile stands: it is of the hours after the dose.
PROFILE = "profile"
ASSAY = "pk"
RUN_FAILED, UNREADABLE = "run_failed", "concentration_not_read"
FED, FASTED = "dose_fed", "dose_fasted"
NO_LLOQ = "lloq_not_given"
NO_DOSE = "dose_not_given"
NO_PARENT = "no_profile_of_parent"
UNITS = {
    **{"conc": "ng/mL", "cmax": "ng/mL", "c0": "ng/mL", "tmax": "h", "half_life": "h"},
    **dict.fromkeys(("auc_last", "auc_tau", "auc_inf"), "ng.h/mL"),
    **dict.fromkeys(("cl_f", "cl"), "L/h"),
    **{"cmax_dn": "ng/mL/mg", "auc_tau_dn": "ng.h/mL/mg", "auc_inf_dn": "ng.h/mL/mg"},
    "auc_ratio": "1",
}


def concentration_rows(points: Iterable[Point], failed_runs: Iterable[str] = ()) -> list[dict]:
    """Return one row a sample and analyte: ``ibrutinib__conc``.

    Parameters
    ----------
    points
        Samples of patients.
    failed_runs
        Runs whose concentrations are not evaluable.
    """
    failed, found = set(failed_runs), []
    for point in points:
        row, conc = point.row, point.conc
        status, value, limit, flags = "ok", conc.value, conc.lloq, list(point.flags)
        if not conc.is_quantified:
            status, value = ("lt_lloq", limit) if limit is not None else ("not_evaluable", None)
            flags += [] if limit is not None else [NO_LLOQ]
        if row.get("run") in failed:
            status, value, flags = "not_evaluable", None, [*flags, RUN_FAILED]
        draw = _drawn(row) | {"hours_post_ibr": _hours_post_ibrutinib(row)}
        found.append(
            measurement(
                draw,
                ASSAY,
                f"{KEYS[row['analyte']]}__conc",
                value,
                UNITS["conc"],
                run=row.get("run") or "",
                n=1,
                status=status,
                limit=limit,
                method="lc_ms",
                flags=flags,
            )
        )
    return found


def unread_rows(rows: Iterable[Mapping]) -> list[dict]:
    """Return a row that is not evaluable for each sample whose concentration says nothing."""
    return [
        measurement(
            _drawn(row) | {"hours_post_ibr": _hours_post_ibrutinib(row)},
            ASSAY,
            f"{KEYS[row['analyte']]}__conc",
            None,
            UNITS["conc"],
            run=row.get("run") or "",
            status="not_evaluable",
            method="lc_ms",
            flags=[UNREADABLE],
        )
        for row in rows
    ]


def exposure_rows(analysed: Iterable[tuple[Profile, Exposure]], rule: str) -> list[dict]:
    """Return the measurement rows of profiles: exposure, clearance and the ratio of metabolites."""
    analysed = list(analysed)
    by_key = {_key(profile, profile.analyte): (profile, found) for profile, found in analysed}
    rows = []
    for profile, found in analysed:
        rows += [_row(profile, found, rule, *one) for one in _parameters(profile, found)]
        parent = PARENTS.get(profile.analyte)
        if parent:
            own = found, by_key.get(_key(profile, parent), (None, None))[1]
            rows.append(_ratio_row(profile, *own, rule))
    return rows


def _parameters(profile: Profile, found: Exposure) -> list[tuple[str, float | None, str]]:
    """Return each statistic with its value, and the parameter whose flags and reason it shares."""
    is_steady = profile.kind == STEADY_STATE
    auc_name = "auc_tau" if is_steady else "auc_inf"
    auc = found.auc_tau if is_steady else found.auc_inf
    statistics = [
        ("cmax", found.cmax, "cmax"),
        ("tmax", found.tmax, "tmax"),
        ("auc_last", found.auc_last, "auc_last"),
        (auc_name, auc, auc_name),
        ("half_life", found.half_life, "half_life"),
    ]
    if found.c0 is not None:
        statistics.append(("c0", found.c0, "auc_last"))
    if profile.analyte in PARENTS:
        return statistics
    dose = profile.dose_mg
    # mg over ng h/mL is 10^6 mL/h, hence 1000 L/h
    clearance = 1e3 * dose / auc if dose and auc else None
    return [
        *statistics,
        ("cl_f" if profile.route == ORAL else "cl", clearance, auc_name),
        ("cmax_dn", found.cmax / dose if dose and found.cmax else None, "cmax"),
        (f"{auc_name}_dn", auc / dose if dose and auc else None, auc_name),
    ]


def _row(
    profile: Profile, found: Exposure, rule: str, name: str, value: float | None, shared: str
) -> dict:
    flags = list(found.flags.get(shared, [])) + _flags_of(profile)
    if name in ("cl_f", "cl") or name.endswith("_dn"):
        flags += [] if profile.dose_mg else [NO_DOSE]
    status, limit = "ok" if value is not None else "not_evaluable", None
    if name == "cmax" and value is None and ALL_BLQ in flags:
        limits = [point.conc.lloq for point in profile.points if point.conc.lloq is not None]
        if limits:
            status, value, limit = "lt_lloq", max(limits), max(limits)
    feature = f"{KEYS[profile.analyte]}__{name}"
    return _profile_row(profile, found, rule, feature, value, status, limit, flags)


def _ratio_row(profile: Profile, found: Exposure, parent: Exposure | None, rule: str) -> dict:
    """Return the molar ratio of a metabolite's area to that of its parent."""
    name = "auc_tau" if profile.kind == STEADY_STATE else "auc_last"
    own, other = getattr(found, name), parent and getattr(parent, name)
    ratio = None
    parent_of = PARENTS[profile.analyte]
    if own and other:
        ratio = own / other * molar_mass(parent_of) / molar_mass(profile.analyte)
    flags = list(found.flags.get(name, [])) + ([] if parent else [NO_PARENT])
    flags += parent.flags.get(name, []) if parent else []
    feature = f"{KEYS[profile.analyte]}__auc_ratio__{KEYS[parent_of]}"
    status = "ok" if ratio is not None else "not_evaluable"
    flags += _flags_of(profile)
    return _profile_row(profile, found, rule, feature, ratio, status, None, flags)


def _profile_row(
    profile: Profile,
    found: Exposure,
    rule: str,
    feature: str,
    value: float | None,
    status: str,
    limit: float | None,
    flags: list[str],
) -> dict:
    """Return a row that stands at the timepoint of profiles of the visit of the dose."""
    whose = {"patient": profile.patient, "specimen": profile.specimen, "visit": profile.visit}
    own = (point.row for point in profile.points if point.row["visit"] == profile.visit)
    first = next(own, {})
    return measurement(
        dict(first) | whose | {"timepoint": PROFILE, "hours_post_ibr": None},
        ASSAY,
        feature,
        value,
        UNITS[feature.split("__")[1]],
        run=profile.runs,
        n=found.n_quantified,
        status=status,
        limit=limit,
        method=f"nca_{profile.kind}_{rule}",
        flags=flags,
    )


def _drawn(row: Mapping) -> dict:
    return dict(row) | {"specimen": row.get("specimen") or SPECIMEN}


def _hours_post_ibrutinib(row: Mapping) -> float | None:
    """Return hours since the last ibrutinib dose: recorded, or those of an ibrutinib profile."""
    if row.get("hours_post_ibr") is not None:
        return float(row["hours_post_ibr"])
    actual = row.get("actual_h")
    is_of_ibrutinib = ANALYTES[row["analyte"]][0] != "lenalidomide"
    return float(actual) if is_of_ibrutinib and actual is not None and actual > 0 else None


def _flags_of(profile: Profile) -> list[str]:
    has_nominal = any(TIME_NOMINAL in point.flags for point in profile.points)
    food = {True: [FED], False: [FASTED], None: []}[profile.fed]
    return [*([TIME_NOMINAL] if has_nominal else []), *food]


def _key(profile: Profile, analyte: str) -> tuple:
    return profile.patient, profile.visit, profile.specimen, profile.kind, analyte
