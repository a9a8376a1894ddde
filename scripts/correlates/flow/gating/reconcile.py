"""Our counts beside FlowJo's, population by population."""

from collections.abc import Mapping
from pathlib import Path

from correlates.flow.gating.gates import Strategy, kind_of, populations_of
from correlates.flow.gating.workspaces import FlowJoSample
from correlates.tables import write_tsv

COLUMNS = ("population", "path", "kind", "flowjo", "ours", "difference", "percent", "verdict")
EXACT, WITHIN, DIFFERS = "exact", "within_1_percent", "differs"
# FlowJo gates on its plots' bins and FlowKit's reading of them is exact to a fraction of one, so a
# few events beside an edge are no disagreement.
TOLERANCE_PERCENT = 1.0


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
    """
    kinds = _kinds(sample.strategy)
    return [
        _row(population, sample.paths[population], kinds[population], flowjo, counts[population])
        for population, flowjo in sample.counts.items()
    ]


def write_reconciliation(path: str | Path, rows: list[dict]) -> None:
    """Write the rows as tab-separated text."""
    write_tsv(path, COLUMNS, rows)


def _row(population: str, path: str, kind: str, flowjo: int, ours: int) -> dict:
    difference = ours - flowjo
    percent = _percent(difference, flowjo)
    if difference == 0:
        verdict = EXACT
    else:
        is_near = percent is not None and abs(percent) <= TOLERANCE_PERCENT
        verdict = WITHIN if is_near else DIFFERS
    values = (population, path, kind, flowjo, ours, difference, percent, verdict)
    return dict(zip(COLUMNS, values, strict=True))


def _percent(difference: int, flowjo: int) -> float | None:
    if difference == 0:
        return 0.0
    return round(100 * difference / flowjo, 4) if flowjo else None


def _kinds(strategy: Strategy) -> dict[str, str]:
    return {
        population: kind_of(gate) for gate in strategy.gates for population in populations_of(gate)
    }
