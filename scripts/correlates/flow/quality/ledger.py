"""What each step of cleaning removed from one file: the ledger, and what is to be known of it."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from correlates.flow.gating.events import Events
from correlates.flow.quality.acquisition_time import DRIFT, NO_MAJORITY, TimeRanges
from correlates.flow.quality.channels import is_scatter
from correlates.flow.quality.margins import Margins
from correlates.flow.quality.steadiness import Course, quantile_words
from correlates.flow.templates.instantiate import Instance, instantiate
from correlates.flow.templates.methods import Settings
from correlates.flow.templates.rows import Row
from correlates.flow.templates.template import COLUMNS as TEMPLATE_COLUMNS
from correlates.flow.templates.template import Template, parse_template
from correlates.intake.fcs.findings import WARNING, Finding

COLUMNS = (
    *("step", "population", "applied", "n_before", "n_after", "n_removed", "share_removed"),
    *("share_unsteady", "flags"),
)
UNSTEADY, MARGIN, DOUBLETS, DEAD, DEBRIS = "unsteady", "margin", "doublets", "dead", "debris"
# Channels that a message names.
_NAMED = 3
_VIABILITY = re.compile(
    r"viab|live|dead|l/d|zombie|vivid|aqua|(^|[^a-z])(7-?aad|pi|dapi)($|[^a-z])", re.IGNORECASE
)
_BY_METHOD = {"steadyGate": UNSTEADY, "marginGate": MARGIN, "singletGate": DOUBLETS}
_ROWS = (
    "steady,+,root,Time,steadyGate,,,,,",
    "on_scale,+,steady,,marginGate,,,,,",
    'single,+,on_scale,"FSC-A,FSC-H",singletGate,,,,,',
)


@dataclass(frozen=True)
class Quality:
    """What cleaning found in one file.

    Parameters
    ----------
    rows
        Rows of the ledger, in the order of the steps.
    time
        The course of the acquisition; None where no step looked at it.
    findings
        Warnings for the verdict.
    """

    rows: tuple[dict, ...] = ()
    time: TimeRanges | None = None
    findings: tuple[Finding, ...] = ()


def quality_of(template: Template, made: Instance, applied: bool = True) -> Quality:
    """Return what the quality rows of a template did to a file.

    Parameters
    ----------
    template
        The template.
    made
        What came of it on the file.
    applied
        Whether the file's populations are those of this template.
    """
    rows = tuple(_ledger_row(kind, row, made, applied) for kind, row in steps_of(template.rows))
    found = made.quality.values()
    time = next((one for one in found if isinstance(one, TimeRanges)), None)
    margins = [one for one in found if isinstance(one, Margins)]
    return Quality(rows, time, (*_about_time(time), *_about_margins(margins)))


def quality_beside(events: Events, stained: Collection[str], settings: Settings | None) -> Quality:
    """Return what cleaning would remove from a file that the gates of others decide about."""
    names = {channel.name for channel in events.channels}
    has_pair = {"FSC-A", "FSC-H"} <= names
    text = "\n".join((",".join(TEMPLATE_COLUMNS), *_ROWS[: 3 if has_pair else 2], ""))
    template, _ = parse_template(text, "quality")
    channels = {dim: dim for dim in template.dimensions}
    made = instantiate(template, events, channels, settings, stained=stained)
    return quality_of(template, made, applied=False)


def steps_of(rows: Sequence[Row]) -> list[tuple[str, Row]]:
    """Return the rows of a template that clean, each with its step, from the root downwards.

    The longest way down that holds such rows is taken: what branches off it, as a population of
    dead cells may, is no step.
    """
    makers = {alias: row for row in rows for alias in row.aliases}
    ways = []
    for row in rows:
        way, seen = [], row
        while seen is not None:
            kind = _step_of(seen)
            if kind:
                way.append((kind, seen))
            seen = makers.get(seen.parent)
        ways.append(way[::-1] if _step_of(row) else [])
    return max(ways, key=len, default=[])


def _step_of(row: Row) -> str:
    """Return the step that a row is; ``""`` if it does not clean."""
    if row.method in _BY_METHOD:
        return _BY_METHOD[row.method]
    if len(row.signs) != 1 or row.method in ("refGate", "boolGate"):
        return ""
    if row.dims and all(map(is_scatter, row.dims)) and "-" not in row.signs[0]:
        return MARGIN if row.method == "boundary" and row.parent == "root" else DEBRIS
    if len(row.dims) == 1 and _VIABILITY.search(row.dims[0]) and row.signs == ("-",):
        return DEAD
    return ""


def _ledger_row(kind: str, row: Row, made: Instance, applied: bool) -> dict:
    alias, counts = row.aliases[0], made.gated.counts
    before, after = counts[row.parent], counts[alias]
    found = made.quality.get(alias)
    unsteady = found.unsteady_share if isinstance(found, TimeRanges) else None
    return {
        "step": kind,
        "population": alias,
        "applied": "yes" if applied else "no",
        "n_before": before,
        "n_after": after,
        "n_removed": before - after,
        "share_removed": round((before - after) / before, 6) if before else "",
        "share_unsteady": "" if unsteady is None else round(unsteady, 6),
        "flags": ";".join(made.flags.get(alias, ())),
    }


def _about_time(time: TimeRanges | None) -> list[Finding]:
    if time is None or not {NO_MAJORITY, DRIFT} & set(time.flags):
        return []
    changing = ["the flow rate"] if time.steady.by_rate else []
    strays = time.steady.straying
    changing += [_in_words(name, one) for name, one in list(strays.items())[:_NAMED]]
    if len(strays) > _NAMED:
        changing.append(f"{len(strays) - _NAMED} more channels")
    message = (
        f"These changed throughout the acquisition: {', '.join(changing)}. So "
        f"{100 * time.unsteady_share:.0f} % of the events would have to go; none was removed."
    )
    if DRIFT in time.flags:
        remedy = (
            "Look at the figure of its course. The file is measured, and its measurements carry "
            "the channels as flags; do not compare intensities of these markers."
        )
        return [Finding(DRIFT, message, remedy, WARNING)]
    remedy = (
        "Look at the figure of its course, and acquire the sample again if you can. The file is "
        "left out unless flow.exclusion.unsteady_acquisition is 100; set that if you judge that "
        "its gates hold all the same."
    )
    return [Finding(NO_MAJORITY, message, remedy, WARNING)]


def _in_words(name: str, course: Course) -> str:
    """Say between which intensities a signal went, each over a tenth of the acquisition."""
    tenths = [np.median(part) for part in np.array_split(course.values, 10) if len(part)]
    low, high = (course.cofactor * np.sinh(one(tenths)) for one in (min, max))
    return f"{name} ({quantile_words(course.share)} between {low:,.0f} and {high:,.0f})"


def _about_margins(margins: Sequence[Margins]) -> list[Finding]:
    shares: Mapping[str, float] = {k: v for one in margins for k, v in one.saturated.items()}
    if not shares:
        return []
    shown = ", ".join(f"{name} ({100 * share:.1f} %)" for name, share in shares.items())
    kept = [name for one in margins for name in one.kept]
    message = f"Many events are at the end of their detector: {shown}."
    if kept:
        message += f" They are kept in {', '.join(kept)}, where they are too many to be strays."
    remedy = "Intensities of these channels are too low; lower their voltages in the next run."
    return [Finding("saturated_channels", message, remedy, WARNING)]
