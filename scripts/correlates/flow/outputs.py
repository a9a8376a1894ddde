"""The files that the gating of one FCS file leaves behind; a refused one leaves all of them too."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from correlates.flow.figures.cofactors import chosen_of, draw_cofactors
from correlates.flow.figures.course import draw_course
from correlates.flow.figures.figure import FigureEvents, draw_figure, draw_refusal
from correlates.flow.gating.gates import Dimension, to_json
from correlates.flow.gating.gatingml import write_gatingml
from correlates.flow.ics import combinations as ics
from correlates.flow.outcome import Outcome, intensity_rows, population_rows, threshold_rows
from correlates.flow.quality.ledger import COLUMNS as LEDGER_COLUMNS
from correlates.flow.scales import scale_records
from correlates.intake.fcs.findings import ERROR
from correlates.tables import write_json, write_text, write_tsv

POPULATION_COLUMNS = ("population", "parent", "n", "n_parent", "kind", "method", "flags")
INTENSITY_COLUMNS = ("population", "marker", "channel", "median", "low", "high", "rsd", "n")
THRESHOLD_COLUMNS = (
    *("population", "parent", "marker", "channel", "method", "threshold", "source", "n"),
    *("n_parent", "flags"),
)


def write_outcome(
    outcome: Outcome, acquisition: str, path: str, output, combinations: Iterable[Mapping] = ()
) -> None:
    """Write what became of one file.

    Parameters
    ----------
    outcome
        What became of it.
    acquisition
        Its key.
    path
        The FCS file, as the plan names it.
    output
        Paths by name: ``populations``, ``intensities``, ``thresholds``, ``ledger``, ``course``,
        ``scales``, ``cofactors``, ``combinations``, ``verdict``, ``gates``, ``strategy``,
        ``figure``.
    combinations
        Counts of the combinations of functions.
    """
    rows = population_rows(outcome)
    write_tsv(output.populations, POPULATION_COLUMNS, rows)
    write_tsv(output.intensities, INTENSITY_COLUMNS, intensity_rows(outcome))
    write_tsv(output.thresholds, THRESHOLD_COLUMNS, threshold_rows(outcome))
    write_json(output.scales, {"acquisition": acquisition, "scales": scale_records(outcome)})
    write_tsv(output.ledger, LEDGER_COLUMNS, outcome.quality.rows)
    write_text(output.course, draw_course(outcome.quality.time, outcome.markers, acquisition))
    write_text(output.cofactors, _cofactors(outcome, acquisition))
    write_tsv(output.combinations, ics.COLUMNS, combinations)
    write_gatingml(outcome.strategy, output.gates, outcome.events)
    write_json(output.strategy, to_json(outcome.strategy))
    write_text(output.figure, _figure(outcome, acquisition, rows))
    about = {"acquisition": acquisition, "path": path, "compensated_by": outcome.compensated_by}
    write_json(output.verdict, about | outcome.verdict.as_dict())


def _cofactors(outcome: Outcome, acquisition: str) -> str:
    if outcome.gated is None:
        return draw_cofactors([], acquisition, "The file was refused.")
    axes = {dim: Dimension(outcome.channels[dim], outcome.compensation) for dim in outcome.scales}
    chosen = chosen_of(outcome.scales, axes, outcome.gated.intensities)
    why_none = (
        "No channel of this file has an asinh scale whose cofactor was looked for; its scales "
        "stand in the table of scales beside this figure."
    )
    return draw_cofactors(chosen, acquisition, why_none)


def _figure(outcome: Outcome, acquisition: str, rows: list[dict]) -> str:
    if outcome.gated is None:
        grave = [one for one in outcome.verdict.findings if one.severity == ERROR]
        return draw_refusal(Path(acquisition).name, [f"{o.message} {o.remedy}" for o in grave])
    channels = outcome.events.channels
    seen = FigureEvents.of(channels, outcome.gated, outcome.strategy, outcome.markers)
    return draw_figure(outcome.strategy, seen, rows, acquisition)
