"""Files of equal content under two names: nobody can tell which name is true."""

from collections import defaultdict
from collections.abc import Iterable

from correlates.intake.records import Acquisition, Listed


def find_duplicates(
    acquisitions: Iterable[Acquisition], listed: Iterable[Listed] = ()
) -> dict[str, str]:
    """Find every copy of a content that stands under more than one name.

    Parameters
    ----------
    acquisitions
        Files with their content's digest.
    listed
        Files that nothing is done with, such as one of a patient whom nobody knows.

    Returns
    -------
    By acquisition, why it is excluded: the reason names the other files, and which of them to
    delete if they are nobody's. All copies are excluded, since one of the names gives the
    measurement to the wrong patient or visit.
    """
    by_content = defaultdict(list)
    for one in (*acquisitions, *listed):
        if one.sha256:
            by_content[one.sha256].append(one)
    return {
        one.acquisition: _reason([copy for copy in copies if copy is not one])
        for copies in by_content.values()
        if len(copies) > 1
        for one in copies
        if isinstance(one, Acquisition)
    }


def _reason(others: list[Acquisition | Listed]) -> str:
    said = [f"The file's content is that of {' and '.join(other.path for other in others)}."]
    for other in others:
        if isinstance(other, Listed) and not other.patient:
            why = other.reason.rstrip(".")
            said.append(
                f"{other.path} has no identity ({why}): if it is only a copy, delete it "
                "and run again."
            )
    return " ".join(said)
