"""How a marker was measured: several ways are never compared in one test."""

from collections.abc import Mapping, Sequence

from correlates.analyses.refusals import Reason, Refused
from correlates.analyses.wording import patients as patients_text

_NAMED_PATIENTS = 5


def require_one_method(marker: str, methods: Sequence[str], patients: Sequence[str]) -> None:
    """Check that all values that a test would use were measured in one way.

    Parameters
    ----------
    marker
        Its name in the cohort.
    methods
        How the value of each patient that is used was measured; empty where it is not known.
    patients
        Who they are.

    Raises
    ------
    Refused
        If there are several ways; names them, how many patients each, and what to do.
    """
    by_method: dict[str, list[str]] = {}
    for method, patient in zip(methods, patients, strict=True):
        if method:
            by_method.setdefault(str(method), []).append(str(patient))
    if len(by_method) < 2:
        return
    ordered = sorted(by_method.items(), key=lambda item: (-len(item[1]), item[0]))
    listed = [f"{method} in {_who(who, place)}" for place, (method, who) in enumerate(ordered)]
    sentence = (
        f"{marker} was measured in {len(ordered)} ways, which one test never mixes: "
        f"{', '.join(listed)}. {_remedy(dict(ordered))}"
    )
    raise Refused(Reason.MIXED_METHODS, sentence)


def _who(who: list[str], place: int) -> str:
    if place == 0:
        return patients_text(len(who))
    more = ", ..." if len(who) > _NAMED_PATIENTS else ""
    return f"{patients_text(len(who))} ({', '.join(sorted(who)[:_NAMED_PATIENTS])}{more})"


def _remedy(by_method: Mapping[str, list[str]]) -> str:
    """Say which blood count is blank where the ways differ in that, else how to part them."""
    counts = {method: _blood_counts(method) for method in by_method}
    every = set().union(*counts.values())
    lacking = {method: sorted(every - own) for method, own in counts.items() if own and every - own}
    if not lacking:
        return "Measure all patients in one way, or leave the others out."
    said = [
        f"{' and '.join(f'`{name}_10e9_l`' for name in names)} for the patients with {method}"
        for method, names in lacking.items()
    ]
    return (
        f"Fill in the blood count that is blank: {'; '.join(said)} (or its population was not "
        "gated in their tubes). Or leave it blank for all, so that all are counted in one way."
    )


def _blood_counts(method: str) -> set[str]:
    """Return the blood counts in ``dual_platform:lymph+mono/alc+amc``; empty for other methods."""
    if not method.startswith("dual_platform:"):
        return set()
    return set(method.rpartition("/")[2].split("+"))
