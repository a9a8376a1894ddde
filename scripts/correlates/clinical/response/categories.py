"""From the verdicts of an assessment to its category, and to what kept it from a better one.

Source: iwCLL, Blood 2018;131:2745 and Blood 2008;111:5446. A complete response needs every
parameter, a partial one as many improved parameters of each group as the protocol says, of those
that were abnormal. PR-L is a partial response but for the lymphocytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from correlates.clinical.response.judged import ResponseSettings
from correlates.clinical.response.readings import names_of
from correlates.clinical.response.verdicts import (
    BLOOD_LINES,
    HYPOCELLULAR,
    IMPROVED,
    NODULES,
    NORMAL,
    TUMOUR,
    UNKNOWN_VERDICT,
    Verdict,
    Verdicts,
)

DRUG = "drug"


@dataclass(frozen=True)
class Judgement:
    """The category of one assessment.

    Parameters
    ----------
    category
        CR, CRi, nPR, PR, PR-L, SD, PD or NE.
    because
        Parameters that decided it.
    reason
        The same in words.
    kept_from
        By better category: the parameters that kept the assessment from it.
    """

    category: str
    because: tuple[str, ...] = ()
    reason: str = ""
    kept_from: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Group:
    """The parameters of one group that were abnormal at baseline, by what became of them."""

    improved: tuple[str, ...]
    unknown: tuple[str, ...]
    failed: tuple[str, ...]

    @property
    def abnormal(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.improved, *self.unknown, *self.failed)


def categorise(
    verdicts: Verdicts, settings: ResponseSettings, *, cause: str | None, not_assessable: str | None
) -> Judgement:
    """Give an assessment its category.

    Parameters
    ----------
    verdicts
        By parameter, with exemptions.
    settings
        ``required``, ``group_a_improved``, ``group_b_improved``.
    cause
        What a cytopenia is due to: ``cll``, ``drug``, ``other`` or None.
    not_assessable
        Why the response could not be assessed, if it could not.

    Returns
    -------
    PD by any parameter goes before everything, since what is missing cannot take it back. What
    hangs on a missing value is NE, with the value's name; a response is never claimed on it.
    """
    worse = tuple(name for name, one in verdicts.items() if one.is_progression)
    kept: dict[str, tuple[str, ...]] = {}
    if worse:
        return Judgement("PD", worse, _words(verdicts, worse))
    if not_assessable:
        return Judgement("NE", (), f"not assessable: {not_assessable}")
    flaring = tuple(name for name, one in verdicts.items() if one.exemption == "flare")
    if flaring:
        reason = f"tumor flare reaction, no progression: {_words(verdicts, flaring)}"
        return Judgement("SD", flaring, reason)
    missing = tuple(
        name
        for name in settings["required"]
        if name in verdicts and verdicts[name].verdict == UNKNOWN_VERDICT
    )
    if missing:
        return Judgement("NE", missing, f"not known: {_words(verdicts, missing)}")
    for category, blocked in (
        ("CR", _not_complete(verdicts)),
        ("CRi", _not_incomplete(verdicts, cause)),
        ("nPR", _not_nodular(verdicts)),
    ):
        if not blocked:
            return Judgement(category, (), "every parameter is met", kept)
        kept[category] = blocked
    return _partial(verdicts, settings, kept)


def _complete_parameters(verdicts: Verdicts) -> list[str]:
    return [name for name in (*TUMOUR, *BLOOD_LINES, "marrow") if name in verdicts]


def _not_complete(verdicts: Verdicts) -> tuple[str, ...]:
    names = _complete_parameters(verdicts)
    return tuple(name for name in names if verdicts[name].verdict != NORMAL)


def _not_incomplete(verdicts: Verdicts, cause: str | None) -> tuple[str, ...]:
    """List what keeps from CR with incomplete recovery: its cytopenia must be the drugs'."""
    blocked = [name for name in TUMOUR if verdicts[name].verdict != NORMAL]
    if verdicts["marrow"].verdict not in (NORMAL, HYPOCELLULAR):
        blocked.append("marrow")
    low = [name for name in BLOOD_LINES if name in verdicts and verdicts[name].verdict != NORMAL]
    unknown = [name for name in low if verdicts[name].verdict == UNKNOWN_VERDICT]
    blocked += unknown if cause == DRUG else low
    return tuple(blocked)


