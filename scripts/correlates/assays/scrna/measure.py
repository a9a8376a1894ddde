"""From the summaries of all files to the measurement table: every draw, type and gene has a row."""

from collections.abc import Iterable, Mapping, Sequence

from correlates.assays.rows import measurement
from correlates.assays.scrna.pseudobulk import detected_share, log2_cpm
from correlates.assays.scrna.sizes import TMM
from correlates.assays.scrna.verdicts import LIGHT_CHAINS
from correlates.intervals import clopper_pearson

ASSAY = "scrna"
# Cells added up are no library of bulk RNA, and no name is shared with the features of that assay.
LOG2_CPM, DETECTED, AT_DEPTH, ADT = "log2_pb_cpm", "detected", "detected_at_depth", "adt"
_UNITS = {LOG2_CPM: "log2 CPM", DETECTED: "%", AT_DEPTH: "%", ADT: "clr"}
FEW_CELLS, NO_GENE = "few_cells_of_type", "gene_not_in_matrix"
SUBSET, FEW_DEEP = "matrix_is_subset_of_genes", "few_cells_at_depth"
BELOW_ISOTYPE, NO_ANTIBODY = "not_above_isotype", "antibody_without_counts"
_OF_CLONE = "cll"


def measure_sample(
    row: Mapping, one: Mapping, about: Mapping, flags: Sequence[str], settings: Mapping
) -> list[dict]:
    """Return the measurements of one sample.

    Parameters
    ----------
    row
        Its row of the sheet.
    one
        Its part of the summary of its file; ``state`` other than ``measured`` has no groups.
    about
        The file: ``n_genes`` of a file that was read.
    flags
        Codes of the sample's reasons, on every row.
    settings
        The config's block ``scrna``.

    Returns
    -------
    Rows of the measurement table: of every gene and type that the config names, also where nothing
    can be measured, and of every antibody of the file.
    """
    groups = {group["type"]: group for group in one.get("groups", ())}
    rows = []
    for kind in settings["report_types"]:
        of_type = _Writer(row, kind, groups.get(kind), _flags_of(kind, flags), settings)
        for gene in settings["genes"]:
            rows += of_type.gene_rows(gene, about.get("n_genes", 0))
        rows += of_type.protein_rows()
    return rows


def _flags_of(kind: str, flags: Iterable[str]) -> list[str]:
    # What the clone's light chains tell says nothing of other cells.
    return [flag for flag in flags if flag != LIGHT_CHAINS or kind == _OF_CLONE]


class _Writer:
    """The measurements of one type of one sample."""

    def __init__(
        self,
        row: Mapping,
        kind: str,
        group: Mapping | None,
        flags: Sequence[str],
        settings: Mapping,
    ) -> None:
        self.row, self.kind, self.group = row, kind, group
        self.flags, self.settings = list(flags), settings
        self.n_cells = group["n_cells"] if group else 0

    def gene_rows(self, gene: str, n_genes: int) -> list[dict]:
        """Return the rows of one gene."""
        seen = (self.group or {}).get("genes", {}).get(gene)
        why = self._why_none(seen)
        if why:
            return [self._none(gene, name, why) for name in (LOG2_CPM, DETECTED, AT_DEPTH)]
        is_subset = n_genes < self.settings["min_genes_in_matrix"]
        rows = [
            self._none(gene, LOG2_CPM, SUBSET) if is_subset else self._cpm(gene, seen),
            self._value(
                *(gene, DETECTED),
                detected_share(seen["n_positive"], self.n_cells, self.settings["confidence"]),
            ),
        ]
        return [*rows, self._at_depth(gene, seen)]

    def protein_rows(self) -> list[dict]:
        """Return the rows of the antibodies of the file."""
        rows = []
        for name, seen in (self.group or {}).get("proteins", {}).items():
            if self.n_cells < self.settings["min_cells"]:
                rows.append(self._none(name, ADT, FEW_CELLS))
            elif seen["clr"] is None:
                rows.append(self._none(name, ADT, NO_ANTIBODY))
            else:
                flags = [BELOW_ISOTYPE] if seen["above_isotype"] is False else []
                answer = {"value": seen["clr"], "status": "ok"}
                rows.append(self._value(name, ADT, answer, flags))
        return rows

    def _why_none(self, seen: Mapping | None) -> str:
        """Say why nothing of a gene can be measured; the sample's own flags say why it has none."""
        if self.group is None:
            return "not_measured"
        if seen is None:
            return NO_GENE
        return FEW_CELLS if self.n_cells < self.settings["min_cells"] else ""

    def _cpm(self, gene: str, seen: Mapping) -> dict:
        size, level = self.group["size"], self.settings["confidence"]
        spread = seen["count_variance"], self.n_cells
        answer = log2_cpm(seen["count"], size, self.settings, level, *spread)
        return self._value(gene, LOG2_CPM, answer)

    def _at_depth(self, gene: str, seen: Mapping) -> dict:
        share, n_deep = seen["thinned_pct"], seen["n_deep"]
        if share is None or n_deep < self.settings["min_cells"]:
            return self._none(gene, AT_DEPTH, FEW_DEEP, n_deep)
        level = self.settings["confidence"]
        low, high = clopper_pearson(share / 100 * n_deep, n_deep, level)
        answer = {
            **{"value": share, "ci_low": 100 * float(low), "ci_high": 100 * float(high)},
            "status": "ok" if share > 0 else "nd",
            "limit": None if share > 0 else 100 * float(high),
        }
        return self._value(gene, AT_DEPTH, answer, n=n_deep)

    def _value(
        self,
        analyte: str,
        statistic: str,
        answer: Mapping,
        flags: Sequence[str] = (),
        n: int | None = None,
    ) -> dict:
        return measurement(
            *(self.row, ASSAY, self._feature(analyte, statistic)),
            unit=_UNITS[statistic],
            run=self.row.get("batch") or "",
            n=self.n_cells if n is None else n,
            method=self._method(statistic),
            flags=[*flags, *self.flags],
            **answer,
        )

    def _none(self, analyte: str, statistic: str, why: str, n: int | None = None) -> dict:
        answer = {"value": None, "status": "not_evaluable"}
        # A sample that was refused says itself why; its flags are then all there is to say.
        codes = [] if why == "not_measured" and self.flags else [why]
        return self._value(analyte, statistic, answer, codes, n)

    def _feature(self, analyte: str, statistic: str) -> str:
        if statistic == ADT:
            return f"{self.kind}__{ADT}__{analyte}"
        return f"{analyte.lower()}__{statistic}__{self.kind}"

    def _method(self, statistic: str) -> str:
        """Say how it was measured: values of unlike ways are never compared in one test."""
        how = {
            LOG2_CPM: f"pseudobulk of raw counts by {(self.group or {}).get('scaled_by', TMM)}",
            DETECTED: "cells with a count, depends on depth",
            AT_DEPTH: f"cells thinned to {self.settings['detection_depth']} counts",
            ADT: "centred log-ratio of summed counts",
        }[statistic]
        types = "given labels" if self.row.get("cell_type_column") else "markers"
        chemistry = self.row.get("chemistry") or "chemistry not told"
        ambient = self.row.get("ambient") or "not told"
        return f"{how}; types by {types}; {chemistry}; ambient correction {ambient}"
