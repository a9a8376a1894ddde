"""One FCS file, from its bytes to its populations: judge, compensate, gate, count.

This is what the per-file job does, so nothing heavier than numpy and flowutils is imported here.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from correlates.flow.checks import (
    Refused,
    check_constant,
    check_events,
    check_matrix,
    check_panel,
    missing_channels,
)
from correlates.flow.figures.plots import columns_drawn
from correlates.flow.gating.compensation import BadMatrix, of_spillover, read_csv
from correlates.flow.gating.evaluate import (
    StrategyError,
    evaluate,
    intensities_of,
)
from correlates.flow.gating.events import Events
from correlates.flow.gating.gates import (
    FROM_FILE,
    UNCOMPENSATED,
    Compensation,
    Strategy,
)
from correlates.flow.gating.workspaces import NotInWorkspace
from correlates.flow.outcome import Outcome
from correlates.flow.quality.ledger import quality_beside, quality_of
from correlates.flow.quality.matrix import about_no_matrix, check_compensation
from correlates.flow.quality.scale import check_scale
from correlates.flow.sources import Fixed, UnreadableGates
from correlates.flow.templates.borrowed import Borrowing
from correlates.flow.templates.instantiate import instantiate
from correlates.flow.templates.methods import Settings
from correlates.flow.templates.panel import names_itself
from correlates.flow.templates.resolve import Resolved, channels_of_dimensions, resolve_panel
from correlates.flow.templates.template import Template
from correlates.intake.acquisitions import CALIBRATION_BEADS
from correlates.intake.fcs.findings import ERROR, INFO, FcsError, Finding
from correlates.intake.fcs.reader import FcsFile, read_header
from correlates.intake.fcs.verdict import REFUSED, WARNED, Verdict, examine

_RUN_AGAIN = "Run the pipeline again when nobody writes to the file."


def gate_acquisition(
    path: str | Path,
    sha256: str,
    source: Template | Fixed,
    markers: Mapping[str, str],
    compensation: str = "file",
    settings: Settings | None = None,
    borrowing: Borrowing | None = None,
    aliases: Mapping[str, Sequence[str]] | None = None,
    max_condition_number: float = 100.0,
) -> Outcome:
    """Do everything that one file needs; whatever the file holds, the answer is an outcome.

    Parameters
    ----------
    path
        The FCS file.
    sha256
        Digest that its content had when the run was planned.
    source
        Its panel's template, or gates that were read from GatingML or a workspace.
    markers
        Marker by channel, as the panels sheet has it.
    compensation
        ``file`` (the matrix in the file), ``none``, or the path of a CSV.
    settings
        How data-driven gates are set.
    borrowing
        Which tube the file is, and what reference tubes hand on to it.
    aliases
        Other names of a channel or of its marker, by channel.
    max_condition_number
        Largest condition number of a matrix that is used.
    """
    if borrowing is not None and borrowing.tube == CALIBRATION_BEADS:
        # Beads are no cells: no gate, no marker and no matrix of the panel is meant for them.
        source, markers, aliases, compensation = Template("", ()), {}, {}, "none"
    passing = _passing(path, sha256)
    if passing:
        return Outcome(Verdict(REFUSED, (passing,)))
    named = {*markers, *(name for others in (aliases or {}).values() for name in others)}
    verdict = examine(path, channels=named or None)
    if verdict.verdict == REFUSED:
        return Outcome(verdict)
    try:
        header = read_header(path)
        # A template looks at whole columns again and again; other gates take one pass.
        is_template = isinstance(source, Template)
        events = Events.of_file(header, read_matrix(compensation, header), hold=is_template)
        panel = resolve_panel(markers, aliases or {}, header.channels, str(header.path))
        noted = [*check_events(header, events), *check_matrix(events, panel.markers, compensation)]
        noted += check_panel(panel, source.dimensions if is_template else None)
        own = panel.markers if markers else _labels_of(header)
        noted += [*check_constant(events, own), *check_scale(header, events, own)]
        if is_template:
            noted += check_compensation(events, max_condition_number)
        verdict = _warn(verdict, _unless_grave(noted))
        outcome = _gated(header, events, source, (panel, own), settings, verdict, borrowing)
        if not is_template and outcome.compensation == FROM_FILE:
            found = _unless_grave(check_compensation(events, max_condition_number))
            outcome = replace(outcome, verdict=_warn(outcome.verdict, found))
        return _with_origin_of_matrix(outcome, compensation)
    except Refused as refused:
        return Outcome(_refuse(verdict, refused.findings))
    except FcsError as error:
        return Outcome(_refuse(verdict, [error.finding]))


def _with_origin_of_matrix(outcome: Outcome, compensation: str) -> Outcome:
    """Say where the matrix is from; that a file should bring one and does not is noted.

    One that brings a matrix that cannot be used is refused: its values are not what the gates are
    meant for.
    """
    if outcome.compensation == FROM_FILE:
        return replace(outcome, compensated_by="file" if compensation == "file" else "table")
    if outcome.compensation != UNCOMPENSATED:
        return replace(outcome, compensated_by="gating")
    verdict = outcome.verdict
    if compensation == "file":
        spoilt = [one for one in verdict.findings if one.code == "bad_spillover"]
        if spoilt:
            others = tuple(one for one in verdict.findings if one not in spoilt)
            refusal = [replace(one, severity=ERROR) for one in spoilt]
            return Outcome(_refuse(replace(verdict, findings=others), refusal))
        verdict = _warn(verdict, [about_no_matrix(outcome.events.channels, outcome.markers)])
    return replace(outcome, verdict=verdict, compensated_by="nothing")


def _unless_grave(findings: list[Finding]) -> list[Finding]:
    """Return findings that a file can be measured with; refuse it for those that it cannot."""
    grave = [one for one in findings if one.severity == ERROR]
    if grave:
        raise Refused(grave)
    return findings


def _warn(verdict: Verdict, findings: list[Finding]) -> Verdict:
    grave = [one for one in findings if one.severity != INFO]
    noted = [one for one in findings if one.severity == INFO]
    decided = WARNED if grave else verdict.verdict
    return replace(verdict, verdict=decided, findings=(*grave, *verdict.findings, *noted))


def _refuse(verdict: Verdict, findings: list[Finding]) -> Verdict:
    return replace(verdict, verdict=REFUSED, findings=(*findings, *verdict.findings))


def _passing(path: str | Path, sha256: str) -> Finding | None:
    """Say that the file is not the one that was planned, if so."""
    try:
        with Path(path).open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        message = "The file was there when the run was planned and is gone now."
        return Finding("vanished", message, "Nothing to do if you removed it.", ERROR)
    except OSError as error:
        message = f"The file cannot be read: {error.strerror}."
        return Finding("vanished", message, "Make it readable and run again.", ERROR)
    if found == sha256:
        return None
    message = "The file changed between the planning of the run and its gating."
    return Finding("changed_during_run", message, _RUN_AGAIN, ERROR)


def read_matrix(compensation: str, header: FcsFile) -> Compensation | None:
    """Return the matrix that a file is compensated with; None without one.

    Raises
    ------
    Refused
        If the study's table does not fit the file.
    """
    if compensation == "none":
        return None
    if compensation == "file":
        return of_spillover(header.spillover)
    try:
        return read_csv(compensation, header.names)
    except BadMatrix as bad:
        raise Refused(
            [
                Finding(
                    "matrix_does_not_fit",
                    f"{one.file}: {one.problem}{': ' * bool(one.value)}{one.value}",
                    one.remedy,
                    ERROR,
                )
                for one in bad.problems
            ]
        ) from bad


def _gated(header, events, source, stained, settings, verdict, borrowing) -> Outcome:
    panel, own = stained
    mode = UNCOMPENSATED if events.spillover is None else FROM_FILE
    if isinstance(source, Template):
        channels = _channels_of(source, header, panel)
        made = instantiate(
            source,
            events,
            channels,
            settings,
            compensation=mode,
            borrowing=borrowing,
            stained=own,
        )
        columns = intensities_of(events, _columns(made.strategy, own, mode))
        gates = {"strategy": made.strategy, "gated": replace(made.gated, intensities=columns)}
        gates |= {"methods": made.methods, "flags": made.flags}
        gates |= {"thresholds": made.thresholds, "channels": channels, "origins": made.origins}
        gates |= {"scales": made.scales, "quality": quality_of(source, made)}
    else:
        # first: it takes as much memory as the columns that the gating leaves
        quality = quality_beside(events, own, settings)
        gates = _fixed(header, events, source, own, mode) | {"quality": quality}
    verdict = _warn(verdict, list(gates["quality"].findings))
    events = events.using(gates["strategy"].compensations)
    return Outcome(verdict, events=events, markers=own, **{"compensation": mode, **gates})


def _columns(
    strategy: Strategy, markers: Mapping[str, str], compensation: str
) -> list[tuple[str, str]]:
    """Return what is kept of a file: each marker's intensity, and what the figure shows."""
    intensities = [(channel, compensation) for channel in markers]
    return list(dict.fromkeys([*intensities, *columns_drawn(strategy)]))


