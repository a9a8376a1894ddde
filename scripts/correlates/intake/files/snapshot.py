"""Content of files, read again only when they change, and a snapshot that carries a plan on."""

import hashlib
import json
from pathlib import Path

from correlates.intake.files.folder import fingerprint
from correlates.intake.records import Plan
from correlates.tables import write_json, write_text

_RACY_NS = 2_000_000_000


class ContentCache:
    """Digests of files, computed again only for a file that changed.

    A file counts as unchanged while its size, mtime, ctime and inode are. One that changed within
    two seconds of the look is not remembered, since it could change again within the clock's step.

    Parameters
    ----------
    path
        JSON file that keeps the digests; an unreadable or damaged one is begun anew. None keeps
        them nowhere.
    """

    def __init__(self, path: str | Path | None):
        self.path = None if path is None else Path(path)
        self.computed = 0
        self._entries = {} if self.path is None else _read_entries(self.path)
        self._seen: set[str] = set()
        self._dirty = False

    def digest(self, path: str | Path, now: float, look: tuple = ()) -> tuple[str, bool]:
        """Return the sha256 of a file's content, and whether it held still meanwhile.

        Parameters
        ----------
        path
            The file.
        now
            The present, in seconds since the epoch.
        look
            What ``fingerprint`` gave when the file was listed, as the first of two looks.

        Raises
        ------
        OSError
            If the file cannot be read, or is no regular file.
        """
        name = str(Path(path).absolute())
        self._seen.add(name)
        before = fingerprint(path)
        held = not look or list(look) == before
        known = self._entries.get(name)
        if known is not None and known[:4] == before:
            return known[4], held
        sha256 = _hash(path)
        self.computed += 1
        after = fingerprint(path)
        still = held and before == after
        if still and now * 1e9 - max(after[1], after[2]) > _RACY_NS:
            self._entries[name] = [*after, sha256]
            self._dirty = True
        return sha256, still

    def save(self) -> None:
        """Write the digests whole; those of files that are gone are forgotten."""
        gone = [name for name in self._entries if name not in self._seen and not _exists(name)]
        for name in gone:
            del self._entries[name]
        if self.path is not None and (self._dirty or gone):
            write_json(self.path, self._entries)
            self._dirty = False


def write_snapshot(plan: Plan, folder: str | Path) -> Path:
    """Write a plan under the digest of its content, and leave an equal one untouched.

    Returns
    -------
    The file's path. It holds no time, so that a file which was only touched changes nothing.
    """
    text = plan.to_json()
    name = hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()[:32]
    path = Path(folder) / f"plan-{name}.json"
    if not path.exists():
        write_text(path, text)
    return path


def _hash(path: str | Path) -> str:
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _exists(path: str) -> bool:
    return Path(path).exists()


def _read_entries(path: Path) -> dict[str, list]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {name: entry for name, entry in content.items() if _is_entry(entry)}


def _is_entry(entry) -> bool:
    return (
        isinstance(entry, list)
        and len(entry) == 5
        and all(isinstance(number, int) for number in entry[:4])
        and isinstance(entry[4], str)
        and len(entry[4]) == 64
    )
