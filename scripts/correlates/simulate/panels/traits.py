"""What differs from cell to cell within a kind: traits that a cell has or lacks.

Each trait is drawn for itself, except for the functions of stimulated T cells, whose combinations
are planted with their frequencies.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from correlates.simulate.panels.celltypes import CLL, T_CD4, T_CD8

FUNCTIONS = ("IFNg", "IL2", "TNF", "CD107a", "IL4", "IL17")
LINEAGES = MappingProxyType({"t_cd4": T_CD4, "t_cd8": (*T_CD8, "nkt_like")})

Responses = Mapping[str, Mapping[tuple[str, ...], float]]


@dataclass(frozen=True)
class Trait:
    """Something that a share of the cells of a kind has.

    Parameters
    ----------
    shares
        Share of the cells that have it, by label; 0 where a label is not named.
    expression
        Median and standard deviation in decades of those that have it, by marker.
    """

    shares: Mapping[str, float]
    expression: Mapping[str, tuple[float, float]]


_MEMORY_CD4 = ("t_cd4_cm", "t_cd4_em", "t_cd4_temra", "treg")
_MEMORY_CD8 = ("t_cd8_cm", "t_cd8_em", "t_cd8_temra")
_OF_CLL = {
    "CD40": (0.85, (2000, 0.24)),
    "CD80": (0.06, (1800, 0.22)),
    "CD86": (0.20, (2000, 0.25)),
    "CD95": (0.15, (2500, 0.22)),
    "HLA-DR": (0.95, (10000, 0.22)),
}
# a trait of one marker has its name; what follows the name are shares and expression
TRAITS = MappingProxyType(
    {
        "CXCR3": Trait(
            dict.fromkeys(_MEMORY_CD4, 0.40) | dict.fromkeys(_MEMORY_CD8, 0.50),
            {"CXCR3": (2200, 0.22)},
        ),
        "CCR6": Trait(dict.fromkeys(_MEMORY_CD4, 0.30), {"CCR6": (2400, 0.22)}),
        "activated": Trait(
            {
                "t_cd4_naive": 0.002,
                "t_cd4_cm": 0.03,
                "t_cd4_em": 0.08,
                "treg": 0.08,
                "t_cd8_cm": 0.06,
                "t_cd8_em": 0.15,
                "t_cd8_temra": 0.08,
            },
            {"HLA-DR": (3500, 0.22), "CD38": (7500, 0.17)},
        ),
        "PD1": Trait(
            dict.fromkeys(_MEMORY_CD4, 0.25)
            | dict.fromkeys(_MEMORY_CD8, 0.35)
            | {"t_cd4_naive": 0.01, "t_cd8_naive": 0.02},
            {"PD1": (2400, 0.24)},
        ),
        "CD57": Trait(
            {
                "t_cd4_em": 0.15,
                "t_cd4_temra": 0.40,
                "t_cd8_em": 0.25,
                "t_cd8_temra": 0.65,
                "nk_dim": 0.45,
            },
            {"CD57": (6000, 0.30)},
        ),
        "GranzymeB": Trait(
            {
                "nk_dim": 0.92,
                "nk_bright": 0.25,
                "nkt_like": 0.7,
                "t_cd8_temra": 0.90,
                "t_cd8_em": 0.60,
                "t_cd8_cm": 0.08,
                "t_cd8_naive": 0.01,
                "t_cd4_em": 0.05,
                "t_cd4_temra": 0.7,
                "t_gd": 0.7,
            },
            {"GranzymeB": (5500, 0.26)},
        ),
        "KI67": Trait(
            dict.fromkeys((*_MEMORY_CD4, *_MEMORY_CD8), 0.03) | {"treg": 0.12},
            {"KI67": (4000, 0.2)},
        ),
        "CCR5": Trait(
            dict.fromkeys(("t_cd4_em", "t_cd8_em"), 0.5) | {"t_cd4_cm": 0.1},
            {"CCR5": (2000, 0.2)},
        ),
        **{
            marker: Trait(dict.fromkeys(CLL, share), {marker: expression})
            for marker, (share, expression) in _OF_CLL.items()
        },
    }
)
_OF_FUNCTIONS = {
    "IFNg": (4000, 0.24),
    "IL2": (2500, 0.22),
    "TNF": (5000, 0.24),
    "CD107a": (4500, 0.24),
    "IL4": (1800, 0.20),
    "IL17": (2500, 0.22),
}
EXPRESSION_OF_FUNCTIONS = MappingProxyType(_OF_FUNCTIONS)

STIMULATED: Responses = MappingProxyType(
    {
        "t_cd4": {
            ("IFNg",): 0.006,
            ("IL2",): 0.010,
            ("TNF",): 0.010,
            ("IFNg", "TNF"): 0.006,
            ("IL2", "TNF"): 0.012,
            ("IFNg", "IL2", "TNF"): 0.008,
            ("IFNg", "TNF", "CD107a"): 0.003,
            ("CD107a",): 0.004,
            ("IL4",): 0.005,
            ("IL17",): 0.006,
        },
        "t_cd8": {
            ("IFNg",): 0.020,
            ("TNF",): 0.010,
            ("CD107a",): 0.020,
            ("IFNg", "TNF"): 0.020,
            ("IFNg", "CD107a"): 0.015,
            ("IFNg", "TNF", "CD107a"): 0.020,
            ("IFNg", "IL2", "TNF"): 0.006,
        },
    }
)
UNSTIMULATED: Responses = MappingProxyType(
    {
        "t_cd4": {("TNF",): 0.0004, ("CD107a",): 0.0004, ("IL2",): 0.0002, ("IFNg",): 0.0002},
        "t_cd8": {("TNF",): 0.0004, ("CD107a",): 0.0008, ("IFNg",): 0.0004},
    }
)


def draw_traits(
    labels: np.ndarray, traits: Mapping[str, Mapping[str, float]], rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Draw which cells have which trait.

    Parameters
    ----------
    labels
        Label of each cell, shape (cells,).
    traits
        Share of the cells that have it, by trait and label.
    rng
        Source of randomness.

    Returns
    -------
    For each trait a boolean array of shape (cells,).
    """
    drawn = {}
    for name, shares in traits.items():
        share = np.zeros(len(labels))
        for label, value in shares.items():
            share[labels == label] = value
        drawn[name] = rng.random(len(labels)) < share
    return drawn


