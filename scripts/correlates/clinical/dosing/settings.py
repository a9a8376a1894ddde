"""Settings of visits: windows, draws that may be one, holds and steroids."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from correlates.clinical.dosing.hours import timepoint_of
from correlates.intake.sheets.visits import normal_timepoint, parse_visit

ANY_VISIT = "default"


@dataclass(frozen=True)
class VisitSettings:
    """What ``clinical.visits`` of the config says; by itself it flags nothing.

    Parameters
    ----------
    hold_days
        Fewest days without a dose for which a draw among them is off the drug.
    steroid_drugs, steroid_days
        Drugs, and days after a dose of one of them for which a draw is under steroids.
    windows
        Days by which a visit may be early and late, by its name; ``default`` is of any other.
    aliases
        Groups of draws, each as visit and timepoint, that may be one and the same.
    """

    hold_days: float = float("inf")
    steroid_drugs: tuple[str, ...] = ()
    steroid_days: float = 0
    windows: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    aliases: tuple[tuple[tuple[str, str], ...], ...] = ()

    @classmethod
    def of(cls, block: Mapping) -> "VisitSettings":
        """Read the block ``clinical.visits``."""
        return cls(
            hold_days=block["hold_days"],
            steroid_drugs=tuple(block["steroids"]["drugs"]),
            steroid_days=block["steroids"]["days"],
            windows={name: (early, late) for name, (early, late) in block["windows"].items()},
            aliases=tuple(tuple(map(draw_of, group)) for group in block["aliases"]),
        )

    def window_of(self, visit: str) -> tuple[float, float] | None:
        """Return days early and late of a visit; None if it has no window."""
        parsed = parse_visit(visit)
        return (
            None if parsed is None else self.windows.get(parsed.name, self.windows.get(ANY_VISIT))
        )

    def aliases_of(self, visit: str, timepoint: str) -> list[tuple[str, str]]:
        """Return the other names, as visit and timepoint, that a draw may stand for."""
        own = name_of_draw(visit, timepoint)
        found = [one for group in self.aliases if own in group for one in group if one != own]
        return list(dict.fromkeys(found))

    def names_of(self, draw: tuple[str, str]) -> list[tuple[str, str]]:
        """Return every name of a draw, as visit and timepoint, its own first."""
        return [draw, *self.aliases_of(*draw)]


def name_of_draw(visit: str, timepoint: str) -> tuple[str, str]:
    """Return visit and timepoint of a draw, each in its one spelling."""
    parsed = parse_visit(visit)
    return (parsed.name if parsed else visit), timepoint_of(visit, timepoint)


def draw_of(text: str) -> tuple[str, str]:
    """Return visit and timepoint of a draw as the config writes it, such as ``C1D1 pre``."""
    visit, _, timepoint = text.strip().partition(" ")
    return name_of_draw(visit, normal_timepoint(timepoint))
