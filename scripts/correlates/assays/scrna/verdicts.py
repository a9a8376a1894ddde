"""How good the cells of each sample and batch are, in words, and as flags of what is measured."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from correlates.assays.quality import FAIL, FLAG, Reason
from correlates.assays.scrna.cell_types import CONFLICT, UNASSIGNED

# Types that a doublet of both shows to nobody, beside those of one lineage.
_FEWEST_VISIBLE = 0.1
MANY_DOUBLETS, SHALLOW, DEPTH = "many_doublets", "shallow_cells", "depth_unlike_others"
LIGHT_CHAINS = "light_chains_not_restricted"
_FEWEST_LIGHT_CELLS = 20


def judge_sample(
    one: Mapping, settings: Mapping, usual_counts: float | None
) -> list[tuple[str, Reason]]:
    """Judge one sample.

    Parameters
    ----------
    one
        Its part of the summary of its file (`one_file.FileResult`).
    settings
        The config's block ``scrna``.
    usual_counts
        Median over the study's samples of their median counts a cell; None if there is none.

    Returns
    -------
    Codes, as flags of measurements carry them, with their reasons. The only one that fails a sample
    is that nothing of it can be measured.
    """
    if one["state"] != "measured":
        return [(one["code"], Reason(FAIL, f"{_sentence(one['problem'])} {one['remedy']}"))]
    n_sound = one["n_kept"] + one["n_doublets"]
    if not n_sound:
        words = (
            f"None of {one['n_barcodes']} barcodes is a sound cell: {_removed(one)}. The droplets "
            "were empty or broken; nothing of this sample is evaluable."
        )
        return [("no_sound_cells", Reason(FAIL, words))]
    limits = settings["verdicts"]
    found = [
        *_of_numbers(one, n_sound, limits),
        *_of_doublets(one, n_sound, limits, settings),
        *_of_types(one, limits),
        *_of_depth(one, usual_counts, limits),
    ]
    return [(code, Reason(FLAG, words)) for code, words in found]


def _of_numbers(one: Mapping, n_sound: int, limits: Mapping) -> Iterable[tuple[str, str]]:
    if one["n_kept"] < limits["min_sample_cells"]:
        yield "few_cells_of_sample", f"{one['n_kept']} sound cells."
    removed = 100 * (one["n_barcodes"] - n_sound) / one["n_barcodes"]
    if removed > limits["max_removed_pct"]:
        yield (
            "many_barcodes_removed",
            f"{removed:.0f} % of {one['n_barcodes']} barcodes are no sound cells: {_removed(one)}. "
            "Is this the filtered matrix?",
        )
    counts = one["median_counts"]
    if counts < limits["min_median_counts"]:
        yield SHALLOW, f"{counts:.0f} counts in the median cell: few genes are seen."
    mito = one["median_mito_pct"]
    if mito is None:
        yield (
            "mito_not_evaluable",
            "No mitochondrial genes (MT-) are in the matrix: dying cells are not seen by them.",
        )
    elif mito > limits["max_median_mito_pct"]:
        yield "many_dying_cells", f"{mito:.1f} % mitochondrial counts in the median cell."


def _of_doublets(
    one: Mapping, n_sound: int, limits: Mapping, settings: Mapping
) -> Iterable[tuple[str, str]]:
    share = doublet_share(one, settings)
    if share is not None and share > limits["max_doublet_pct"] / 100:
        seen = one["n_doublets"] + one["n_conflicts"]
        yield (
            MANY_DOUBLETS,
            f"{seen} of {n_sound} sound barcodes hold two cells of different lineages, so that "
            f"about {100 * share:.0f} % of all may be doublets; those of two cells of one kind are "
            "seen by nobody and stay in.",
        )
    conflicts = 100 * one["n_conflicts"] / n_sound
    if conflicts > limits["max_conflict_pct"]:
        yield "conflicting_markers", f"{conflicts:.0f} % show markers that exclude each other."
    if one["doublets_by"] == "not_evaluable":
        yield "doublets_not_evaluable", "Too few cells in the lane to look for doublets."
    elif one["doublets_by"] == "expected_rate":
        yield (
            "doublets_by_expected_rate",
            "The scores of simulated doublets do not part, so only as many were removed as the "
            "instrument is expected to make.",
        )


def _of_types(one: Mapping, limits: Mapping) -> Iterable[tuple[str, str]]:
    n_typed = sum(one["types"].values())
    if not n_typed:
        return
    unassigned = 100 * one["types"].get(UNASSIGNED, 0) / n_typed
    if unassigned > limits["max_unassigned_pct"]:
        yield "many_unassigned", f"{unassigned:.0f} % of the cells have no type."
    if one["unknown_labels"]:
        named = ", ".join(one["unknown_labels"][:6])
        yield "labels_unknown", f"Labels without a type: {named}. Add them to scrna.labels."
    kappa, lambda_ = one["light_chains"]["kappa"], one["light_chains"]["lambda"]
    if kappa + lambda_ >= _FEWEST_LIGHT_CELLS:
        ratio = max(kappa, lambda_) / max(min(kappa, lambda_), 1)
        if ratio <= limits["min_light_chain_ratio"]:
            yield (
                LIGHT_CHAINS,
                f"Cells typed as the clone have both light chains ({kappa} kappa, {lambda_} "
                "lambda): normal B cells, or a second clone, are among them.",
            )


def _of_depth(one: Mapping, usual: float | None, limits: Mapping) -> Iterable[tuple[str, str]]:
    fold = limits["max_depth_fold"]
    if usual and not usual / fold <= one["median_counts"] <= usual * fold:
        yield (
            DEPTH,
            f"{one['median_counts']:.0f} counts in the median cell, {usual:.0f} in the study's "
            "median sample: detection depends on it; use the one at common depth.",
        )


def doublet_share(one: Mapping, settings: Mapping) -> float | None:
    """Estimate the share of doublets from those of two lineages, which alone are seen.

    Parameters
    ----------
    one
        The part of a sample in the summary of its file.
    settings
        The config's block ``scrna``.

    Returns
    -------
    Seen doublets over the chance that two random cells of the sample are of lineages which exclude
    each other; None where that is below 10 %.
    """
    rules, n_sound = settings["types"], one["n_kept"] + one["n_doublets"]
    counts: dict[str, int] = {}
    for name, n_cells in one["types"].items():
        if name not in (UNASSIGNED, CONFLICT):
            lineage = rules.get(name, {}).get("within") or name
            counts[lineage] = counts.get(lineage, 0) + n_cells
    total = sum(counts.values())
    if not total:
        return None
    pairs = settings["typing"]["excluding"]
    visible = sum(2 * counts.get(a, 0) * counts.get(b, 0) for a, b in pairs) / total**2
    if visible < _FEWEST_VISIBLE:
        return None
    return min(1.0, (one["n_doublets"] + one["n_conflicts"]) / n_sound / visible)


def usual_depth(samples: Iterable[Mapping]) -> float | None:
    """Return the median over samples of their median counts a cell."""
    depths = [one["median_counts"] for one in samples if one.get("median_counts") is not None]
    return float(np.median(depths)) if depths else None


def judge_batch(rows: Sequence[Mapping], failed: int) -> list[Reason]:
    """Judge a batch: what its rows of the sheet differ in, and how many samples failed."""
    reasons = []
    for column, words in (("chemistry", "chemistries"), ("ambient", "ambient corrections")):
        said = sorted({row.get(column) or "not told" for row in rows})
        if len(said) > 1:
            text = f"Its samples differ in their {words}: {', '.join(said)}."
            reasons.append(Reason(FLAG, text))
    if failed == len(rows):
        reasons.append(Reason(FAIL, "No sample of it can be measured."))
    elif failed:
        reasons.append(Reason(FLAG, f"{failed} of {len(rows)} samples failed."))
    return reasons


def _removed(one: Mapping) -> str:
    words = {
        **{"few_counts": "too few counts", "few_genes": "too few genes"},
        **{"outlying_counts": "outlying counts", "outlying_genes": "outlying genes"},
        "high_mito": "too many mitochondrial counts",
    }
    told = [f"{n} with {words[name]}" for name, n in one["removed"].items() if n]
    return ", ".join(told) or "none was left out"


def _sentence(text: str) -> str:
    # A name of a file keeps its small letters.
    if "." not in text.partition(" ")[0]:
        text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?")) else f"{text}."
