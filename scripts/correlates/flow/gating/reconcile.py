"""Our counts beside FlowJo's, population by population."""

from collections.abc import Mapping
from pathlib import Path

from correlates.flow.gating.gates import BooleanGate, Strategy, kind_of, populations_of
from correlates.flow.gating.workspaces import FlowJoSample
from correlates.tables import write_tsv

COLUMNS = (
    *("population", "path", "kind", "flowjo", "ours", "difference", "percent", "verdict"),
    *("as_expected", "reason"),
)
EXACT, WITHIN, DIFFERS = "exact", "within_1_percent", "differs"
# FlowJo finds the events of polygons and ellipses on a grid of its plot's bins, and FlowKit's
# reading of biexponential scales is exact to a fraction of one, so that a few events beside an edge
# are no disagreement. Thresholds have no grid: rectangles are to be equal.
TOLERANCE_PERCENT = 1.0
_BINNED = ("polygon", "ellipsoid")


def reconcile(sample: FlowJoSample, counts: Mapping[str, int]) -> list[dict]:
    """Compare counts of the same gates on the same file.

    Parameters
    ----------
    sample
        What the workspace says of the file; its strategy is not None.
    counts
        Our count of each population.

    Returns
    -------
    A row for each population that FlowJo counted, in the workspace's order, with `COLUMNS`:
    ``difference`` is ours minus FlowJo's, ``percent`` that as a share of FlowJo's count (None if
    that is 0 and ours is not), ``verdict`` one of ``exact``, ``within_1_percent``, ``differs``.
    ``as_expected`` is ``yes`` where a rectangle is exact, and a polygon, an ellipse, or what rests
    on one is within 1 %; ``reason`` says why a difference may be there, or what to compare.
    """
    makers = {
        population: gate for gate in sample.strategy.gates for population in populations_of(gate)
    }
    kinds = _kinds(sample.strategy) | sample.kinds
    rows = []
    for population, flowjo in sample.counts.items():
        row = _row(population, sample.paths[population], kinds[population], flowjo, counts)
        allowed, reason = _expected(row, population, makers, kinds)
        rows.append(row | {"as_expected": "yes" if allowed else "no", "reason": reason})
    return rows


def write_reconciliation(path: str | Path, rows: list[dict]) -> None:
    """Write the rows as tab-separated text."""
    write_tsv(path, COLUMNS, rows)


def _row(population: str, path: str, kind: str, flowjo: int, counts: Mapping[str, int]) -> dict:
    ours = counts[population]
    difference = ours - flowjo
    percent = _percent(difference, flowjo)
    if difference == 0:
        verdict = EXACT
    else:
        is_near = percent is not None and abs(percent) <= TOLERANCE_PERCENT
        verdict = WITHIN if is_near else DIFFERS
    values = (population, path, kind, flowjo, ours, difference, percent, verdict)
    return dict(zip(COLUMNS, values, strict=False))


def _expected(
    row: Mapping, population: str, makers: Mapping, kinds: Mapping[str, str]
) -> tuple[bool, str]:
    """Say whether a row is as it should be, and why it may differ."""
    if row["verdict"] == EXACT:
        return True, ""
    binned = [name for name in _rests_on(population, makers) if kinds.get(name) in _BINNED]
    near = row["verdict"] == WITHIN
    if row["kind"] in _BINNED:
        reason = (
            "FlowJo finds the events of a polygon or an ellipse on a grid of bins, and leaves out "
            "what lies beyond the scale"
        )
        return near, reason if near else f"{reason}; compare scales and matrix of its channels"
    if binned:
        named = ", ".join(binned[:3])
        reason = f"it rests on {named}, whose events FlowJo finds on a grid of bins"
        return near, reason if near else f"{reason}; compare scales and matrix of its channels"
    return False, "thresholds should give equal counts: compare the matrix and the file itself"


def _rests_on(population: str, makers: Mapping) -> list[str]:
    """Return the populations above one and those that it combines, and theirs, nearest first."""
    found: dict[str, None] = {}
    waiting = [population]
    while waiting:
        gate = makers.get(waiting.pop(0))
        if gate is None:
            continue
        needs = [operand.gate for operand in gate.operands] if isinstance(gate, BooleanGate) else []
        for name in (gate.parent, *needs):
            if name in makers and name not in found:
                found[name] = None
                waiting.append(name)
    return list(found)


def _percent(difference: int, flowjo: int) -> float | None:
    if difference == 0:
        return 0.0
    return round(100 * difference / flowjo, 4) if flowjo else None


def _kinds(strategy: Strategy) -> dict[str, str]:
    return {
        population: kind_of(gate) for gate in strategy.gates for population in populations_of(gate)
    }
