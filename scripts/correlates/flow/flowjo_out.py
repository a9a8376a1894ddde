"""A panel's files with the gates that they were given, for a FlowJo workspace."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from correlates.flow.acquisition import read_matrix
from correlates.flow.gating.events import Events
from correlates.flow.gating.flowjo_gates import EXACT, in_flowjo_gates
from correlates.flow.gating.flowjo_workspace import WorkspaceSample
from correlates.flow.gating.gates import Strategy
from correlates.flow.gating.standard_gates import for_file
from correlates.intake.acquisitions import Acquisition
from correlates.intake.fcs.findings import FcsError
from correlates.intake.fcs.reader import read_header

COLUMNS = ("acquisition", "population", "n", "written", "reason")
NOT_WRITTEN = "not_written"
REASONS = {
    EXACT: "",
    "polygon_of_256_corners": "FlowJo counts an ellipse as a polygon",
    "short_lines": "its edges are straight on a scale that FlowJo's plot of the channel lacks",
}


def workspace_sample(
    one: Acquisition, strategy: Strategy, compensation: str, counts: Mapping[str, int]
) -> WorkspaceSample | str:
    """Return one gated file as a sample of a workspace, or why it cannot be one.

    Parameters
    ----------
    one
        The file.
    strategy
        The gates that it was given; without any it was refused.
    compensation
        ``file``, ``none`` or the path of a CSV.
    counts
        Our count of each population.
    """
    if not strategy.gates:
        return "the file was refused, or holds no gate"
    try:
        header = read_header(one.path)
    except (OSError, FcsError) as error:
        return f"the file cannot be read any more: {error}"
    events = Events.of_file(header, read_matrix(compensation, header))
    strategy = for_file(strategy, events)
    gates = in_flowjo_gates(strategy)
    return WorkspaceSample(
        one.acquisition,
        Path(one.path),
        tuple((channel.name, channel.range) for channel in header.channels),
        header.n_events,
        gates,
        strategy.compensations.get(gates.compensation),
        counts,
    )


def manner_rows(acquisition: str, sample: WorkspaceSample | str) -> Iterator[dict]:
    """Yield how each population of a file stands in the workspace, with `COLUMNS`."""
    if isinstance(sample, str):
        yield {"acquisition": acquisition, "written": NOT_WRITTEN, "reason": sample}
        return
    manner = sample.gates.manner | dict.fromkeys(sample.gates.left_out, NOT_WRITTEN)
    for population, n in sample.counts.items():
        if population in manner:
            said = manner[population]
            reason = REASONS.get(said) or sample.gates.left_out.get(population, "")
            about = {"acquisition": acquisition, "population": population, "n": n}
            yield about | {"written": said, "reason": reason}


def counts_of(rows: Iterable[Mapping[str, str]]) -> dict[str, int]:
    """Return the count of each population of a table of populations."""
    return {row["population"]: int(row["n"]) for row in rows}
