"""Counts of stimulated and unstimulated tubes, for the tests of stimulations."""

from itertools import product

import numpy as np
import pandas as pd

from correlates.flow.ics.combinations import ANY, MARGINAL, SUBSET, subset_name
from correlates.flow.ics.judging import IcsSettings

FUNCTIONS = ("ifng", "il2", "tnf", "cd107a")
SETTINGS = IcsSettings(
    call="fisher",
    max_q=0.01,
    min_net_pct=0.05,
    min_fold=2,
    min_posterior=0.99,
    min_mixture_draws=10,
    max_background_pct=0.5,
    positive_controls=["seb"],
    min_positive_control_pct=1,
    polyfunctionality_q=1,
    min_parent_events=500,
)
# Shares of resting cells by combination.
RESTING = {("ifng",): 4e-4, ("tnf",): 4e-4, ("cd107a",): 2e-3, ("ifng", "tnf"): 5e-5}


def subsets(functions=FUNCTIONS):
    """Return names of all combinations but that of no function, with the functions of each."""
    for has in product((True, False), repeat=len(functions)):
        held = dict(zip(functions, has, strict=True))
        if any(has):
            yield subset_name(held), tuple(name for name in functions if held[name])


def counted(shares, total, rng, functions=FUNCTIONS) -> dict[tuple[str, str], int]:
    """Draw the counts of one tube by kind and combination; shares are by functions held."""
    named = list(subsets(functions))
    chances = [shares.get(held, 0.0) for _, held in named]
    drawn = rng.multinomial(total, [*chances, 1 - sum(chances)])[:-1]
    counts = {(SUBSET, name): int(n) for (name, _), n in zip(named, drawn, strict=True)}
    for function in functions:
        held = [int(n) for (_, has), n in zip(named, drawn, strict=True) if function in has]
        counts[MARGINAL, function] = sum(held)
    return counts | {(ANY, "any"): int(drawn.sum())}


def paired(stim, unstim, total_s, total_u, sample="P01_C1D1", agent="cmv", parent="t_cd8"):
    """Return the paired rows of one stimulated tube; `unstim` is None where there is none."""
    return pd.DataFrame(
        {
            "acquisition": f"{sample}__ics__stim_{agent}",
            "unstim": None if unstim is None else f"{sample}__ics__unstim",
            "sample": sample,
            "panel": "ics",
            "agent": agent,
            "parent": parent,
            "kind": kind,
            "combination": name,
            "n": float(n),
            "n_parent": float(total_s),
            "n_u": np.nan if unstim is None else float(unstim[kind, name]),
            "n_parent_u": np.nan if unstim is None else float(total_u),
            "failed": False,
            "failed_u": np.nan if unstim is None else False,
            "tube_flags": "",
            "tube_flags_u": "",
        }
        for (kind, name), n in stim.items()
    )