def draw_functions(
    labels: np.ndarray, responses: Responses, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Draw which T cells make what, one combination a cell.

    Parameters
    ----------
    labels
        Label of each cell, shape (cells,).
    responses
        By lineage (``t_cd4``, ``t_cd8``) the share of its cells that have exactly this combination
        of functions; the rest have none.
    rng
        Source of randomness.

    Returns
    -------
    For each function a boolean array of shape (cells,).

    Raises
    ------
    ValueError
        For a lineage or function that is not simulated, or shares of more than 1.
    """
    _check_responses(responses)
    drawn = {name: np.zeros(len(labels), dtype=bool) for name in FUNCTIONS}
    for lineage, shares in responses.items():
        cells = np.flatnonzero(np.isin(labels, LINEAGES[lineage]))
        chances = [*shares.values(), max(0.0, 1 - sum(shares.values()))]
        chosen = rng.choice(len(chances), len(cells), p=chances)
        for number, combination in enumerate(shares):
            for function in combination:
                drawn[function][cells[chosen == number]] = True
    return drawn


def _check_responses(responses: Responses) -> None:
    for lineage, shares in responses.items():
        unknown = {name for combination in shares for name in combination} - set(FUNCTIONS)
        if lineage not in LINEAGES or unknown or sum(shares.values()) > 1:
            msg = (
                f"responses of {lineage!r}: lineages are {', '.join(LINEAGES)}, functions "
                f"{', '.join(FUNCTIONS)}, and shares add up to 1 at most"
            )
            raise ValueError(msg)
