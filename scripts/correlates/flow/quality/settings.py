"""What the config's ``flow.quality`` block says."""

from collections.abc import Mapping
from dataclasses import dataclass

from correlates.flow.quality.steadiness import Steadiness


@dataclass(frozen=True)
class QualitySettings:
    """What may be chosen about the quality of events and of a file.

    Parameters
    ----------
    steadiness
        When an acquisition counts as steady.
    max_condition_number
        Largest condition number of a matrix that is used.
    """

    steadiness: Steadiness = Steadiness()
    max_condition_number: float = 100.0

    @classmethod
    def of_config(cls, block: Mapping) -> "QualitySettings":
        """Return what a ``flow.quality`` block says."""
        names = ("rate_tolerance", "rate_limit", "signal_tolerance")
        steadiness = Steadiness(**{name: block[name] for name in names})
        return cls(steadiness, block["max_condition_number"])
