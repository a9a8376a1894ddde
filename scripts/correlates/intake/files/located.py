"""The files that the samples sheet names, wherever the user meant them to be."""

import os
from collections.abc import Mapping
from pathlib import Path

from correlates.intake.files.folder import FCS_ENDINGS
from correlates.intake.files.names import Names
from correlates.intake.sheets.sheet import Sheet, SheetRow


class Located:
    """Files that rows of the samples sheet name, and which rows name each.

    A relative name is looked for in ``study.fcs_folder`` if there is one, in the sheet's own
    folder, and in the working directory, in this order.

    Parameters
    ----------
    study
        The config's ``study`` block.
    sheet
        The samples sheet; None if the study has none.
    root
        The working directory.
    """

    def __init__(self, study: Mapping, sheet: Sheet | None, root: Path):
        self._root = root
        self._places = [study["fcs_folder"]] if "fcs_folder" in study else []
        self._names: dict[str, Names] = {}
        self._resolved: dict[str, str] = {}
        self._rows: dict[str, list[SheetRow]] = {}
        self.paths: dict[int, str | None] = {}
        if sheet is None:
            return
        self._places = list(dict.fromkeys([*self._places, str(Path(sheet.name).parent), "."]))
        for row in sorted([*sheet.rows, *sheet.refused], key=lambda row: row.number):
            if row.get("fcs"):
                path = self.paths[row.number] = self._locate(row.get("fcs"))
                if path is not None:
                    self._rows.setdefault(self._real(path), []).append(row)

    def rows_of(self, path: str) -> list[SheetRow]:
        """Return the rows that name a file, in their order."""
        return self._rows.get(self._real(path), [])

    def remedy(self, name: str) -> str:
        """Return what to do about a file that is not there."""
        wanted = Path(_slashes(name))
        for place in self._places:
            folder = Path(place) / wanted.parent
            near = self._names_in(folder).near(wanted.name)
            if near:
                return f"Did you mean {near!r}, which is in {folder}?"
        looked = ", ".join(str((self._root / place).absolute()) for place in self._places)
        return f"Put it there, or correct the path; it was looked for from: {looked}."

    def _locate(self, name: str) -> str | None:
        for spelling in dict.fromkeys((name, _slashes(name))):
            for place in self._places:
                path = Path(place) / spelling
                # a link that leads nowhere is there: it is listed with what is wrong with it
                if os.path.lexists(self._root / path):
                    return str(path)
        return None

    def _real(self, path: str) -> str:
        if path not in self._resolved:
            # Path.resolve raises for a link that leads in a circle
            self._resolved[path] = os.path.realpath(self._root / path)
        return self._resolved[path]

    def _names_in(self, folder: Path) -> Names:
        key = str(folder)
        if key not in self._names:
            try:
                found = list((self._root / folder).iterdir())
            except OSError:
                # there is no such folder, or this account may not list it: nothing is near
                found = []
            fcs = [path.name for path in found if path.suffix.lower() in FCS_ENDINGS]
            self._names[key] = Names(fcs)
        return self._names[key]


def _slashes(name: str) -> str:
    return name.replace("\\", "/")
