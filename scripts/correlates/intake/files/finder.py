"""Finding the files of a study: those that the samples sheet names, and those that were dropped."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from correlates.intake.acquisitions import Listed
from correlates.intake.files.folder import FCS_ENDINGS, Seen, list_files, look_at
from correlates.intake.files.identity import Identity, IdentityError, NameReader, identity_of_row
from correlates.intake.files.located import Located
from correlates.intake.files.mismatch import first_misfit
from correlates.intake.files.pattern import Pattern
from correlates.intake.files.references import find_references
from correlates.intake.files.rowindex import RowIndex
from correlates.intake.sheets.sheet import Sheet, SheetRow

_KINDS = {
    "copying": ("waiting", "its name says that it is still being copied", "It joins a later run."),
    "broken": (
        "unmatched",
        "this is a link that leads nowhere",
        "Fetch the file it stands for, or remove the link.",
    ),
    "misnamed": (
        "unmatched",
        "its name, or that of its folder, is not in UTF-8",
        "Rename it, with plain letters where a \\x stands here.",
    ),
    "folder": (
        "unmatched",
        "this is a folder, not an FCS file",
        "Rename the folder; the files in it are read under their own names.",
    ),
    "special": (
        "unmatched",
        "this is no file with data of its own, but a pipe, a socket or a device",
        "Put the FCS file itself in its place.",
    ),
    "unreadable": ("unmatched", "it cannot be read", "Give this account the right to read it."),
    "other": (
        "unmatched",
        "this is no .fcs or .lmd file",
        "Nothing need be done if none is meant.",
    ),
}
_MOVE = "Correct the row; if the name is wrong, move the file out of the drop folder."
_MOVE_OR_RENAME = (
    "Correct the row; if the name is wrong, rename the file, or move it out of the drop folder."
)
_KEEP_NAME = (
    "Change the pattern, or list the file in the samples sheet; "
    "leave its name, by which a FlowJo workspace finds its gates."
)
_PACKINGS = (".gz", ".zip", ".bz2", ".xz", ".zst", ".7z", ".rar", ".tar", ".tgz")


@dataclass(frozen=True)
class Candidate:
    """A file of known identity, not yet read; its path is as the user would write it."""

    path: str
    seen: Seen
    identity: Identity


class Finder:
    """Looks for the files of a study; what it finds is in ``candidates`` and ``listed``.

    Of a file that is listed under another spelling of its path, ``on_disk`` has the true one.

    Parameters
    ----------
    study
        The config's ``study`` block, checked.
    samples
        The samples sheet, checked; None if the study has none.
    reader
        What turns the parts of a filename into an identity.
    root
        The working directory.
    references
        The references sheet, checked; None if the study has none.
    """

    def __init__(
        self,
        study: Mapping,
        samples: Sheet | None,
        reader: NameReader,
        root: Path,
        references: Sheet | None = None,
    ):
        self.candidates: list[Candidate] = []
        self.listed: list[Listed] = []
        self.on_disk: dict[str, str] = {}
        self._study, self._samples, self._reader, self._root = study, samples, reader, root
        self._specimen = study.get("specimen", "")
        # a FlowJo workspace knows files by their names, so that none must be renamed
        self._by_name = any(
            path.lower().endswith(".wsp") for path in study.get("gating", {}).values()
        )
        self._located = Located(study, samples, root)
        self._references = references
        self._of_references = Located(study, references, root)
        self._good = {row.number for row in samples.rows} if samples else set()

    def find(self, pattern: Pattern | None) -> None:
        """Look through the sheet and the drop folder.

        Parameters
        ----------
        pattern
            The drop folder's pattern; None without a drop folder.
        """
        rows = self._samples.rows if self._samples else []
        index = RowIndex(self._samples, self._reader.panels)
        dropped = list(self._dropped())
        names = self._names_by_row(dropped, pattern)
        for row in rows:
            if row.get("fcs"):
                self._take_named(row, names.get(row.number, {}))
        for row in self._samples.refused if self._samples else []:
            self._list_refused(row)
        for path, seen in dropped:
            if not (self._located.rows_of(path) or self._of_references.rows_of(path)):
                self._take_dropped(path, seen, pattern, index)
        for row in rows:
            if not row.get("fcs") and row.number not in index.used:
                self._list_without_file(row, pattern)
        self._take_references()

    def _take_references(self) -> None:
        found, listed = find_references(
            self._references,
            self._of_references,
            lambda path: bool(self._located.rows_of(path)),
            self._specimen,
            self._root,
        )
        self.listed += listed
        for path, seen, identity in found:
            self._take(path, seen, identity)
        for row in self._references.refused if self._references else ():
            path = self._of_references.paths.get(row.number)
            if path is not None and self._of_references.rows_of(path)[0] is row:
                reason = f"row {row.number} of {self._references.name}, which names it, is left out"
                remedy = "Mend the row; the list of problems says what is wrong."
                self.listed.append(Listed(path, "unmatched", reason, remedy))

    def _dropped(self) -> Iterator[tuple[str, Seen]]:
        """Yield what is in the folder, with its path as the user would write it."""
        folder = self._study.get("drop", {}).get("folder") or self._study.get("fcs_folder")
        if folder is not None:
            for seen in list_files(self._root / folder):
                yield str(Path(folder) / seen.relative), seen

    def _names_by_row(
        self, dropped: Iterable[tuple[str, Seen]], pattern: Pattern | None
    ) -> dict[int, dict[str, dict[str, str]]]:
        """Return, by row, what placeholders hold in each name that its file is dropped under."""
        names: dict[int, dict[str, dict[str, str]]] = {}
        for path, seen in dropped if pattern else ():
            held = pattern.match(seen.relative)
            for row in self._located.rows_of(path) if held else ():
                names.setdefault(row.number, {})[path] = held
        return names

    def _take_named(self, row: SheetRow, names: Mapping[str, Mapping[str, str]]) -> None:
        path, identity = self._located.paths[row.number], identity_of_row(row, self._specimen)
        if path is None:
            reason = f"row {row.number} of {self._samples.name} names a file that is not there"
            remedy = self._located.remedy(row.get("fcs"))
            self._list(row.get("fcs"), "missing", reason, remedy, identity)
            return
        claims = self._located.rows_of(path)
        if any(other.values != row.values for other in claims):
            if row.number == min(one.number for one in claims if one.number in self._good):
                numbers = ", ".join(str(one.number) for one in claims)
                reason = f"rows {numbers} of {self._samples.name} name this file"
                self._list(path, "conflict", reason, "Keep the row that is right.", identity)
            return
        for name, held in names.items():
            differing = self._reader.contradictions(held, identity)
            if differing:
                by_name = ", ".join(f"{column} {mine}" for column, (mine, _) in differing.items())
                by_row = ", ".join(f"{column} {its}" for column, (_, its) in differing.items())
                reason = (
                    f"the name {name} says {by_name}, row {row.number} of {self._samples.name} "
                    f"says {by_row}"
                )
                remedy = _MOVE if self._by_name else _MOVE_OR_RENAME
                self._list(path, "conflict", reason, remedy, identity)
                return
        self._take(path, look_at(str(self._root / path), path), identity)

    def _list_refused(self, row: SheetRow) -> None:
        """List the file that a row that is left out names, unless a good row has it as well."""
        name = row.get("fcs")
        if not name:
            return
        path = self._located.paths[row.number]
        if path is None:
            state, remedy = "missing", self._located.remedy(name)
        elif self._located.rows_of(path)[0] is not row:
            return
        else:
            state, remedy = "unmatched", "Mend the row; the list of problems says what is wrong."
        reason = f"row {row.number} of {self._samples.name}, which names it, is left out"
        self.listed.append(Listed(path or name, state, reason, remedy))

    def _take_dropped(
        self, path: str, seen: Seen, pattern: Pattern | None, index: RowIndex
    ) -> None:
        """Take a file that no row names, if its name says what it is."""
        if seen.kind == "misnamed":
            self.on_disk[path] = seen.path
        held = pattern.match(seen.relative) if pattern and seen.kind != "misnamed" else None
        if held is None and seen.kind in _KINDS:
            self._list(path, *_told(seen))
        elif held is None and pattern is None:
            reason = f"no row of {self._samples.name} names this file"
            self._list(path, "unmatched", reason, "Add a row for it, if it belongs to the study.")
        elif held is None:
            self._list(path, "unmatched", *self._why_unmatched(pattern, seen.relative))
        else:
            by_name = None
            try:
                by_name = self._reader.identity(held)
                identity = index.complete(by_name)
            except IdentityError as error:
                self._list(path, "unmatched", error.reason, error.remedy, by_name)
            else:
                self._take(path, seen, identity)

    def _why_unmatched(self, pattern: Pattern, relative: str) -> tuple[str, str]:
        """Return why a name does not match the pattern, and what to do about it."""
        held = pattern.match_wrong_words(relative)
        if held is not None:
            try:
                self._reader.identity(held)
            except IdentityError as error:
                return error.reason, error.remedy
        reason = f"its name does not match the pattern: {first_misfit(pattern.text, relative)}"
        return reason, _KEEP_NAME if self._by_name else pattern.remedy(relative)

    def _take(self, path: str, seen: Seen, identity: Identity) -> None:
        identity = replace(identity, specimen=identity.specimen or self._specimen)
        if seen.kind in _KINDS and seen.kind != "other":
            self._list(path, *_told(seen), identity)
        elif not identity.specimen:
            remedy = "Give study.specimen, a column specimen, or {specimen} in the pattern."
            self._list(path, "unmatched", "its specimen is not known", remedy, identity)
        else:
            self.candidates.append(Candidate(path, seen, identity))

    def _list_without_file(self, row: SheetRow, pattern: Pattern | None) -> None:
        identity = identity_of_row(row, self._specimen)
        reason = f"row {row.number} of {self._samples.name} has no file"
        remedy = "Name its file in a column fcs, or give a drop folder."
        if pattern is not None:
            remedy = f"No file of the drop folder is of its patient and visit by {pattern.text}."
        self._list("", "missing", reason, remedy, identity)

    def _list(
        self, path: str, state: str, reason: str, remedy: str, identity: Identity | None = None
    ) -> None:
        columns = identity.listed() if identity else {}
        self.listed.append(Listed(path, state, reason, remedy, **columns))


def _told(seen: Seen) -> tuple[str, str, str]:
    """Return state, reason and remedy of what cannot be read as an FCS file."""
    name = seen.relative.lower()
    if seen.kind == "other" and name.endswith(_PACKINGS):
        unpacked = name.removesuffix(Path(name).suffix)
        if unpacked.endswith(FCS_ENDINGS):
            return "unmatched", "this is a packed FCS file", "Unpack it, and run again."
        return "unmatched", "this is a packed file", "Unpack it if FCS files are in it."
    return _KINDS[seen.kind]