def _channels_of(template: Template, header: FcsFile, panel: Resolved) -> dict[str, str]:
    """Return the file's channel of each dimension, or refuse the file for the missing ones."""
    file, wanted = str(header.path), template.dimensions
    channels, problems = channels_of_dimensions(wanted, panel, header.names, file)
    if problems:
        raise Refused([missing_channels(problems, len(wanted))])
    return channels


def _labels_of(header: FcsFile) -> dict[str, str]:
    """Return marker by channel as the file itself labels them."""
    return {
        one.name: one.label
        for one in header.channels
        if one.label.strip() and not names_itself(one.name)
    }


def _fixed(
    header: FcsFile, events: Events, source: Fixed, markers: Mapping[str, str], mode: str
) -> dict:
    try:
        strategy = source.strategy_of(Path(header.path).name)
        if len(strategy.compensations) == 1:
            (mode,) = strategy.compensations
        gated = evaluate(strategy, events, _columns(strategy, markers, mode))
    except NotInWorkspace as error:
        remedy = "Add the file to the workspace and save it, or gate its panel by a template."
        raise Refused([Finding("not_in_workspace", str(error), remedy, ERROR)]) from error
    except UnreadableGates as error:
        remedy = "Correct that file; the files of its panel are gated when it can be read."
        raise Refused([Finding("unreadable_gates", str(error), remedy, ERROR)]) from error
    except StrategyError as error:
        remedy = "Compare the gates' channels with the file's, and use the gating of its panel."
        raise Refused([Finding("gates_do_not_fit", str(error), remedy, ERROR)]) from error
    methods = dict.fromkeys(gated.parents, source.kind)
    return {"strategy": strategy, "gated": gated, "methods": methods, "compensation": mode}
