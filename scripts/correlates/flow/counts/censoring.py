"""How often a population was not detected, by the lymphocyte count of the draw.

A tube of fixed size holds the fewer T and NK cells the more leukemia the blood holds, so that what
is censored follows the burden, and not chance.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from correlates.flow.counts.absolute import DRAW, read_blood_counts
from correlates.flow.counts.counting import ND
from correlates.measurements import USABLE

COLUMNS = (
    *("feature", "tertile", "alc_low_10e9_l", "alc_high_10e9_l"),
    *("n_draws", "n_nd", "share_nd"),
)
TERTILES = ("low", "middle", "high")
_FEWEST = len(TERTILES)


def nd_by_alc(measurements: pd.DataFrame, cbc: pd.DataFrame | Iterable[Mapping]) -> list[dict]:
    """Count what was not detected, by tertile of the absolute lymphocyte count.

    Parameters
    ----------
    measurements
        The measurement table; its absolute counts that were judged (``ok``, ``lt_lloq``, ``nd``)
        are counted.
    cbc
        Rows of the CBC sheet.

    Returns
    -------
    Rows of ``COLUMNS``: for each absolute count its three tertiles, with the lymphocyte counts
    between which they lie. The tertiles are those of the draws, the same for each feature. None
    where fewer than three draws have a lymphocyte count.
    """
    alc = read_blood_counts(cbc)["alc_10e9_l"]
    is_count = measurements["feature"].str.endswith("__abs")
    judged = measurements[is_count & measurements["status"].isin(USABLE)]
    of_row = alc.reindex(pd.MultiIndex.from_frame(judged[DRAW])).to_numpy()
    judged = judged.assign(alc=of_row)[~np.isnan(of_row)]
    draws = judged.drop_duplicates(DRAW)
    if len(draws) < _FEWEST:
        return []
    cuts = np.quantile(draws["alc"], [1 / 3, 2 / 3])
    judged = judged.assign(place=np.searchsorted(cuts, judged["alc"]))
    ranges = draws.assign(place=np.searchsorted(cuts, draws["alc"])).groupby("place")["alc"]
    low, high = ranges.min().to_dict(), ranges.max().to_dict()
    return [
        {
            "feature": feature,
            "tertile": TERTILES[place],
            "alc_low_10e9_l": f"{low[place]:g}",
            "alc_high_10e9_l": f"{high[place]:g}",
            "n_draws": len(rows),
            "n_nd": int((rows["status"] == ND).sum()),
            "share_nd": f"{(rows['status'] == ND).mean():.4g}",
        }
        for (feature, place), rows in judged.groupby(["feature", "place"], sort=True)
    ]