def _not_nodular(verdicts: Verdicts) -> tuple[str, ...]:
    names = _complete_parameters(verdicts)
    return tuple(
        name
        for name in names
        if verdicts[name].verdict != (NODULES if name == "marrow" else NORMAL)
    )


def _partial(verdicts: Verdicts, settings: ResponseSettings, kept: dict) -> Judgement:
    lymphocytes = verdicts["lymphocytes"]
    if lymphocytes.verdict == UNKNOWN_VERDICT:
        # Whether it is PR or PR-L hangs on them, required or not.
        return Judgement("NE", ("lymphocytes",), f"not known: {_words(verdicts, ['lymphocytes'])}")
    persist = lymphocytes.verdict not in (NORMAL, IMPROVED)
    load = _group(
        {"nodes": [verdicts["nodes"]], "spleen or liver": [verdicts["spleen"], verdicts["liver"]]}
    )
    blood = _group({name: [verdicts[name]] for name in BLOOD_LINES if name in verdicts})
    counted = load
    if lymphocytes.was_abnormal and not persist:
        counted = Group((*load.improved, "lymphocytes"), load.unknown, load.failed)
    needed_a = min(settings["group_a_improved"], len(counted.abnormal))
    needed_b = min(settings["group_b_improved"], len(blood.abnormal))
    short_a = needed_a - len(counted.improved)
    short_b = needed_b - len(blood.improved)
    improved = (*counted.improved, *blood.improved)
    category = "PR-L" if persist else "PR"
    if persist:
        kept["PR"] = ("lymphocytes",)
    if short_a <= 0 and short_b <= 0 and improved and (load.improved or not persist):
        return Judgement(category, improved, f"improved: {names_of(improved)}", kept)
    lacking = _lacking(counted, short_a) + _lacking(blood, short_b)
    kept["PR"] = tuple(dict.fromkeys([*kept.get("PR", ()), *lacking]))
    kept["PR-L"] = lacking
    open_a, open_b = short_a <= len(counted.unknown), short_b <= len(blood.unknown)
    unknown = (*counted.unknown, *blood.unknown)
    if unknown and open_a and open_b:
        return Judgement("NE", unknown, f"not known: {names_of(unknown)}", kept)
    words = [f"improved: {names_of(improved)}"] if improved else []
    words += [f"not enough: {names_of(lacking)}"] if lacking else ["nothing else was abnormal"]
    return Judgement("SD", lacking, "; ".join(words), kept)


def _lacking(group: Group, short: int) -> tuple[str, ...]:
    return (*group.failed, *group.unknown) if short > 0 else ()


def _group(rows: Mapping[str, list[Verdict]]) -> Group:
    """Sort the rows of a group that were abnormal at baseline by what became of them.

    Spleen and liver are one row of the criteria: it has improved if either has, of those that were
    enlarged.
    """
    improved, unknown, failed = [], [], []
    for name, verdicts in rows.items():
        abnormal = [one for one in verdicts if one.was_abnormal]
        if not abnormal:
            continue
        if any(one.has_improved for one in abnormal):
            improved.append(name)
        elif any(one.verdict == UNKNOWN_VERDICT for one in abnormal):
            unknown.append(name)
        else:
            failed.append(name)
    return Group(tuple(improved), tuple(unknown), tuple(failed))


def _words(verdicts: Verdicts, names) -> str:
    return ", ".join(
        f"{name} ({verdicts[name].reason})" if verdicts[name].reason else name for name in names
    )
