"""The channels of a panel found in one file, by name, by alias or by what the file calls them.

A channel is looked for in four steps, and the first that finds any decides: its exact name, its
name spelt otherwise, an alias, and the file's own label (``$PnS``), which may hold the dye beside
the antigen (``CD3 BV605``).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from correlates.flow.templates.panel import match_channels, names_itself
from correlates.intake.panels import plain_name
from correlates.problems import Problem, nearest

# dyes as they stand in a label once case, blanks and dashes are gone
_DYE = (
    r"(buv|bv|bb|rb|ry|rr|sb|nfr|nfb|qd|qdot|spark(blue|violet|uv|nir|yg)|superbright|realblue|"
    r"realyellow|brilliantviolet|brilliantultraviolet|brilliantblue|alexafluor|alexa|af|ef|efluor|"
    r"dylight|cf|krome|v|vioblue|viobright|viogreen|cfluor[a-z]*)\d{0,3}|"
    r"fitc|ecd|per?cp(cy55|efluor710|ef710|vio700|fire806)?|"
    r"pe(cf594|dazzle594|texasred|txr|cy55|cy5|cy7|vio615|vio770|fire640|fire700|fire744|fire810|"
    r"ef610|efluor610|alexafluor\d{3})?|"
    r"apc(cy7|h7|r700|efluor780|ef780|af700|alexafluor700|fire750|fire810|vio770)?|"
    r"pacific(blue|orange)|pacblue|pb|po|kro|kromeorange|biotin|cy\d{1,2}|aqua|"
    r"(ld|livedead|zombie|ghost|ghostdye|fixable)(aqua|blue|green|nearir|nir|red|uv|violet|yellow)?"
    r"\d{0,3}"
)
_ONLY_DYE = re.compile(rf"({_DYE})[ahw]?", re.IGNORECASE)


@dataclass(frozen=True)
class Resolved:
    """A panel in one file.

    Parameters
    ----------
    markers
        Marker by the file's own channel name.
    names
        The file's channel by every name that a template may use, in plain form.
    problems
        What is wrong with the channel of a marker, by the marker in plain form.
    mislabelled
        A sentence for each channel whose label names another marker of the panel.
    renamed
        A phrase for each marker that stands in a channel of another name than the sheet's.
    """

    markers: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    problems: dict[str, Problem] = field(default_factory=dict)
    mislabelled: tuple[str, ...] = ()
    renamed: tuple[str, ...] = ()


def resolve_panel(
    markers: Mapping[str, str],
    aliases: Mapping[str, Sequence[str]],
    channels: Sequence,
    file: str,
) -> Resolved:
    """Find the channels of a panel in a file.

    Parameters
    ----------
    markers
        Marker by channel, as the panels sheet has it for the file's batch; ``""`` for none.
    aliases
        Other names of a channel or its marker, by channel.
    channels
        Of the file, with ``name`` (``$PnN``) and ``label`` (``$PnS``).
    file
        Path of the file, for the problems.

    Returns
    -------
    What was found. A marker without a channel, or with several, is a problem that names the nearest
    names, or the candidates; nothing is guessed.
    """
    found = Resolved()
    taken: dict[str, str] = {}
    for channel, marker in markers.items():
        others = tuple(aliases.get(channel, ()))
        hits = _hits(channel, marker, others, channels)
        if len(hits) != 1:
            if marker:
                unmatched = _unmatched(channel, marker, hits, channels, file)
                found.problems[plain_name(marker)] = unmatched
            continue
        if marker and taken.setdefault(hits[0], marker) != marker:
            two = _two_markers(hits[0], taken[hits[0]], marker, file)
            found.problems.update({plain_name(taken[hits[0]]): two, plain_name(marker): two})
            continue
        if marker:
            found.markers[hits[0]] = marker
        for name in (channel, marker, *others):
            if name:
                found.names[plain_name(name)] = hits[0]
    for name, marker in list(found.markers.items()):
        if plain_name(marker) in found.problems:
            del found.markers[name]
    wrong = tuple(_mislabelled(found.markers, markers, aliases, channels))
    of_marker = {marker: channel for channel, marker in markers.items()}
    renamed = tuple(
        f"{marker} in {name} (sheet: {of_marker[marker]})"
        for name, marker in found.markers.items()
        if plain_name(name) != plain_name(of_marker[marker])
    )
    return Resolved(found.markers, found.names, found.problems, wrong, renamed)


def channels_of_dimensions(
    dimensions: Iterable[str], panel: Resolved, channels: Sequence[str], file: str
) -> tuple[dict[str, str], list[Problem]]:
    """Find the channel of a file for each dimension of a template.

    Parameters
    ----------
    dimensions
        Markers, their aliases, channels and scatter channels that the template gates on.
    panel
        What ``resolve_panel`` found.
    channels
        Channel names (``$PnN``) of the file.
    file
        Path of the file, for the problems.

    Returns
    -------
    The file's own channel name by dimension, and a problem for every dimension that has none.
    """
    found, problems, direct = {}, [], []
    for dimension in dict.fromkeys(dimensions):
        plain = plain_name(dimension)
        if plain in panel.problems:
            problems.append(panel.problems[plain])
        elif plain in panel.names:
            found[dimension] = panel.names[plain]
        else:
            direct.append(dimension)
    more, missing = match_channels(direct, {}, channels, file)
    return found | more, [*dict.fromkeys(problems), *missing]


def label_names(label: str, marker: str) -> bool:
    """Tell whether a channel's label names a marker, alone or beside its dye.

    ``CD3``, ``CD3 BV605``, ``BV605-CD3`` and ``cd3_bv605-A`` name CD3; ``CD38 BV605`` does not.
    """
    text, wanted = plain_name(label), plain_name(marker)
    if not wanted or not text:
        return False
    rests = [text[len(wanted) :]] if text.startswith(wanted) else []
    rests += [text[: -len(wanted)]] if text.endswith(wanted) else []
    return any(not rest or _ONLY_DYE.fullmatch(rest) for rest in rests)


def _hits(channel: str, marker: str, aliases: Sequence[str], channels: Sequence) -> list[str]:
    names = [one.name for one in channels]
    exact = [name for name in names if name == channel]
    spelt = [name for name in names if plain_name(name) == plain_name(channel)]
    by_alias = [name for name in names if plain_name(name) in set(map(plain_name, aliases))]
    called = [name for name in (marker, *aliases) if name]
    labelled = [
        one.name
        for one in channels
        if not names_itself(one.name) and any(label_names(one.label, name) for name in called)
    ]
    return exact or spelt or by_alias or labelled


def _mislabelled(
    found: Mapping[str, str],
    markers: Mapping[str, str],
    aliases: Mapping[str, Sequence[str]],
    channels: Sequence,
) -> Iterable[str]:
    called = {
        marker: (marker, *aliases.get(channel, ())) for channel, marker in markers.items() if marker
    }
    for one in channels:
        own = found.get(one.name)
        if own is None or any(label_names(one.label, name) for name in called[own]):
            continue
        others = [
            marker
            for marker, names in called.items()
            if marker != own and any(label_names(one.label, name) for name in names)
        ]
        if others:
            yield (
                f"{one.name} carries {own} by the panels sheet, and the file labels it "
                f"{one.label.strip()!r}."
            )


def _two_markers(channel: str, first: str, second: str, file: str) -> Problem:
    problem = f"{channel} could be the channel of {first} and of {second}"
    remedy = "Write the exact channel name of each in the panels sheet, for this batch."
    return Problem(file, problem, remedy, column="$PnN", value=channel, stops="row")


def _unmatched(
    channel: str, marker: str, hits: Sequence[str], channels: Sequence, file: str
) -> Problem:
    labels = {one.name: one.label.strip() for one in channels}
    what = marker if plain_name(marker) == plain_name(channel) else f"{marker} ({channel})"
    if len(set(hits)) == 1:
        problem = f"several channels are called {hits[0]}, and any of them could be {marker}"
        remedy = "Give each detector its own name in the cytometer's software and export again."
    elif hits:
        problem = f"several channels could be {what}: {', '.join(_shown(h, labels) for h in hits)}"
        remedy = f"Write the exact channel name of {marker} in the panels sheet."
    else:
        problem = f"no channel holds {what}"
        near = _nearest(channel, marker, labels)
        remedy = (
            f"Nearest channels: {', '.join(_shown(one, labels) for one in near)}; if one is meant, "
            "correct the panels sheet, or add the name to aliases."
            if near
            else f"The file has: {', '.join(_shown(one, labels) for one in labels)}."
        )
    return Problem(file, problem, remedy, column="$PnN", value=channel, stops="row")


def _nearest(channel: str, marker: str, labels: Mapping[str, str]) -> list[str]:
    """Return the file's channels that are named or labelled most alike, best first."""
    by_label = {label: name for name, label in labels.items() if label}
    near = nearest(channel, list(labels), count=3)
    near += [by_label[label] for label in nearest(marker, list(by_label), count=3)]
    return list(dict.fromkeys(near))[:4]


def _shown(name: str, labels: Mapping[str, str]) -> str:
    return f"{name} ({labels[name]})" if labels.get(name) else name
