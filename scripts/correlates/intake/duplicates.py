"""Files of equal content under two names: nobody can tell which name is true."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from correlates.intake.acquisitions import Acquisition, Listed


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
    return {
        one.acquisition: _reason(others)
        for one, others in _copies(acquisitions, listed)
        if isinstance(one, Acquisition)
    }


def listed_copies(
    acquisitions: Iterable[Acquisition], listed: Iterable[Listed]
) -> dict[str, tuple[str, bool]]:
    """Find the files that nothing is done with and whose content another file has.

    Parameters
    ----------
    acquisitions, listed
        As of ``find_duplicates``.

    Returns
    -------
    By path, the other files in words, and whether one of them is excluded for it.
    """
    return {
        one.path: (
            " and ".join(other.path for other in others),
            any(isinstance(other, Acquisition) for other in others),
        )
        for one, others in _copies(acquisitions, listed)
        if isinstance(one, Listed)
    }


def _copies(
    acquisitions: Iterable[Acquisition], listed: Iterable[Listed]
) -> Iterator[tuple[Acquisition | Listed, list[Acquisition | Listed]]]:
    """Yield each file of a content that others have as well, with the others."""
    by_content = defaultdict(list)
    for one in (*acquisitions, *listed):
        if one.sha256:
            by_content[one.sha256].append(one)
    for copies in by_content.values():
        for one in copies:
            others = [copy for copy in copies if copy.path != one.path]
            if others:
                yield one, others


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
