"""When the accepted files of a plan were acquired, by their headers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from correlates.intake.acquired.stamps import read_stamp
from correlates.intake.acquisitions import Acquisition
from correlates.intake.fcs.findings import FcsError
from correlates.intake.fcs.text import read_text
from correlates.intake.records import Plan

GONE = "gone"
_USED = ("accepted", "accepted_with_warning")


@dataclass(frozen=True)
class Acquired:
    """One file and when it was acquired.

    Parameters
    ----------
    file
        The file as it was planned.
    at
        Days since some day long ago; None if it is not known.
    why
        Why it is not known: a code of `read_stamp`, or ``gone``; empty if it is.
    """

    file: Acquisition
    at: float | None
    why: str = ""

    @property
    def is_frozen(self) -> bool:
        """Whether the specimen was kept frozen, so that it was acquired whenever it was thawed."""
        return self.file.specimen.startswith("cryo")


def read_acquired(
    plan: Plan, listed: Iterable[Mapping[str, str]], root: str | Path = "."
) -> Iterator[Acquired]:
    """Yield the accepted files with the stamps of their headers; no event is read.

    Parameters
    ----------
    plan
        The plan.
    listed
        Rows of ``files.tsv``, for what became of each file.
    root
        The working directory.
    """
    used = {row["acquisition"] for row in listed if row["state"] in _USED}
    for one in plan.acquisitions:
        if one.acquisition not in used:
            continue
        try:
            stamp = read_stamp(read_text(Path(root) / one.path).keywords)
        except FcsError:
            # It was read when it was gated; since then it vanished, or became something else.
            stamp = GONE
        yield Acquired(one, None, stamp) if isinstance(stamp, str) else Acquired(one, stamp)
