"""What populations, features and specimens are called in words; what has none keeps its key."""

import re

from correlates.analyses.cells import SPECIMENS
from correlates.report.assay_names import assay_feature_name

# As the shipped templates gate them; a study's own template may know other keys.
POPULATIONS = {
    "root": "all events",
    "steady": "events of the steady acquisition",
    "on_scale": "events on scale",
    "single": "single events",
    "live": "single events without the viability dye",
    "viable": "viable cells",
    "singlets": "single cells",
    "cd45": "leukocytes",
    "cd45_t": "CD3+ leukocytes",
    "cd45_b": "CD19+ leukocytes",
    "mono": "monocytes",
    "ssc_low": "leukocytes of low side scatter",
    "lymph": "lymphocytes",
    "cd19_pos": "CD19+ lymphocytes",
    "cd19_neg": "CD19− lymphocytes",
    "cd3_pos": "CD3+ CD19− lymphocytes",
    "cd5_pos": "CD5+ CD19+ lymphocytes",
    "cll": "CLL cells",
    "b_normal": "normal B cells",
    "t": "T cells",
    "t_dp": "CD4+ CD8+ T cells",
    "t_cd4": "CD4+ T cells",
    "t_cd8": "CD8+ T cells",
    "t_dn": "CD4− CD8− T cells",
    "ra_pos": "CD45RA+ T cells",
    "ccr7_pos": "CCR7+ T cells",
    "t_cd4_naive": "naive CD4+ T cells",
    "t_cd4_cm": "central memory CD4+ T cells",
    "t_cd4_em": "effector memory CD4+ T cells",
    "t_cd4_temra": "CD4+ TEMRA cells",
    "t_cd8_naive": "naive CD8+ T cells",
    "t_cd8_cm": "central memory CD8+ T cells",
    "t_cd8_em": "effector memory CD8+ T cells",
    "t_cd8_temra": "CD8+ TEMRA cells",
    "nkt_like": "CD56+ T cells",
    "nk_pre": "CD3− CD19− CD14− lymphocytes",
    "cd56_pos": "CD56+ CD3− CD19− lymphocytes",
    "cd16_pos": "CD16+ CD3− CD19− lymphocytes",
    "cd7_pos": "CD7+ CD3− CD19− lymphocytes",
    "nk": "NK cells",
    "nk_cd56neg": "CD56− NK cells",
    "nk_cd56bright": "CD56bright NK cells",
    "nk_cd56dim": "CD56dim NK cells",
    "nk_cd16": "CD16+ NK cells",
    "nk_bright": "CD56bright CD16− NK cells",
    "nk_dim": "CD56dim CD16+ NK cells",
    "cd57_pos": "CD57+ NK cells, CD56− ones included",
    "nk_cd57": "CD57+ NK cells",
}
# Of one marker, and of several.
INTENSITIES = {
    "mfi": ("intensity", "intensities"),
    "mfir": ("intensity over FMO", "intensities over FMO"),
    "dmfi": ("intensity above FMO", "intensities above FMO"),
    "mesf": ("MESF", "MESF"),
    "abc": ("antibodies bound per cell", "antibodies bound per cell"),
}
# Of stimulated cells against unstimulated ones.
_STIMULATIONS = {
    "net": "{of} {name} after {agent}, % above unstimulated",
    "pi": "polyfunctionality of {name} after {agent}",
    "net_pi": "polyfunctionality of {name} after {agent}, above unstimulated",
    "response": "response of {name} to {agent}",
}
_STIMULATION = re.compile(r"(?P<kind>net_pi|net|pi|response)_(?P<agent>[a-z0-9.+-]+)")
_MARKERS = {"viability": "viability dye"}
_ITEM = re.compile(r"(?P<feature>\w\S*?__\S+?)(@(?P<baseline>\w+))?, (?P<specimen>\w+)")


def feature_name(feature: str) -> str:
    """Return a feature in words: ``t_cd4__abs`` as ``CD4+ T cells per µL``.

    A feature of a population or statistic that has no words here is returned as it is.
    """
    population, _, rest = feature.partition("__")
    statistic, _, of = rest.partition("__")
    name = POPULATIONS.get(population)
    if name is None:
        return assay_feature_name(feature, POPULATIONS)
    if rest == "abs":
        return sentence_case(f"{name} per µL")
    if statistic == "pct" and of in POPULATIONS:
        return sentence_case(f"{name}, % of {POPULATIONS[of]}")
    if statistic in INTENSITIES and of:
        marker = _MARKERS.get(of, of.upper())
        return sentence_case(f"{marker} {INTENSITIES[statistic][0]} of {name}")
    if statistic == "adt" and of:
        return sentence_case(f"{_MARKERS.get(of, of.upper())} on {name} (CITE-seq)")
    stimulation = _STIMULATION.fullmatch(statistic)
    if stimulation is not None:
        said = _STIMULATIONS[stimulation["kind"]].format(
            name=name, agent=stimulation["agent"].upper(), of=_functions_name(of)
        )
        return sentence_case(said)
    if rest == "cells":
        return sentence_case(f"{name}, one by one")
    if rest in INTENSITIES:
        return sentence_case(f"{INTENSITIES[rest][1]} of {name}")
    return feature


def _functions_name(functions: str) -> str:
    """Return functions in words: ``ifng+il2-`` as ``IFNG+ IL2−``, ``any`` as ``cytokine+``."""
    if functions == "any":
        return "any-function+"
    one = functions.upper()
    return one.replace("+", "+ ").replace("-", "− ").strip() if one[-1:] in "+-" else f"{one}+"


def marker_name(marker: str) -> str:
    """Return a marker in words: ``nk__abs@B1`` as ``NK cells per µL at B1``; else as it is."""
    feature, *at = marker.split("@")
    name = feature_name(feature)
    if name == feature:
        return marker
    return ", ".join([" at ".join([name, *at[:1]]), *map(specimen_name, at[1:])])


def specimen_name(specimen: str) -> str:
    """Return a specimen in words."""
    return SPECIMENS.get(specimen, specimen)


def item_name(item: str) -> str:
    """Return the item of an exclusion in words, or nothing where its key is all there is.

    ``nk__abs@B1, fresh_wb`` is ``NK cells per µL at B1, fresh whole blood``.
    """
    found = _ITEM.fullmatch(item)
    if found is None or feature_name(found["feature"]) == found["feature"]:
        return ""
    at = f" at {found['baseline']}" if found["baseline"] else ""
    return f"{feature_name(found['feature'])}{at}, {specimen_name(found['specimen'])}"


def sentence_case(words: str) -> str:
    """Return words with a capital letter at their beginning and the rest as it is."""
    return words[:1].upper() + words[1:]
