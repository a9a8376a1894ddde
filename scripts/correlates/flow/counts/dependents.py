"""Which populations rest on a gate, and the flags that they carry for it."""

from collections.abc import Collection, Iterable, Mapping

import pandas as pd

from correlates.flow.templates.methods import OVERRIDDEN
from correlates.flow.templates.template import Template

OPEN, PLACEMENT = "override_outcomes_open", "placement_outlier"
# Flags of a gate that every count takes over which is reckoned against its population.
_OF_GATES = frozenset({OVERRIDDEN, OPEN, PLACEMENT})


def resting_on(template: Template) -> dict[str, frozenset[str]]:
    """Return, for each population of a template, all that change if its gate does.

    That is itself, what is gated below it, what uses its threshold (``refGate``) or its events
    (``boolGate``), and all that rests on these.
    """
    found: dict[str, set[str]] = {name: {name} for name in template.populations}
    # Rows stand after what they need, so one pass from the end finds all.
    for row in reversed(template.rows):
        for source in {*row.sources} & found.keys():
            for alias in row.aliases:
                found[source] |= found[alias]
    return {name: frozenset(populations) for name, populations in found.items()}


def marked(
    own: Mapping[str, Iterable[str]], templates: Mapping[str, Template], flag: str
) -> dict[tuple[str, str], list[str]]:
    """Return the flags of every population that rests on a marked gate.

    Parameters
    ----------
    own
        Populations whose own gate is marked, by acquisition.
    templates
        Template by acquisition; acquisitions without one are passed over.
    flag
        What the populations shall carry.

    Returns
    -------
    Flags by acquisition and population.
    """
    users = {id(template): resting_on(template) for template in templates.values()}
    marks = {}
    for acquisition, populations in own.items():
        if acquisition not in templates:
            continue
        resting = users[id(templates[acquisition])]
        for population in populations:
            for each in resting.get(population, ()):
                marks[acquisition, each] = [flag]
    return marks


def with_flags(
    populations: pd.DataFrame, marks: Iterable[Mapping[tuple[str, str], Iterable[str]]]
) -> pd.DataFrame:
    """Return the populations table with further flags appended, each once."""
    marks = [one for one in marks if one]
    if not marks or populations.empty:
        return populations
    flags = []
    for key, population, own in zip(
        populations["acquisition"], populations["population"], populations["flags"], strict=True
    ):
        more = [flag for one in marks for flag in one.get((key, population), ())]
        known = [flag for flag in (own if isinstance(own, str) else "").split(";") if flag]
        flags.append(";".join(dict.fromkeys([*known, *more])))
    return populations.assign(flags=flags)


def with_median_flags(
    intensities: pd.DataFrame, marked_ones: Collection[tuple[str, str, str]], flag: str
) -> pd.DataFrame:
    """Return the intensities table with a flag in ``median_flags``, beside those already there.

    Parameters
    ----------
    intensities
        ``acquisition``, ``population``, ``marker``.
    marked_ones
        What is flagged, by these three; an empty population stands for all.
    flag
        The flag.
    """
    if intensities.empty or not marked_ones:
        return intensities
    keys = zip(*(intensities[key] for key in ("acquisition", "population", "marker")), strict=True)
    more = [
        flag if key in marked_ones or (key[0], "", key[2]) in marked_ones else "" for key in keys
    ]
    held = intensities["median_flags"] + ";" if "median_flags" in intensities else ""
    return intensities.assign(median_flags=held + pd.Series(more, index=intensities.index))


def flags_of_references(counts: pd.DataFrame) -> pd.Series:
    """Return for each count what is flagged of the gates of its tube's reference population.

    Parameters
    ----------
    counts
        ``acquisition``, ``flags`` and ``is_reference``.
    """
    of_tube = {
        key: ";".join(sorted(_OF_GATES.intersection(";".join(flags).split(";"))))
        for key, flags in counts[counts["is_reference"]].groupby("acquisition")["flags"]
    }
    return counts["acquisition"].map(of_tube).fillna("")
