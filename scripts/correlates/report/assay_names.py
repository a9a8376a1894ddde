"""What features of the assays beside flow are called in words; what has none keeps its key."""

from collections.abc import Mapping

from correlates.pages.analytes import CELLS, analyte_name

# By statistic; {of} is the analyte, {cells} " in CLL cells" or empty.
_STATISTICS = {
    "occ": "{of} occupancy{cells}",
    "occ_raw": "{of} occupancy{cells}, signed",
    "ff": "free {of}{cells}, share of all",
    "log10_ff": "free {of}{cells}, log10 of the share",
    "log2_cnrq": "{of} RNA{cells} (RT-qPCR, log2)",
    "log2_cpm": "{of} mRNA{cells} (sequencing, log2 CPM)",
    "log2_pb_cpm": "{of} mRNA{cells} (single cells summed, log2 CPM)",
    "detected": "{of} mRNA{cells}, % of cells in which it is seen",
    "detected_at_depth": "{of} mRNA{cells}, % of cells in which it is seen at one depth",
    "psi10": "{of} transcripts with exon 10{cells}",
    "net": "{of} protein{cells}, above FMO",
    "log2_ratio": "{of} protein{cells} (western, log2)",
    "conc": "{of}{cells}",
    "rate": "{of}",
    "vaf": "{of}, variant allele frequency",
    "ccf": "{of}, share of cancer cells",
    "cmax": "{of}, highest concentration",
    "tmax": "{of}, time of the highest concentration",
    "auc_last": "{of}, AUC to the last measured time",
    "auc_tau": "{of}, AUC over the dosing interval",
    "auc_inf": "{of}, AUC to infinity",
    "half_life": "{of}, half-life",
    "cl_f": "{of}, oral clearance",
    "cmax_dn": "{of}, highest concentration per mg",
    "auc_tau_dn": "{of}, AUC over the dosing interval per mg",
    "auc_inf_dn": "{of}, AUC to infinity per mg",
    "auc_ratio": "{of}, AUC over that of its parent (molar)",
    "copies": "{of}, copies of the effect allele",
    "rri": "recruitment of F-actin to the synapse{cells} (median index)",
    "area": "area of the synapse{cells} (median, µm²)",
    "gzmb": "conjugates with polarised granzyme B{cells}, %",
}
# Words that begin with a letter that stays small.
_SMALL = frozenset({"mir155", "b2m", "stnfr1", "svegfr2", "bfgf"})


def assay_feature_name(feature: str, populations: Mapping[str, str]) -> str:
    """Return a feature in words: ``btk__occ__cll`` as ``BTK occupancy in CLL cells``.

    One of a statistic that has no words here is returned as it is.

    Parameters
    ----------
    feature
        Key of the feature.
    populations
        Words of the populations that flow knows.
    """
    analyte, _, rest = feature.partition("__")
    statistic, _, cells = rest.partition("__")
    words = _STATISTICS.get(statistic)
    if words is None or "__" in cells:
        return feature
    where = CELLS.get(cells) or populations.get(cells, cells)
    said = words.format(of=analyte_name(analyte), cells=f" in {where}" if cells else "")
    return said if analyte in _SMALL else said[:1].upper() + said[1:]
