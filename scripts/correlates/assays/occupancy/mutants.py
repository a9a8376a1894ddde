"""Mutant BTK: cells whose Cys481 is another residue bind neither drug nor probe."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from correlates.assays.occupancy.formulas import mutant_ccf_pct
from correlates.assays.occupancy.readings import Reading

BTK = "btk"
_NONE = "none"
# p.Cys481Ser, C481S
_SITE = re.compile(r"\bp?\.?\(?C(?:ys)?481(?!\d)", re.IGNORECASE)
# Kinds of cell that hold the clone; what is gated as normal, and T cells, do not.
_CLONAL = ("cll", "b", "pbmc", "wb")


@dataclass(frozen=True)
class Mutation:
    """One determination of a variant of Cys481 in a patient.

    Parameters
    ----------
    day
        Study day; None where nobody recorded one.
    visit
        Visit of the draw.
    vaf
        Variant allele fraction, 0 to 1; 0 where none was detected.
    purity_pct
        Clonal cells among those whose DNA was read.
    """

    day: float | None
    visit: str
    vaf: float
    purity_pct: float | None = None


@dataclass(frozen=True)
class Mutations:
    """What is known of Cys481 in the patients of a study.

    Parameters
    ----------
    by_patient
        Determinations in other sheets.
    sexes
        ``M`` or ``F`` by patient.
    """

    by_patient: Mapping[str, Sequence[Mutation]] = field(default_factory=dict)
    sexes: Mapping[str, str | None] = field(default_factory=dict)

    def of(self, reading: Reading) -> tuple[float | None, tuple[str, ...]]:
        """Return the share of mutant clonal cells in percent at a draw, and what to say of it.

        The draw's own row goes first; then the determination of its visit; then the last one
        before it, which is carried forward and flagged. None where nothing is known.
        """
        if reading.target != BTK or reading.cell not in _CLONAL:
            return None, ()
        sex = self.sexes.get(reading.patient)
        unknown = () if sex else ("sex_unknown_for_ccf",)
        if reading.mutant_vaf is not None:
            share = mutant_ccf_pct(reading.mutant_vaf, reading.purity_pct, sex)
            return share, unknown if share else ()
        known = self.by_patient.get(reading.patient, ())
        same = [one for one in known if one.visit == reading.visit]
        carried = () if same else ("mutation_carried_forward",)
        if not same:
            earlier = [one for one in known if _is_earlier(one, reading)]
            last = max((one.day for one in earlier), default=None)
            same = [one for one in earlier if one.day == last]
        if not same:
            return None, ()
        # Several variants of one residue are in different cells, so that their shares add up.
        share = sum(mutant_ccf_pct(one.vaf, one.purity_pct, sex) for one in same)
        return min(share, 100.0), (*carried, *unknown) if share else ()


def mutations_of(rows: Iterable[Mapping], sexes: Mapping[str, str]) -> Mutations:
    """Return what the sheets of variants say of Cys481.

    Parameters
    ----------
    rows
        ``patient``, ``visit``, ``study_day``, ``gene``, ``hgvs_p`` (``none`` where none was found),
        ``vaf`` or ``alt`` and ``depth``, ``lod_vaf`` and ``purity_pct``.
    sexes
        ``M`` or ``F`` by patient.
    """
    found: dict[str, list[Mutation]] = {}
    for row in rows:
        name = row.get("hgvs_p") or ""
        is_of_site = _SITE.search(name) or name.strip().lower() == _NONE
        if (row.get("gene") or "").upper() == "BTK" and is_of_site and row.get("patient"):
            day, visit = row.get("study_day"), row.get("visit") or ""
            one = Mutation(day, visit, _detected_vaf(row), row.get("purity_pct"))
            found.setdefault(row["patient"], []).append(one)
    return Mutations(found, sexes)


def _detected_vaf(row: Mapping) -> float:
    """Return the allele fraction; 0 of none, and of what lies below the limit of detection."""
    vaf, alt, depth = (row.get(name) for name in ("vaf", "alt", "depth"))
    if vaf is None and alt is not None and depth:
        vaf = alt / depth
    is_none = (row.get("hgvs_p") or "").strip().lower() == _NONE
    return 0.0 if is_none or vaf is None or vaf < (row.get("lod_vaf") or 0.0) else vaf


def _is_earlier(one: Mutation, reading: Reading) -> bool:
    return one.day is not None and reading.day is not None and one.day <= reading.day
