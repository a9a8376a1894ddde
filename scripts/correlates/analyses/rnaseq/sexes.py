"""What the expression of XIST and the Y genes says of the recorded sex, library by library."""

from collections.abc import Iterable, Sequence

from correlates.analyses.answers import answer
from correlates.analyses.wording import patients
from correlates.cohort.integrity.sex import AGREES, AMBIGUOUS_LOY, SWAP, SexVerdict

QUESTION = "Sex by expression"
COLUMNS = ("patient", "visit", "specimen", "statistic", "verdict", "measured")
MISMATCH, NOTHING = "mismatch", "not evaluable"


def swapped_draws(verdicts: Iterable[SexVerdict]) -> frozenset[tuple[str, str, str]]:
    """Return patient, draw and cells of what expresses the other sex."""
    return frozenset(
        (one.patient, one.visit, one.statistic.rpartition("__")[2])
        for one in verdicts
        if one.verdict == SWAP
    )


def sex_answer(verdicts: Sequence[SexVerdict]) -> dict:
    """Return how many libraries agree with the recorded sex, and name those that do not."""
    counts: dict[str, list[str]] = {}
    for one in verdicts:
        counts.setdefault(one.verdict, []).append(f"{one.patient} {one.visit}")
    if not verdicts:
        said = "No library has XIST and a gene of the Y chromosome, so that no sex can be checked."
        return answer("rnaseq", QUESTION, "xist, Y genes", "", n=0, verdict=NOTHING, sentence=said)
    who = len({one.patient for one in verdicts})
    parts = [
        f"Of {len(verdicts)} libraries of {patients(who)}, {len(counts.get(AGREES, []))} express "
        "what the recorded sex does."
    ]
    words = {
        SWAP: "express the other sex (swap)",
        AMBIGUOUS_LOY: "of men express neither, as after loss of Y (ambiguous_loy): no mismatch",
    }
    for verdict, names in counts.items():
        if verdict != AGREES:
            shown = ", ".join(dict.fromkeys(names))
            said = words.get(verdict, verdict.replace("_", " "))
            parts.append(f"{len(names)} {said}: {shown}.")
    caution = ""
    if SWAP in counts:
        caution = (
            "A pair of which one library alone is of the other sex is of two people, and left out "
            "of the contrasts; find out whose they are."
        )
    return answer(
        *("rnaseq", QUESTION, "xist, Y genes", ""),
        n=who,
        verdict=MISMATCH if SWAP in counts else AGREES,
        sentence=" ".join(parts),
        caution=caution,
    )


def sex_rows(verdicts: Iterable[SexVerdict]) -> list[dict]:
    """Return the verdicts as rows of a table."""
    return [{name: getattr(one, name) for name in COLUMNS} for one in verdicts]
