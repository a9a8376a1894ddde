"""Thresholds that reference tubes hand on to the tubes that are measured.

Source: reference 1.5: the percentile of the same batch's FMO; where its parent is too small, the
median of the batch, flagged.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from correlates.flow.templates.tubes import OWN, kind_of_tube
from correlates.intake.acquisitions import FULL
from correlates.intake.fcs.findings import ERROR
from correlates.intake.sheets.visits import tube_key
from correlates.tables import read_json, read_tsv


@dataclass(frozen=True)
class Handed:
    """A threshold that was found on a reference tube's own events.

    Parameters
    ----------
    value
        Linear, compensated intensity.
    n
        Events that it rests on.
    flags
        What is to be known of it.
    """

    value: float
    n: int
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReferenceTube:
    """What one reference tube says.

    Parameters
    ----------
    acquisition
        Its key in the plan.
    tube
        Key of the tube, such as ``fmo_cd57``.
    is_own
        Whether it is of the measured tube's own draw.
    thresholds
        What was found on its own events, by population and dimension.
    refusal
        Code of the finding for which its file was refused; empty where it was not.
    """

    acquisition: str
    tube: str
    is_own: bool
    thresholds: Mapping[tuple[str, str], Handed] = field(default_factory=dict)
    refusal: str = ""


@dataclass(frozen=True)
class Choice:
    """The threshold that a measured tube uses, or why there is none.

    Parameters
    ----------
    handed
        The threshold; None where no tube can give one.
    source
        The tubes that it is from, separated by ``;``.
    flags
        ``<kind>_missing``, ``<kind>_parent_below_floor``, ``<kind>_refused_<code>``, and
        ``<kind>_batch_median`` where the draw's own tube could not be used.
    """

    handed: Handed | None
    source: str = ""
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Borrowing:
    """What a file may borrow, and which tube it is itself.

    Parameters
    ----------
    tube
        Key of the file's own tube: rows that name it find their threshold in the file itself.
    tubes
        The reference tubes of its batch and its draw.
    """

    tube: str = FULL
    tubes: Sequence[ReferenceTube] = ()

    def choose(self, tube: str, population: str, dim: str, min_events: int) -> Choice:
        """Choose the threshold of a population on one dimension.

        Parameters
        ----------
        tube
            Key of the kind of tube that the template names.
        population, dim
            What the threshold is of.
        min_events
            Fewest events that a reference's threshold must rest on.

        Returns
        -------
        That of the draw's own tube; else the median of the batch's usable tubes.
        """
        kind = kind_of_tube(tube)
        there = [one for one in self.tubes if one.tube == tube]
        if not there:
            return Choice(None, flags=(f"{kind}_missing",))
        own = [one for one in there if one.is_own]
        for group in (own, there):
            usable = {
                one.acquisition: one.thresholds[population, dim]
                for one in group
                if _is_usable(one, population, dim, min_events)
            }
            if usable:
                why = _why_not(own, kind) if group is there else []
                return _median_of(usable, why, kind)
        return Choice(None, flags=tuple(dict.fromkeys(_why_not(there, kind))))


def read_tube(about: Mapping, thresholds: str | Path, verdict: str | Path) -> ReferenceTube:
    """Read what the gating of a reference tube left behind.

    Parameters
    ----------
    about
        ``acquisition``, ``tube`` and ``is_own`` as the plan has them.
    thresholds, verdict
        Paths of what its job wrote.
    """
    judged = read_json(verdict)
    grave = [one["code"] for one in judged["findings"] if one["severity"] == ERROR]
    refusal = (grave or ["unknown"])[0] if judged["verdict"] == "refused" else ""
    found = {
        (row["population"], row["marker"]): Handed(
            float(row["threshold"]), int(row["n"]), tuple(filter(None, row["flags"].split(";")))
        )
        for row in read_tsv(thresholds)
        if row["source"] == OWN
    }
    return ReferenceTube(
        about["acquisition"], tube_key(about["tube"]), about["is_own"], found, refusal
    )


def _is_usable(one: ReferenceTube, population: str, dim: str, min_events: int) -> bool:
    handed = one.thresholds.get((population, dim))
    return handed is not None and handed.n >= min_events


def _why_not(tubes: Iterable[ReferenceTube], kind: str) -> list[str]:
    return [
        f"{kind}_refused_{one.refusal}" if one.refusal else f"{kind}_parent_below_floor"
        for one in tubes
    ]


def _median_of(usable: Mapping[str, Handed], why: list[str], kind: str) -> Choice:
    values = [handed.value for handed in usable.values()]
    flags = [flag for handed in usable.values() for flag in handed.flags]
    noted = [*why, f"{kind}_batch_median"] if why else []
    handed = Handed(median(values), min(handed.n for handed in usable.values()))
    return Choice(handed, ";".join(sorted(usable)), tuple(dict.fromkeys([*noted, *flags])))
