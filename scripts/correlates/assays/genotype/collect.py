"""All of the genotype sheet: calls, call rates, equilibrium, verdicts, and what gives none."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from correlates.assays.genotype.calls import (
    CONTROL,
    NO_CALL,
    Call,
    Locus,
    NotDeclared,
    read_call,
    read_calls,
)
from correlates.assays.genotype.hardy_weinberg import exact_hwe
from correlates.assays.left_out import row_left_out
from correlates.assays.quality import (
    CONTROL_COLUMNS,
    FAIL,
    FLAG,
    PASS,
    Reason,
    run_row,
    sample_row,
    verdict_of,
)
from correlates.assays.results import AssayResults
from correlates.assays.rows import measurement

ASSAY = "genotype"
# A germline genotype is the same at each visit; where none is given, it stands at screening.
VISIT = "SCR"
LOW_RATE, RUN_FAILED = "call_rate_below_limit", "run_failed"
CALL_COLUMNS = ("patient", "rsid", "gene", "copies", "genotype", "ancestry", "run", "flags")
LOCUS_COLUMNS = (
    *("rsid", "gene", "name", "other", "effect", "ancestry", "n", "n_called", "call_rate"),
    *("n_0", "n_1", "n_2", "effect_frequency", "hwe_p"),
)
ALL = "all"


@dataclass
class GenotypeResults(AssayResults):
    """What comes of the sheets, with rows of calls and of loci."""

    calls: list[dict] = field(default_factory=list)
    loci: list[dict] = field(default_factory=list)


def measure_genotypes(
    rows: Iterable[Mapping], loci: Mapping[str, Locus], min_call_rate: float
) -> GenotypeResults:
    """Call every patient at every declared variant.

    Parameters
    ----------
    rows
        Good rows of the sheets.
    loci
        Declared variants.
    min_call_rate
        Share of patients called below which a variant is flagged, and a run as well.
    """
    rows, found = list(rows), GenotypeResults()
    own = [row for row in rows if row.get("role") != CONTROL]
    controls, unread = _controls([row for row in rows if row.get("role") == CONTROL], loci)
    failed = _judge_runs(found, rows, read_calls(own, loci)[0], controls, min_call_rate)
    # what was repeated on a run that passed takes the place of a failed run's
    passed, refused = read_calls([row for row in own if row.get("run") not in failed], loci)
    known = {(one.row.get("patient"), one.locus.rsid) for one in passed}
    lost, unread_too = read_calls([row for row in own if row.get("run") in failed], loci)
    refused += unread_too
    calls = passed + [
        Call(one.row, one.locus, None, (RUN_FAILED,))
        for one in lost
        if (one.row.get("patient"), one.locus.rsid) not in known
    ]
    found.loci = _loci(calls)
    low = {one["rsid"] for one in found.loci if one["ancestry"] == ALL}
    low = {rsid for rsid in low if _rate(calls, rsid) < min_call_rate}
    found.measurements = [_row(one, low) for one in calls]
    found.left_out = [_left_out(one) for one in (*refused, *unread)]
    found.samples = [_sample(one, low, min_call_rate) for one in calls]
    found.controls = _control_rows(controls)
    found.calls = [_written(one) for one in calls]
    found.order = _order(calls, min_call_rate)
    return found


def _controls(
    rows: Iterable[Mapping], loci: Mapping[str, Locus]
) -> tuple[list[tuple[Call, int | None]], list[dict]]:
    """Return each control with the copies that it was expected to have."""
    controls, refused = [], []
    for row in rows:
        try:
            expected = read_call(row, loci, "expected").copies
            controls.append((read_call(row, loci), expected))
        except NotDeclared as error:
            refused.append({"row": row, "reason": str(error)})
    return controls, refused


def _judge_runs(
    found: GenotypeResults,
    rows: list[Mapping],
    calls: list[Call],
    controls: list[tuple[Call, int | None]],
    min_call_rate: float,
) -> set[str]:
    failed = set()
    for run in dict.fromkeys(row.get("run") or "" for row in rows):
        own = [one for one in calls if (one.row.get("run") or "") == run]
        reasons = []
        of_run = [
            (call, expected)
            for call, expected in controls
            if (call.row.get("run") or "") == run and expected is not None
        ]
        for call, expected in of_run:
            if call.copies is not None and call.copies != expected:
                was, should = call.locus.words(call.copies), call.locus.words(expected)
                words = f"A control was called {was} at {call.locus.rsid} and is {should}."
                reasons.append(Reason(FAIL, words))
        if not of_run:
            reasons.append(Reason(FLAG, "No control of a known genotype."))
        called = sum(one.copies is not None for one in own)
        if own and called / len(own) < min_call_rate:
            words = f"{called} of {len(own)} calls, fewer than {100 * min_call_rate:g} %."
            reasons.append(Reason(FLAG, words))
        if run and verdict_of(reasons)[0] == FAIL:
            failed.add(run)
        details = f"{called} of {len(own)} called; {len(of_run)} controls"
        found.runs.append(run_row(ASSAY, run, reasons, len(own), details))
    return failed


def _rate(calls: Iterable[Call], rsid: str) -> float:
    own = [one for one in calls if one.locus.rsid == rsid]
    return sum(one.copies is not None for one in own) / len(own)


def _loci(calls: list[Call]) -> list[dict]:
    """Return call rate, counts and equilibrium of each variant: of all patients, and by ancestry.

    Patients of several ancestries together deviate from equilibrium for that reason alone.
    """
    rows = []
    for locus in dict.fromkeys(one.locus for one in calls):
        own = [one for one in calls if one.locus == locus]
        ancestries = sorted({one.row.get("ancestry") or "" for one in own})
        groups = {ALL: own}
        if len(ancestries) > 1:
            for name in ancestries:
                members = [one for one in own if (one.row.get("ancestry") or "") == name]
                groups[name or "not recorded"] = members
        rows += [_locus_row(locus, name, members) for name, members in groups.items()]
    return rows


def _locus_row(locus: Locus, ancestry: str, own: list[Call]) -> dict:
    counts = Counter(one.copies for one in own if one.copies is not None)
    n_called = sum(counts.values())
    n = [counts[copies] for copies in (0, 1, 2)]
    frequency = (n[1] + 2 * n[2]) / (2 * n_called) if n_called else None
    return {
        **{"rsid": locus.rsid, "gene": locus.gene, "name": locus.name, "other": locus.other},
        **{"effect": locus.effect, "ancestry": ancestry, "n": len(own), "n_called": n_called},
        **{"call_rate": f"{n_called / len(own):.4f}", "n_0": n[0], "n_1": n[1], "n_2": n[2]},
        "effect_frequency": None if frequency is None else f"{frequency:.4f}",
        "hwe_p": f"{exact_hwe(n[0], n[1], n[2]):.4g}" if n_called else None,
    }


def _row(one: Call, low: set[str]) -> dict:
    flags = [*one.flags, *([LOW_RATE] if one.locus.rsid in low else [])]
    return measurement(
        dict(one.row) | {"visit": one.row.get("visit") or VISIT},
        ASSAY,
        f"{one.locus.key}__copies",
        None if one.copies is None else float(one.copies),
        "1",
        run=one.row.get("run") or "",
        n=1,
        status="not_evaluable" if one.copies is None else "ok",
        method="genotype",
        flags=flags,
    )


def _sample(one: Call, low: set[str], min_call_rate: float) -> dict:
    reasons = []
    if NO_CALL in one.flags:
        reasons.append(Reason(FAIL, "No genotype was called."))
    elif one.copies is None:
        reasons.append(Reason(FAIL, f"Not evaluable: {', '.join(one.flags)}."))
    if one.locus.rsid in low:
        words = f"Fewer than {100 * min_call_rate:g} % of patients are called at {one.locus.rsid}."
        reasons.append(Reason(FLAG, words))
    item = f"{one.locus.gene} {one.locus.rsid}"
    return sample_row(ASSAY, one.row.get("run") or "", one.row, reasons, item)


def _control_rows(controls: list[tuple[Call, int | None]]) -> list[dict]:
    """Return of each variant in how many runs its controls were called as expected."""
    rows = []
    for locus in dict.fromkeys(call.locus for call, _ in controls):
        own = [(call, expected) for call, expected in controls if call.locus == locus]
        right = sum(call.copies == expected for call, expected in own)
        runs = {call.row.get("run") for call, _ in own}
        rows.append(
            dict.fromkeys(CONTROL_COLUMNS)
            | {
                **{"assay": ASSAY, "analyte": f"{locus.gene} {locus.rsid}", "control": "known"},
                **{"scale": "genotype", "n_runs": len(runs)},
                "verdict": PASS if right == len(own) else FLAG,
                "reasons": f"{right} of {len(own)} called as expected; genotypes have no CV.",
            }
        )
    return rows


def _left_out(one: Mapping) -> dict:
    row = one["row"]
    item = f"{row['rsid']} {row.get('genotype') or ''}".strip()
    return row_left_out("genotype", item, one["reason"], row)


def _written(one: Call) -> dict:
    return {
        **{"patient": one.row["patient"], "rsid": one.locus.rsid, "gene": one.locus.gene},
        **{"copies": one.copies, "ancestry": one.row.get("ancestry"), "run": one.row.get("run")},
        "genotype": None if one.copies is None else one.locus.words(one.copies),
        "flags": ";".join(one.flags),
    }


def _order(calls: list[Call], min_call_rate: float) -> list[dict]:
    """Return the share of variants called in each patient, in the order of the runs."""
    groups: dict[tuple[str, str], list[Call]] = {}
    for one in calls:
        groups.setdefault((one.row.get("run") or "", one.row["patient"]), []).append(one)
    rows = []
    for (run, _), own in sorted(groups.items(), key=lambda item: item[0][0]):
        share = sum(one.copies is not None for one in own) / len(own)
        verdict = "pass" if share >= min_call_rate else "flag"
        rows.append({"run": run, "analyte": "calls of a patient", "value": 100 * share})
        rows[-1] |= {"verdict": verdict, "low": 100 * min_call_rate}
    return rows
