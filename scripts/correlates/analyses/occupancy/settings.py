"""Settings of the question of occupancy: which draws are compared, and what equivalence means."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from correlates.clinical.dosing.settings import VisitSettings, draw_of

ASSAY = "occupancy"
TROUGH, PEAK = "trough", "peak"
# What is asked, as the answers name it; of the free fraction likewise.
PRIMARY, LATER = "Occupancy at trough", "Occupancy at later troughs"
AFTER_DOSE = "Occupancy 4 h after the dose"
WINDOW_WORDS = {TROUGH: "trough", PEAK: "4 h after the dose"}
# Of which target and cells the primary question is asked; every other answer is exploratory.
PRIMARY_SERIES = ("btk", "cll")
Draw = tuple[str, str]
# The shipped margins in points, of which an answer says that they are no standard.
DEFAULT_MARGINS = {"btk": 5, "itk": 10}


@dataclass(frozen=True)
class Comparison:
    """Two draws of one patient that are compared.

    Parameters
    ----------
    question
        `PRIMARY`, `LATER` or `AFTER_DOSE`.
    alone, combination
        Draw under ibrutinib alone and under both drugs, each as visit and timepoint.
    window
        Which window their hours must lie in: ``trough`` or ``peak``.
    """

    question: str
    alone: Draw
    combination: Draw
    window: str

    @property
    def name(self) -> str:
        """The contrast as tables write it, such as ``C2D1 pre - C1D1 pre``."""
        return f"{' '.join(self.combination)} - {' '.join(self.alone)}"


@dataclass(frozen=True)
class OccupancySettings:
    """The block ``analyses.occupancy`` of the config.

    Parameters
    ----------
    comparisons
        The primary one first.
    windows
        Least and most hours since the last ibrutinib dose, by window.
    margins
        Points of occupancy within which a difference is none, by target.
    confidence
        Of the interval that must lie within them.
    missed_dose_hours
        Hours before a draw without a missed dose.
    needs_hours
        Whether a draw without recorded hours is left out; else its label decides.
    reference
        Least median occupancy of a cohort in percent, by target and window.
    k_per_day, ff_4h, tolerance_points
        Of the resynthesis check: rate by target (one without is not checked), free fraction at 4 h
        where none was measured, and points by which a trough may lie below what the model leaves.
    visits
        Draws that may be one and the same.
    """

    comparisons: tuple[Comparison, ...]
    windows: Mapping[str, tuple[float, float]]
    margins: Mapping[str, float]
    confidence: float = 0.90
    missed_dose_hours: float = 72
    needs_hours: bool = False
    reference: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    k_per_day: Mapping[str, float] = field(default_factory=dict)
    ff_4h: float = 0.01
    tolerance_points: float = 10
    visits: VisitSettings = field(default_factory=VisitSettings)

    @classmethod
    def of(cls, block: Mapping, visits: Mapping, windows_h: Mapping) -> "OccupancySettings":
        """Read ``analyses.occupancy``, ``clinical.visits`` and the assay's ``windows_h``."""
        alone, combination = draw_of(block["alone"]), draw_of(block["combination"])
        found = [Comparison(PRIMARY, alone, combination, TROUGH)]
        found += [Comparison(LATER, alone, draw_of(one), TROUGH) for one in block["later"]]
        peaks = [draw_of(block["peak_alone"]), draw_of(block["peak_combination"])]
        model = block["resynthesis"]
        return cls(
            comparisons=(*found, Comparison(AFTER_DOSE, *peaks, PEAK)),
            windows={TROUGH: tuple(windows_h["trough"]), PEAK: tuple(windows_h["h4"])},
            margins=dict(block["margin_points"]),
            confidence=block["confidence"],
            missed_dose_hours=block["missed_dose_hours"],
            needs_hours=block["needs_hours"],
            reference=block["reference_medians"],
            k_per_day=dict(model["k_per_day"]),
            ff_4h=model["ff_4h"],
            tolerance_points=model["tolerance_points"],
            visits=VisitSettings.of(visits),
        )
