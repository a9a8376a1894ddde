"""What became of one file, and the rows of the tables that its job writes."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from correlates.flow.gating.evaluate import Gated
from correlates.flow.gating.events import Events
from correlates.flow.gating.gates import ROOT, UNCOMPENSATED, Strategy, kind_of, populations_of
from correlates.flow.quality.ledger import Quality
from correlates.flow.templates.placing import Origin
from correlates.flow.templates.scales import Scale
from correlates.intake.fcs.verdict import Verdict


@dataclass(frozen=True)
class Outcome:
    """What became of one file.

    Parameters
    ----------
    verdict
        What intake and gating think of the file.
    strategy
        The concrete gates; without gates where the file was refused.
    events, gated
        Its events and who is in which population, with the columns that gates and markers look
        at; None where it was refused.
    methods, flags
        Gating method, and flags, of each population.
    markers
        Marker by the file's channel.
    thresholds
        Linear threshold of each data-driven cut, by population and dimension of the template.
    origins
        Where each threshold is from.
    channels
        The file's channel of each dimension of the template.
    scales
        The scale of each fluorescent dimension of the template.
    compensation
        Which compensation the intensities are read with: ``FCS``, ``uncompensated``, or an id of
        the strategy's compensations.
    compensated_by
        Where its matrix is from: ``file``, ``table`` (the study's), ``gating`` (a GatingML file or
        a workspace) or ``nothing``; empty where it was refused.
    quality
        What cleaning removed, or would remove.
    """

    verdict: Verdict
    strategy: Strategy = Strategy(())
    events: Events | None = None
    gated: Gated | None = None
    methods: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    markers: Mapping[str, str] = field(default_factory=dict)
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    origins: Mapping[str, Mapping[str, Origin]] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    scales: Mapping[str, Scale] = field(default_factory=dict)
    compensation: str = UNCOMPENSATED
    compensated_by: str = ""
    quality: Quality = Quality()


def population_rows(outcome: Outcome) -> list[dict]:
    """Return the rows of ``populations.tsv``, the root first; none of a refused file."""
    if outcome.gated is None:
        return []
    counts, parents = outcome.gated.counts, outcome.gated.parents
    kinds = {
        name: kind_of(gate) for gate in outcome.strategy.gates for name in populations_of(gate)
    }
    root = {"population": ROOT, "parent": "", "n": counts[ROOT], "n_parent": "", "kind": ""}
    return [
        root,
        *(
            {
                "population": name,
                "parent": parents[name],
                "n": counts[name],
                "n_parent": counts[parents[name]],
                "kind": kinds[name],
                "method": outcome.methods.get(name, ""),
                "flags": ";".join(outcome.flags.get(name, ())),
            }
            for name in parents
        ),
    ]


def intensity_rows(outcome: Outcome) -> list[dict]:
    """Return the rows of ``intensities.tsv``: a population's median of each marker's channel."""
    if outcome.gated is None:
        return []
    keys = {channel: (channel, outcome.compensation) for channel in outcome.markers}
    columns = {key: outcome.gated.intensities[key] for key in keys.values()}
    centres = outcome.gated.centres(columns)
    return [
        {
            "population": population,
            "marker": outcome.markers[channel],
            "channel": channel,
            "n": outcome.gated.counts[population],
            **asdict(centres[population][key]),
        }
        for population in outcome.gated.parents
        for channel, key in keys.items()
    ]


def threshold_rows(outcome: Outcome) -> list[dict]:
    """Return the rows of ``thresholds.tsv``: where each cut of a template lies in this file."""
    return [
        {
            "population": population,
            "parent": outcome.gated.parents[population],
            "marker": dim,
            "channel": outcome.channels[dim],
            "method": outcome.methods[population],
            "threshold": threshold,
            "source": outcome.origins[population][dim].source,
            "n": outcome.origins[population][dim].n,
            "n_parent": outcome.gated.counts[outcome.gated.parents[population]],
            "flags": ";".join(outcome.flags.get(population, ())),
        }
        for population, cuts in outcome.thresholds.items()
        for dim, threshold in cuts.items()
    ]
