"""FCS files of a study: those that are worked on, and those that are only listed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from correlates.intake.sheets.visits import tube_key

SAMPLE, REFERENCE = "sample", "reference"
CONTROL, CALIBRATION_BEADS = "control", "beads_mesf"
# The tube that holds every stain of its panel, and what is measured of a draw; all others are what
# those are judged by.
FULL = "full"
_MEASURED = (FULL, "stim_")
# The three tubes of target occupancy: free sites, the same of cells whose sites were all taken
# before, and all of the target.
PROBE, PROBE_BACKGROUND, TOTAL = OCCUPANCY_TUBES = ("probe", "probe_bg", "total")


@dataclass(frozen=True)
class Acquisition:
    """One FCS file that will be worked on, and who and what it is.

    Parameters
    ----------
    acquisition
        Key of the file: ``<sample>__<panel>__<tube>``.
    sample, patient, visit, timepoint, specimen, panel, tube, batch
        Identity, from the sheet or the path, never from the file's keywords.
    study_day
        Study day of the draw (first ibrutinib dose = day 1): recorded, else planned by the visit.
    study_day_source
        ``recorded``, ``planned`` or empty where there is neither.
    hours_post_dose
        Recorded hours since the last dose.
    path
        The file, relative to the working directory unless the user gave an absolute path.
    sha256
        Digest of the file's content.
    role
        ``sample``, or ``reference`` of what the references sheet declares: such a tube is
        nobody's, and ``patient`` and ``visit`` are empty.
    lot
        Lot of a reference's beads or material, or of the counting beads in a sample's tube.
    tube_prep
        How the tube was prepared, ``lyse_no_wash`` or ``washed``; empty where nobody said.
    """

    acquisition: str
    sample: str
    patient: str
    visit: str
    timepoint: str
    specimen: str
    panel: str
    tube: str
    batch: str
    study_day: float | None
    study_day_source: str
    hours_post_dose: float | None
    path: str
    sha256: str
    role: str = SAMPLE
    lot: str = ""
    tube_prep: str = ""

    @property
    def is_bridging_control(self) -> bool:
        """Whether this is the material that is stained with the full panel in every batch."""
        return self.role == REFERENCE and self.tube == CONTROL

    @property
    def is_calibration_beads(self) -> bool:
        """Whether these are the beads that the cytometer is watched with in every batch."""
        return self.role == REFERENCE and self.tube == CALIBRATION_BEADS

    def as_row(self) -> dict:
        """Return the acquisition as a row of text and numbers."""
        return {column.name: getattr(self, column.name) for column in fields(self)}

    @property
    def tube_key(self) -> str:
        """What the names of one tube share: ``fmo_hladr`` of ``fmo_HLA-DR``."""
        return tube_key(self.tube)

    @property
    def is_reference(self) -> bool:
        """Whether others are judged by it, and it is not measured itself."""
        return self.role == REFERENCE or not self.tube.startswith(_MEASURED)


@dataclass(frozen=True)
class Listed:
    """One file, or one row without its file, that is not worked on but told of.

    Parameters
    ----------
    path
        The file as the user would find it; for a missing one, what the sheet says.
    state
        ``waiting``, ``unmatched``, ``missing`` or ``conflict``.
    reason, remedy
        Why, and what to do about it, each in a sentence.
    patient, visit, timepoint, specimen, panel, tube, batch
        As far as they are known.
    sha256
        Digest of the content of an FCS file that nothing is done with, so that a copy of it is
        recognised; empty for what is no FCS file or cannot be read.
    """

    path: str
    state: str
    reason: str
    remedy: str
    patient: str = ""
    visit: str = ""
    timepoint: str = ""
    specimen: str = ""
    panel: str = ""
    tube: str = ""
    batch: str = ""
    sha256: str = ""

    def as_row(self) -> dict:
        """Return the listed file as a row of text."""
        return asdict(self)


def is_of_stimulation(planned: Mapping) -> bool:
    """Tell whether an acquisition's row is a tube of a stimulation: stimulated, or background."""
    tube = planned.get("tube") or ""
    return planned.get("role") != REFERENCE and (tube == "unstim" or tube.startswith("stim_"))


def is_of_occupancy(planned: Mapping) -> bool:
    """Tell whether an acquisition's row is a tube in which occupancy of a target is read."""
    return (planned.get("tube") or "") in OCCUPANCY_TUBES
