"""Findings that need a file's events, its panel or its compensation beside its header."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from correlates.flow.gating.events import Events
from correlates.flow.templates.panel import names_itself
from correlates.flow.templates.resolve import Resolved
from correlates.intake.fcs.data import scale_events
from correlates.intake.fcs.findings import COPY_AGAIN, ERROR, INFO, WARNING, Finding
from correlates.intake.fcs.reader import FcsFile
from correlates.intake.fcs.zeros import check_share
from correlates.intake.panels import plain_name
from correlates.problems import Problem

# Amplifiers and unmixing go beyond the stated range ($PnR), but not by this factor.
_BEYOND_RANGE = 10.0
# Beyond this share of impossible events the file is damaged, not odd.
_MOST_IMPOSSIBLE = 1e-3
_MANY = 3


class Refused(Exception):
    """A file that was readable and cannot be gated; carries the findings that say why."""

    def __init__(self, findings: list[Finding]):
        self.findings = findings
        super().__init__(" ".join(finding.message for finding in findings))


def check_events(header: FcsFile, events: Events) -> list[Finding]:
    """Look for events that no cytometer writes: values that are none, and nothing but zeros.

    Parameters
    ----------
    header
        The file.
    events
        Its events.

    Returns
    -------
    A warning for each kind with the number of such events, or nothing.

    Raises
    ------
    Refused
        If those of a kind are more than one in a thousand: bytes were lost or exchanged.
    """
    limits = np.array([_limit(header, place) for place in range(len(header.channels))])
    nothing = _stored_zeros(header)
    impossible = zeros = 0
    for _, block in events.blocks():
        impossible += _impossible(block, limits)
        zeros += _count_equal(block, nothing)
    findings = [*_of_values(impossible, events.n_events), *check_share(zeros, events.n_events)]
    grave = [finding for finding in findings if finding.severity == ERROR]
    if grave:
        raise Refused(grave)
    return findings


def _of_values(impossible: int, n_events: int) -> list[Finding]:
    if not impossible:
        return []
    is_damaged = impossible > _MOST_IMPOSSIBLE * n_events
    message = (
        f"{impossible:,} of {n_events:,} events hold values that no cytometer writes "
        "(no number, or far beyond the range of their channel)."
    )
    if is_damaged:
        return [Finding("impossible_values", message, COPY_AGAIN, ERROR)]
    remedy = "Look at the gating plots; copy the file again if in doubt."
    return [Finding("impossible_values", message, remedy, WARNING)]


def check_constant(events: Events, markers: Mapping[str, str]) -> list[Finding]:
    """Warn of channels that matter and hold the same value in every event.

    Parameters
    ----------
    events
        The file's events.
    markers
        Marker by channel; scatter matters too.
    """
    first = places = None
    for _, block in events.blocks():
        if first is None:
            matter = [names_itself(one.name) or one.name in markers for one in events.channels]
            is_time = [one.name.lower() == "time" for one in events.channels]
            first, places = block[0], np.flatnonzero(np.array(matter) & ~np.array(is_time))
        places = places[(block[:, places] == first[places]).all(axis=0)]
        if not len(places):
            return []
    if events.n_events < 2:
        return []
    names = [events.channels[place].name for place in places]
    shown = [f"{markers[name]} ({name})" if markers.get(name) else name for name in names]
    more = f" and {len(shown) - _MANY} more channels" if len(shown) > _MANY else ""
    message = f"Every event has the same value in {', '.join(shown[:_MANY])}{more}."
    remedy = (
        "Was the detector on, and is this the file as acquired? Nothing that is gated or measured "
        "on it means anything."
    )
    return [Finding("constant_channel", message, remedy, WARNING)]


def check_matrix(events: Events, markers: Mapping[str, str], compensation: str) -> list[Finding]:
    """Warn of a compensation table that leaves channels of the panel out.

    Parameters
    ----------
    events
        The file's events, with the matrix that is used.
    markers
        Marker by channel, as the panels sheet has it.
    compensation
        ``file``, ``none`` or the path of the table.
    """
    if compensation in ("file", "none") or events.spillover is None:
        return []
    stained = [name for name, marker in markers.items() if marker and not names_itself(name)]
    left = [name for name in stained if name not in events.spillover.detectors]
    if not left:
        return []
    message = (
        f"The matrix in {compensation} covers {len(stained) - len(left)} of the panel's "
        f"{len(stained)} channels; these are not compensated: {', '.join(left)}."
    )
    remedy = "Add them to the matrix, with 0 where nothing spills over."
    return [Finding("partial_matrix", message, remedy, WARNING)]


def check_panel(panel: Resolved, gated: Collection[str] | None) -> list[Finding]:
    """Warn of markers that no gate needs and no channel holds, and of labels that contradict.

    Parameters
    ----------
    panel
        The panel as it was found in the file.
    gated
        Dimensions of the template, whose own channels it cannot do without; None where gates name
        channels.
    """
    needed = {plain_name(dimension) for dimension in gated or ()}
    lost = [one for name, one in panel.problems.items() if name not in needed]
    findings = [
        Finding(
            "marker_without_channel",
            f"{one.problem[0].upper()}{one.problem[1:]}, so that it is not measured.",
            one.remedy,
            WARNING,
        )
        for one in dict.fromkeys(lost)
    ]
    if panel.mislabelled:
        remedy = "Correct whichever is wrong; a row with the batch holds for that batch only."
        message = " ".join(panel.mislabelled)
        findings.append(Finding("label_contradicts_panel", message, remedy, WARNING))
    if panel.renamed:
        message = f"Channels found by an alias or by their label: {', '.join(panel.renamed)}."
        remedy = "Nothing to do if they are right."
        findings.append(Finding("channel_renamed", message, remedy, INFO))
    return findings


def missing_channels(problems: Sequence[Problem], wanted: int) -> Finding:
    """Say in one finding which dimensions of a template a file has no channel for.

    Parameters
    ----------
    problems
        One for each, as ``panel.match_channels`` gives them.
    wanted
        How many dimensions the template needs.
    """
    if len(problems) > _MANY:
        names = ", ".join(one.value for one in problems)
        message = f"{len(problems)} of {wanted} channels of the panel are missing: {names}."
        remedy = "Is this file of another panel? Otherwise correct the panels sheet."
        return Finding("marker_without_channel", message, remedy, ERROR)
    message = " ".join(f"{one.problem[0].upper()}{one.problem[1:]}." for one in problems)
    remedy = " ".join(dict.fromkeys(one.remedy for one in problems))
    return Finding("marker_without_channel", message, remedy, ERROR)


def _limit(header: FcsFile, place: int) -> float:
    """Return what a channel's values stay below; time, and what states no range, has no limit."""
    channel = header.channels[place]
    if place == header.time_index or not channel.range:
        return np.finfo(np.float64).max
    return _BEYOND_RANGE * max(channel.range, 1.0)


def _impossible(block: np.ndarray, limits: np.ndarray) -> int:
    # A comparison with what is no number is false, so that it counts as wrong too.
    possible = np.abs(block) <= limits
    return len(block) - int(np.count_nonzero(possible.all(axis=1)))


def _stored_zeros(header: FcsFile) -> np.ndarray:
    """Return the values as read of an event whose bytes are all zero: a log scale begins at 1."""
    event = np.zeros((1, len(header.channels)), header.dtype)
    scale_events(event, header.channels, header.time_index, header.time_step)
    return event[0]


def _count_equal(block: np.ndarray, event: np.ndarray) -> int:
    """Count the rows that equal an event; what differs in one channel is not looked at again."""
    rows = np.flatnonzero(block[:, 0] == event[0])
    for place in range(1, len(event)):
        if not len(rows):
            break
        rows = rows[block[rows, place] == event[place]]
    return len(rows)
