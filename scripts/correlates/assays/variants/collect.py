"""All of the variants sheet: fractions, shares of the clone, verdicts, and what gives none."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from correlates.assays.left_out import row_left_out
from correlates.assays.quality import (
    FAIL,
    FLAG,
    Reason,
    control_row,
    run_row,
    sample_row,
    verdict_of,
)
from correlates.assays.results import AssayResults
from correlates.assays.variants.findings import (
    CONTRADICTS,
    LOW_DEPTH,
    NEGATIVE,
    NO_LOD,
    OK,
    POSITIVE,
    Finding,
    VariantSettings,
    find_variants,
    is_of_patient,
)
from correlates.assays.variants.fractions import depth_needed
from correlates.assays.variants.measure import ASSAY, RUN_FAILED, share_of, variant_rows

FINDING_COLUMNS = (
    *("patient", "visit", "timepoint", "specimen", "gene", "change", "status", "alt", "depth"),
    *("vaf_pct", "vaf_low_pct", "vaf_high_pct", "lod_pct", "reads_for_1_pct", "purity_pct"),
    *("ccf_pct", "ccf_low_pct", "ccf_high_pct", "assay", "run", "flags"),
)
_ONE_PERCENT = 0.01


@dataclass
class VariantResults(AssayResults):
    """What comes of the sheets, with rows of `FINDING_COLUMNS` and what was found."""

    findings: list[dict] = field(default_factory=list)
    found: list[Finding] = field(default_factory=list)


def measure_variants(
    rows: Iterable[Mapping], sexes: Mapping[str, str], settings: VariantSettings
) -> VariantResults:
    """Measure the variants of all samples.

    Parameters
    ----------
    rows
        Good rows of the sheets.
    sexes
        ``M`` or ``F`` by patient, as far as known.
    settings
        Of the config.
    """
    rows, results = list(rows), VariantResults()
    own = [row for row in rows if is_of_patient(row)]
    controls, unread = find_variants([row for row in rows if not is_of_patient(row)], settings)
    findings, refused = find_variants(own, settings)
    failed = _judge_runs(results, rows, controls, settings)
    findings, superseded = _one_a_variant(findings, failed)
    results.found = findings
    results.measurements = variant_rows(findings, sexes, settings, failed)
    results.left_out = [_left_out(one) for one in (*refused, *unread, *superseded)]
    results.samples = _samples(findings, failed, settings)
    results.controls = _control_rows(controls, settings)
    results.findings = [_written(one, sexes, settings) for one in findings]
    results.order = _order(own, settings)
    return results


def _one_a_variant(
    findings: list[Finding], failed: Iterable[str]
) -> tuple[list[Finding], list[dict]]:
    """Keep one finding of a variant in a draw: of a run that passed, the lowest limit."""
    groups: dict[tuple, list[Finding]] = {}
    for one in findings:
        names = ("patient", "visit", "timepoint", "specimen")
        key = (*(one.row.get(name) for name in names), one.gene, one.change)
        groups.setdefault(key, []).append(one)
    kept, superseded = [], []
    for own in groups.values():
        best = min(
            own, key=lambda one: (one.row.get("run") in failed, one.lod is None, one.lod or 0.0)
        )
        kept.append(best)
        others = [one for one in own if one is not best]
        reason = (
            f"{best.gene} {best.change} was also determined in a run that passed, with the lower "
            f"limit of detection ({best.row.get('assay') or 'ngs'}); that is used"
        )
        superseded += [{"row": one.row, "reason": reason} for one in others]
    return kept, superseded


def _judge_runs(
    results: VariantResults,
    rows: list[Mapping],
    controls: list[Finding],
    settings: VariantSettings,
) -> set[str]:
    failed = set()
    for run in dict.fromkeys(row.get("run") or "" for row in rows):
        of_run = [one for one in controls if (one.row.get("run") or "") == run]
        reasons = [reason for one in of_run for reason in _of_control(one, settings)]
        if not of_run:
            words = "No control sample: contamination and accuracy are not known."
            reasons = [Reason(FLAG, words)]
        if run and verdict_of(reasons)[0] == FAIL:
            failed.add(run)
        n = sum(is_of_patient(row) and (row.get("run") or "") == run for row in rows)
        results.runs.append(run_row(ASSAY, run, reasons, n, f"{len(of_run)} controls"))
    return failed


def _of_control(one: Finding, settings: VariantSettings) -> list[Reason]:
    name, role = f"{one.gene} {one.change}", one.row.get("role")
    if role == NEGATIVE and one.status == OK:
        seen = f"{100 * one.vaf:.2g} % of {name}"
        return [Reason(FAIL, f"The negative control holds {seen}: contamination.")]
    expected = one.row.get("expected_vaf")
    if role != POSITIVE or expected is None:
        return []
    if one.status != OK:
        return [Reason(FAIL, f"The positive control's {name} was not detected.")]
    away = abs(one.vaf / expected - 1)
    holds = one.low is not None and one.low <= expected <= one.high
    if away > settings.max_control_deviation and not holds:
        words = (
            f"The positive control's {name} is {100 * one.vaf:.2g} %, expected "
            f"{100 * expected:.2g} %, further than {100 * settings.max_control_deviation:g} % off."
        )
        return [Reason(FAIL, words)]
    return []


def _samples(
    findings: list[Finding], failed: Iterable[str], settings: VariantSettings
) -> list[dict]:
    """Return a verdict on each row of the sheets that gave a finding."""
    rows, seen = [], set()
    for one in findings:
        if id(one.row) in seen:
            continue
        seen.add(id(one.row))
        reasons = []
        if LOW_DEPTH in one.flags:
            limit = f": not detected means below {100 * one.lod:.2g} %" if one.lod else ""
            words = f"{one.row['depth']} reads, fewer than {settings.min_depth}{limit}."
            reasons.append(Reason(FLAG, words))
        if CONTRADICTS in one.flags:
            reasons.append(Reason(FAIL, "The row contradicts itself; see what was left out."))
        if NO_LOD in one.flags:
            words = "Neither depth nor limit of detection is given: not detected says nothing."
            reasons.append(Reason(FAIL, words))
        run = one.row.get("run") or ""
        if run in failed:
            reasons.append(Reason(FAIL, f"Its run {run} failed ({RUN_FAILED})."))
        item = f"{one.gene} {one.row.get('hgvs_p') or 'all'}"
        rows.append(sample_row(ASSAY, run, one.row, reasons, item))
    return rows


def _control_rows(controls: list[Finding], settings: VariantSettings) -> list[dict]:
    """Return what each positive control varies by between runs."""
    groups: dict[tuple, dict[str, list[float]]] = {}
    for one in controls:
        if one.row.get("role") == POSITIVE and one.vaf is not None:
            key = f"{one.gene} {one.change}", one.row.get("control") or "positive"
            groups.setdefault(key, {}).setdefault(one.row.get("run") or "", []).append(one.vaf)
    return [
        control_row(
            ASSAY,
            analyte,
            control,
            [100 * sum(values) / len(values) for values in runs.values()],
            settings.max_cv_pct,
        )
        for (analyte, control), runs in groups.items()
    ]


def _left_out(one: Mapping) -> dict:
    row = one["row"]
    what = "variant" if is_of_patient(row) else "control"
    item = f"{row.get('gene')} {row.get('hgvs_p') or 'none'}"
    return row_left_out(what, item, one["reason"], row)


def _written(one: Finding, sexes: Mapping[str, str], settings: VariantSettings) -> dict:
    share = share_of(one, sexes, settings)
    row = one.row
    numbers = {
        **{"vaf_pct": one.vaf, "vaf_low_pct": one.low, "vaf_high_pct": one.high},
        **{"lod_pct": one.lod, "ccf_pct": share.value, "ccf_low_pct": share.low},
        "ccf_high_pct": share.high,
    }
    names = ("patient", "visit", "timepoint", "specimen", "alt", "depth", "purity_pct", "run")
    reads = depth_needed(_ONE_PERCENT, settings.min_alt_reads, settings.detection_probability)
    return {
        **{name: row.get(name) for name in names},
        **{name: None if v is None else f"{100 * v:.5g}" for name, v in numbers.items()},
        **{"gene": one.gene, "change": one.change, "status": one.status},
        **{"reads_for_1_pct": reads, "assay": row.get("assay") or "ngs"},
        "flags": ";".join(dict.fromkeys([*one.flags, *share.flags])),
    }


def _order(rows: list[Mapping], settings: VariantSettings) -> list[dict]:
    """Return the depth of each sample in the order of the runs."""
    return [
        {
            "run": row.get("run") or "",
            "analyte": f"{row['gene']}, {row.get('assay') or 'ngs'}",
            "value": row.get("depth"),
            "verdict": "pass" if row["depth"] >= settings.min_depth else "flag",
            "low": settings.min_depth,
        }
        for row in sorted(rows, key=lambda row: row.get("run") or "")
        if row.get("depth") is not None
    ]
