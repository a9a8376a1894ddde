"""What the config's ``flow.unsupervised`` block means to each rule; light: it is parsed often."""

from collections.abc import Mapping


def chosen_events(flow: Mapping) -> dict:
    """Return how a file's events are chosen, for ``subsample.Choice``; {} if they are not.

    Parameters
    ----------
    flow
        The config's ``flow`` block.
    """
    block = flow["unsupervised"]
    if not block["enabled"]:
        return {}
    names = ("events_per_sample", "population", "seed")
    scale = {"width": block["logicle_w"], "decades": flow["scale"]["m"]}
    return {name: block[name] for name in names} | scale


def without_clusters(flow: Mapping) -> dict:
    """Return the ``flow`` block as the measurements see it: clustering moves none of them."""
    return {name: value for name, value in flow.items() if name != "unsupervised"}
