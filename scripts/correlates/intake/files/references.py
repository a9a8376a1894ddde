"""The files of the reference tubes that the references sheet declares for a batch."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from correlates.intake.acquisitions import REFERENCE, Acquisition, Listed
from correlates.intake.files.folder import look_at
from correlates.intake.files.identity import Identity
from correlates.intake.files.located import Located
from correlates.intake.sheets.sheet import Sheet, SheetRow


@dataclass(frozen=True)
class ReferenceIdentity(Identity):
    """What a reference tube is: nobody's draw, but the same material in every batch.

    Parameters
    ----------
    reference, lot
        As in the references sheet.
    """

    reference: str = ""
    lot: str = ""

    def sample_key(self, usual_specimen: str) -> str:
        """Return the reference and its batch."""
        return f"{self.reference}_{self.batch}"

    def acquisition(self, path: str, sha256: str, usual_specimen: str) -> Acquisition:
        """Return the acquisition of a file of this identity."""
        return Acquisition(
            acquisition=self.key(usual_specimen),
            sample=self.sample_key(usual_specimen),
            **self.listed(),
            study_day=None,
            study_day_source="",
            hours_post_dose=None,
            path=path,
            sha256=sha256,
            role=REFERENCE,
            lot=self.lot,
        )


def find_references(
    sheet: Sheet | None,
    located: Located,
    is_claimed: Callable[[str], bool],
    specimen: str,
    root: Path,
) -> tuple[list[tuple], list[Listed]]:
    """Find the file of every row of the references sheet.

    Parameters
    ----------
    sheet
        The references sheet, checked; None if the study has none.
    located
        Where its files are.
    is_claimed
        Tells whether the samples sheet names a file, given by its path.
    specimen
        The study's usual specimen.
    root
        The working directory.

    Returns
    -------
    Path, what was seen there and identity of each file that can be worked on; and the others, each
    with its reason.
    """
    found, listed = [], []
    for row in sheet.rows if sheet else ():
        path, identity = located.paths[row.number], _identity(row, specimen)
        where = f"row {row.number} of {sheet.name}"
        if path is None:
            name = row.get("fcs")
            reason = f"{where} names a file that is not there"
            listed.append(
                Listed(name, "missing", reason, located.remedy(name), **identity.listed())
            )
        elif is_claimed(path):
            reason = f"{where} and the samples sheet both name this file"
            remedy = "Leave it in one of them: a patient's own tube belongs in the samples sheet."
            listed.append(Listed(path, "conflict", reason, remedy, **identity.listed()))
        else:
            found.append((path, look_at(str(root / path), path), identity))
    return found, listed


def _identity(row: SheetRow, specimen: str) -> ReferenceIdentity:
    return ReferenceIdentity(
        patient="",
        visit="",
        timepoint="",
        specimen=row.get("specimen") or specimen,
        panel=row.get("panel"),
        tube=row.get("tube"),
        batch=row.get("batch"),
        reference=row.get("reference"),
        lot=row.get("lot") or "",
    )
