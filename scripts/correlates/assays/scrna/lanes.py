"""The lanes of one file: sound cells, doublets, types and sums, one lane after the other."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import sparse

from correlates.assays.scrna.cell_types import (
    CONFLICT,
    Typed,
    find_conflicts,
    marker_genes,
    marker_values,
    members,
    type_by_markers,
    types_of_labels,
)
from correlates.assays.scrna.cells import KEPT, REASONS, CellLimits, cell_metrics, judge_cells
from correlates.assays.scrna.doublets import Doublets, find_doublets, no_doublets
from correlates.assays.scrna.features import (
    ISOTYPE,
    Features,
    find_genes,
    mitochondrial,
    protein_keys,
)
from correlates.assays.scrna.overdispersion import variance_of_sum
from correlates.assays.scrna.pseudobulk import centred_log_ratio, sum_by_group, thinned_share
from correlates.assays.scrna.refusals import (
    OBS_COLUMN_MISSING,
    Refused,
)
from correlates.assays.scrna.source import CellSource
from correlates.assays.scrna.variable import log_shares
from correlates.assays.scrna.whose import shared

DOUBLET = "doublet"
CELL_COLUMNS = (
    *("barcode", "place", "counts", "genes", "mito_pct", "verdict", "doublet_score", "type"),
)
_KAPPA, _LAMBDA = ("IGKC",), ("IGLC1", "IGLC2", "IGLC3", "IGLC6", "IGLC7")
_FEWEST_LIGHT = 5


class Lanes:
    """The lanes of one file, measured one after the other, so that memory holds one.

    Parameters
    ----------
    source
        The file.
    rows
        Its rows of the sheet.
    settings
        The config's block ``scrna``.
    """

    def __init__(self, source: CellSource, rows: Sequence[Mapping], settings: Mapping) -> None:
        self.source, self.rows, self.settings = source, rows, settings
        self.is_gene, self.is_antibody = source.features.is_gene, source.features.is_antibody
        self.genes: Features = source.features.only(self.is_gene)
        antibodies = source.features.only(self.is_antibody)
        self.proteins = protein_keys(antibodies.symbols, settings["antibodies"])
        self.isotypes = np.array([bool(ISOTYPE.search(s)) for s in antibodies.symbols], dtype=bool)
        named = [*marker_genes(settings["types"]), *_KAPPA, *_LAMBDA]
        self.marker_places = find_genes(self.genes, named, {})
        self.targets = find_genes(self.genes, list(settings["genes"]), settings["genes"])
        self.samples: list[dict] = []
        self.markers: list[dict] = []
        self._cells: list[pd.DataFrame] = []
        self._sums: dict[str, np.ndarray] = {}

    def measure(self, chosen: Mapping[int, np.ndarray]) -> None:
        """Measure the samples of one lane.

        Parameters
        ----------
        chosen
            Which cells belong to each sample, by the place of its row.

        Raises
        ------
        Refused
            If the counts are none, or a column that the sheet names is not there.
        """
        of_lane = np.any(list(chosen.values()), axis=0)
        owner = np.full(len(of_lane), -1)
        for place, own in chosen.items():
            owner[own] = place
        owner = owner[of_lane]
        whole = self.source.counts(of_lane)
        counts, proteins = whole[:, self.is_gene], whole[:, self.is_antibody]
        cells = cell_metrics(counts, mitochondrial(self.genes))
        cells = cells.assign(barcode=self.source.barcodes[of_lane], place=owner)
        limits = {}
        verdict = np.full(len(cells), KEPT, dtype=object)
        for place in chosen:
            own = owner == place
            verdict[own], limits[place] = judge_cells(cells[own], self.settings["quality"])
        sound = np.flatnonzero(verdict == KEPT)
        doublets = self._doublets(counts[sound])
        verdict[sound[doublets.called]] = DOUBLET
        score = np.full(len(cells), np.nan)
        score[sound] = doublets.scores
        cells = cells.assign(verdict=verdict, doublet_score=score, type="")
        kept = np.flatnonzero(verdict == KEPT)
        shares = log_shares(counts[kept])
        types, unknown = self._types(shares, of_lane, kept)
        cells.loc[cells.index[kept], "type"] = types.types
        self._note_markers(shares, types.types)
        for place in chosen:
            own = owner[kept] == place
            about = self._sample(cells[owner == place], limits[place], doublets, unknown)
            about |= self._groups(place, counts[kept[own]], proteins[kept[own]], types.types[own])
            about["n_conflicts"] = int(types.conflicts[own].sum())
            self.samples.append({"place": place, "state": "measured", **about})
        self._cells.append(cells[list(CELL_COLUMNS)])

    def cell_table(self) -> pd.DataFrame:
        """Return every barcode of the samples."""
        empty = pd.DataFrame(columns=list(CELL_COLUMNS))
        return pd.concat(self._cells, ignore_index=True) if self._cells else empty

    def sum_table(self) -> pd.DataFrame:
        """Return the summed counts of every gene."""
        names = {"gene_id": self.genes.ids, "symbol": self.genes.symbols}
        return pd.DataFrame(names | self._sums)

    def _doublets(self, counts: sparse.csr_matrix) -> Doublets:
        if not self.settings["doublets"]["find"]:
            return no_doublets(counts.shape[0], "not_asked")
        return find_doublets(counts, self.settings["doublets"]["seed"])

    def _types(
        self, shares: sparse.csr_matrix, of_lane: np.ndarray, kept: np.ndarray
    ) -> tuple[Typed, list[str]]:
        """Return the types of the kept cells, by given labels or by markers."""
        rules, settings = self.settings["types"], self.settings["typing"]
        column = shared(self.rows, "cell_type_column")
        if not column:
            typed = type_by_markers(shares, self.marker_places, rules, settings)
            types = np.where(typed.conflicts, CONFLICT, typed.types)
            return Typed(types, typed.conflicts), []
        if column not in self.source.obs:
            problem = f"the file has no obs column {column!r}, which shall hold cell types"
            raise Refused(OBS_COLUMN_MISSING, problem, "Correct the column cell_type_column.")
        labels = self.source.obs[column].astype(str).to_numpy()[of_lane][kept]
        types, unknown = types_of_labels(labels, self.settings["labels"])
        own = marker_values(shares, self.marker_places)
        return Typed(types, find_conflicts(own, types, rules, settings)), unknown

    def _note_markers(self, shares: sparse.csr_matrix, types: np.ndarray) -> None:
        """Note by how many cells of each type each marker is shown, for the figure."""
        for gene, values in marker_values(shares, self.marker_places).items():
            for kind in sorted(set(types)):
                own = values[types == kind]
                self.markers.append(
                    {
                        **{"type": kind, "gene": gene, "n_cells": len(own)},
                        "n_positive": int((own > 0).sum()),
                        "sum": round(float(own.sum()), 4),
                    }
                )

    def _sample(
        self, cells: pd.DataFrame, limits: CellLimits, doublets: Doublets, unknown: Iterable[str]
    ) -> dict:
        sound = cells[cells["verdict"].isin((KEPT, DOUBLET))]
        medians = {
            f"median_{name}": None if sound.empty or sound[name].isna().all()
            else round(float(sound[name].median()), 3)
            for name in ("counts", "genes", "mito_pct")
        }  # fmt: skip
        return {
            "n_barcodes": len(cells),
            "n_kept": int((cells["verdict"] == KEPT).sum()),
            "n_doublets": int((cells["verdict"] == DOUBLET).sum()),
            "removed": {name: int((cells["verdict"] == name).sum()) for name in REASONS},
            **medians,
            "limits": {
                name: [_finite(end) for end in getattr(limits, name)]
                for name in ("counts", "genes")
            }
            | {"mito_pct": _finite(limits.mito_pct)},
            "doublet_threshold": _finite(doublets.threshold),
            "doublets_by": doublets.how,
            "types": {k: int(n) for k, n in cells["type"].value_counts().items() if k},
            "unknown_labels": list(unknown),
        }

    def _groups(
        self, place: int, counts: sparse.csr_matrix, proteins: sparse.csr_matrix, types: np.ndarray
    ) -> dict:
        """Sum the kept cells of one sample by type, and note what the genes asked for show."""
        reported = self.settings["report_types"]
        library = np.asarray(counts.sum(axis=1)).ravel()
        groups = []
        for key in reported:
            own = members(types, key, self.settings["types"])
            group = np.where(own, 0, -1)
            sums = sum_by_group(counts, group, 1)[0]
            self._sums[f"{place}|{key}"] = sums
            groups.append(
                {
                    **{"type": key, "n_cells": int(own.sum()), "library": int(sums.sum())},
                    "median_counts": _finite(np.median(library[own])) if own.any() else None,
                    "genes": self._genes_of(counts[own], library[own]),
                    "proteins": self._proteins_of(proteins[own]),
                }
            )
        return {"groups": groups, "light_chains": self._light_chains(counts, types)}

    def _genes_of(self, counts: sparse.csr_matrix, library: np.ndarray) -> dict:
        found = {}
        for gene, place in self.targets.items():
            own = counts[:, [place]].toarray().ravel()
            share, deep = thinned_share(own, library, self.settings["detection_depth"])
            variance = variance_of_sum(own, library)
            found[gene] = {
                **{"count": int(own.sum()), "n_positive": int((own > 0).sum())},
                "count_variance": None if variance is None else _finite(variance),
                **{"thinned_pct": _finite(share), "n_deep": deep},
            }
        return found

    def _proteins_of(self, counts: sparse.csr_matrix) -> dict:
        if not self.proteins:
            return {}
        sums = np.asarray(counts.sum(axis=0)).ravel()
        ratios = centred_log_ratio(sums, ~self.isotypes)
        highest = float(sums[self.isotypes].max(initial=0))
        return {
            key: {
                **{"sum": int(total), "clr": _finite(ratio)},
                "above_isotype": bool(total > highest) if self.isotypes.any() else None,
            }
            for key, total, ratio, is_isotype in zip(
                self.proteins, sums, ratios, self.isotypes, strict=True
            )
            if not is_isotype
        }

    def _light_chains(self, counts: sparse.csr_matrix, types: np.ndarray) -> dict:
        """Count the cells of the clone with more kappa, and with more lambda."""
        clone = counts[members(types, "cll", self.settings["types"])]
        chains = [
            np.asarray(clone[:, [self.marker_places[g] for g in genes if g in self.marker_places]]
                       .sum(axis=1)).ravel()
            for genes in (_KAPPA, _LAMBDA)
        ]  # fmt: skip
        kappa, lambda_ = chains
        clear = kappa + lambda_ >= _FEWEST_LIGHT
        return {
            "kappa": int((clear & (kappa > lambda_)).sum()),
            "lambda": int((clear & (lambda_ > kappa)).sum()),
        }


def _finite(value: float) -> float | None:
    return round(float(value), 6) if np.isfinite(value) else None
