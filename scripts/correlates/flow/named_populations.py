"""Populations that the config names and no template of the study makes: mostly a typing error."""

from collections.abc import Iterator, Mapping

from correlates.flow.templates.template import load_template
from correlates.intake.config import CONFIG
from correlates.intake.records import Plan
from correlates.problems import Problem, did_you_mean

# Keys below which the config names populations.
_KEYS = (
    "flow.anchors",
    "flow.bridge_anchors",
    "flow.clone_free",
    "flow.clone",
    "flow.unsupervised.population",
    "flow.unsupervised.lineages",
    "ics.combinations.parents",
)


def unmade_populations(plan: Plan, config: Mapping, shipped: Mapping) -> list[Problem]:
    """Return every population that a study's config names and none of its templates makes.

    Parameters
    ----------
    plan
        The plan; what a FlowJo workspace or a GatingML file makes is not known before it is read,
        so that nothing is said of a study with one.
    config, shipped
        The config with the study's laid over it, and as it is shipped: what stands in the shipped
        one is of the shipped templates, and need not be of every study's.

    Returns
    -------
    Warnings; they stop nothing.
    """
    if not plan.templates or set(plan.gating) != set(plan.templates):
        return []
    made = {name for path in plan.templates.values() for name in load_template(path)[0].populations}
    problem = "no template of the study makes this population"
    return [
        Problem(
            CONFIG,
            problem,
            did_you_mean(name, sorted(made)),
            column=key,
            value=name,
            stops="nothing",
        )
        for key, name in _named(config)
        if name not in made and (key, name) not in set(_named(shipped))
    ]


def _named(config: Mapping) -> Iterator[tuple[str, str]]:
    for key in _KEYS:
        value = config
        for part in key.split("."):
            value = value.get(part, {}) if isinstance(value, Mapping) else {}
        if isinstance(value, str):
            yield key, value
        elif isinstance(value, Mapping):
            yield from ((f"{key}.{name}", one) for name, one in value.items())
        else:
            yield from ((key, one) for one in value)
