"""Each row of the genotype sheet as copies of the declared effect allele."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SAMPLE, CONTROL = "sample", "control"
NO_CALL, DISCORDANT = "no_call", "discordant_genotypes"
NOT_AS_DECLARED = "alleles_not_as_declared"
_COMPLEMENT = {"A": "T", "T": "A", "C": "G", "G": "C"}
_UNCALLED = frozenset("N0-")


@dataclass(frozen=True)
class Locus:
    """A declared variant; alleles on the forward strand of the reference genome.

    Parameters
    ----------
    rsid, gene, name
        dbSNP number, gene, and what the effect allele is called.
    other, effect
        The alleles; copies of ``effect`` are counted.
    """

    rsid: str
    gene: str
    name: str
    other: str
    effect: str

    @property
    def key(self) -> str:
        """First part of its feature: ``abcb1_rs1045642``."""
        return f"{self.gene.lower()}_{self.rsid}"

    @property
    def is_palindromic(self) -> bool:
        """Whether the alleles are each other's complement, so that they do not tell the strand."""
        return _COMPLEMENT[self.other] == self.effect

    def words(self, copies: int) -> str:
        """Return a genotype, such as ``G/A``."""
        first = self.effect if copies == 2 else self.other
        return f"{first}/{self.effect if copies else self.other}"


@dataclass(frozen=True)
class Call:
    """A genotype: copies of the effect allele, None where none was called."""

    row: Mapping
    locus: Locus
    copies: int | None
    flags: tuple[str, ...] = ()


class NotDeclared(ValueError):
    """A genotype that does not fit what is declared; the message says why and what to do."""


def read_loci(block: Iterable[Mapping]) -> dict[str, Locus]:
    """Return the declared variants of the config by their number."""
    return {one["rsid"]: Locus(**one) for one in block}


def read_copies(text: str | None, strand: str | None, locus: Locus) -> int | None:
    """Return the copies of the effect allele; None where none was called.

    Raises
    ------
    NotDeclared
        If an allele is not one of the declared ones on the strand that is given, or the strand
        is not given where the alleles do not tell it. No strand is guessed.
    """
    found = re.fullmatch(r"\s*([ACGTN0-])\s*[/|;,]?\s*([ACGTN0-])\s*", (text or "").upper())
    if not found or _UNCALLED & set(found.groups()):
        return None
    if locus.is_palindromic and strand is None:
        msg = (
            f"{locus.rsid} has the alleles {locus.other} and {locus.effect}, which are each "
            "other's complement; give the column strand"
        )
        raise NotDeclared(msg)
    alleles = [_COMPLEMENT[one] if strand == "reverse" else one for one in found.groups()]
    strange = sorted({*alleles} - {locus.other, locus.effect})
    if strange:
        msg = (
            f"{', '.join(strange)} is no allele of {locus.rsid}, declared as {locus.other} and "
            f"{locus.effect} on the forward strand; if these are of the other strand, say "
            "reverse in the column strand"
        )
        raise NotDeclared(msg)
    return alleles.count(locus.effect)


def read_calls(rows: Iterable[Mapping], loci: Mapping[str, Locus]) -> tuple[list[Call], list[dict]]:
    """Read every row of a patient.

    Returns
    -------
    One call a patient and variant, and the rows that give none (``row``, ``reason``). Repeated
    calls that agree are one; where they do not, nothing tells which is right.
    """
    groups: dict[tuple, list[Call]] = {}
    refused = []
    for row in rows:
        try:
            call = read_call(row, loci)
        except NotDeclared as error:
            refused.append({"row": row, "reason": str(error)})
            if row["rsid"] not in loci:
                continue
            call = Call(row, loci[row["rsid"]], None, (NOT_AS_DECLARED,))
        groups.setdefault((row.get("patient"), call.locus.rsid), []).append(call)
    calls = []
    for own in groups.values():
        known = [one for one in own if one.copies is not None]
        if len({one.copies for one in known}) > 1:
            said = ", ".join(one.locus.words(one.copies) for one in known)
            reason = f"repeated calls disagree ({said}); repeat the genotyping"
            refused += [{"row": one.row, "reason": reason} for one in known]
            calls.append(Call(own[0].row, own[0].locus, None, (DISCORDANT,)))
        else:
            best = known[0] if known else own[0]
            flags = best.flags or (() if known else (NO_CALL,))
            calls.append(Call(best.row, best.locus, best.copies, flags))
    return calls, refused


def read_call(row: Mapping, loci: Mapping[str, Locus], column: str = "genotype") -> Call:
    """Read one row.

    Raises
    ------
    NotDeclared
        If the variant is not declared, is of another gene, or the alleles are not its own.
    """
    locus = loci.get(row["rsid"])
    if locus is None:
        msg = f"{row['rsid']} is not declared; add it with its alleles to config genotype.loci"
        raise NotDeclared(msg)
    gene = row.get("gene")
    if gene and gene.upper() != locus.gene.upper():
        msg = f"{row['rsid']} is declared for {locus.gene}, and the row says {gene}"
        raise NotDeclared(msg)
    return Call(row, locus, read_copies(row.get(column), row.get("strand"), locus))
