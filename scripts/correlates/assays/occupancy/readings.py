"""What one draw shows of one target in one kind of cell, whatever assay it was read by."""

from dataclasses import dataclass, field

from correlates.assays.occupancy.formulas import Signal

FLOW, ELISA, TRFRET = "flow_probe", "elisa", "trfret"
MFI, MESF = "mfi", "mesf"
CONCENTRATIONS = ("ng_ml", "ng_mg")
_COMPARE_OVER_RUNS = (*CONCENTRATIONS, MESF)


@dataclass(frozen=True)
class Reading:
    """One target in one kind of cell of one draw.

    Parameters
    ----------
    patient, visit, timepoint, specimen, sample
        The draw; a donor has no patient, and its name is the sample.
    day, hours
        Study day and hours since the last dose of ibrutinib, as recorded.
    target, cell, assay, run, unit
        ``btk``, ``cll``, ``elisa``, the plate or batch, and the unit of the signals.
    free, total
        Net signals; None where they were not measured.
    lloq_free, lloq_total
        Lowest net signals that are quantified; None where nobody knows.
    bg_sd
        Standard deviation of the background.
    n
        Target cells in the tube that has fewest, or wells of the free signal.
    shares_calibrator
        Whether free and total are read off one calibrator.
    purity_pct, missed_dose, mutant_vaf, specificity
        As recorded.
    faults
        Why it cannot be evaluated at all.
    flags
        What else a reader must know.
    parts
        What it was made of, for the table of readings: raw signals and sources.
    """

    patient: str
    visit: str
    timepoint: str
    specimen: str
    sample: str
    day: float | None
    hours: float | None
    target: str
    cell: str
    assay: str
    run: str
    unit: str
    free: Signal | None
    total: Signal | None = None
    lloq_free: float | None = None
    lloq_total: float | None = None
    bg_sd: float | None = None
    n: int | None = None
    shares_calibrator: bool = False
    purity_pct: float | None = None
    missed_dose: bool | None = None
    mutant_vaf: float | None = None
    specificity: str = "unknown"
    faults: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    parts: dict = field(default_factory=dict, compare=False)

    @property
    def series(self) -> tuple[str, str, str, str, str]:
        """What its pre-dose sample must share with it."""
        return self.patient, self.target, self.cell, self.assay, self.unit

    @property
    def is_calibrated(self) -> bool:
        """Whether the signals are in a unit that compares over runs."""
        return self.unit in _COMPARE_OVER_RUNS

    @property
    def draw(self) -> tuple[str, str, str, str]:
        """The draw."""
        return self.patient, self.visit, self.timepoint, self.specimen
