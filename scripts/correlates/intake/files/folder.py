"""The files of a folder, seen once."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CLUTTER = {"thumbs.db", "desktop.ini", "icon\r"}
COPYING = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".filepart", ".download", ".swp")
FCS_ENDINGS = (".fcs", ".lmd")


@dataclass(frozen=True)
class Seen:
    """One file of a folder as a first look showed it.

    Parameters
    ----------
    path
        The file, under the folder as it was given.
    relative
        The same relative to the folder, with ``/``.
    kind
        ``fcs``, ``copying`` (a temporary name), ``other``, ``broken`` (a link that leads nowhere)
        or ``unreadable`` (a folder that cannot be listed, or what is no regular file).
    look
        Size, mtime_ns, ctime_ns and inode at this look; empty for what is no file.
    """

    path: str
    relative: str
    kind: str
    look: tuple[int, ...] = ()


def list_files(folder: str | Path) -> list[Seen]:
    """List the files of a folder and its sub-folders, links followed, hidden names left out.

    Returns
    -------
    One entry per file in order of its path. A folder that links lead back into is listed once.
    """
    entries = _walk(os.fspath(folder), "", set())
    return sorted(entries, key=lambda seen: seen.relative)


def _walk(folder: str, prefix: str, trail: set) -> Iterator[Seen]:
    try:
        here = Path(folder).stat()
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        yield Seen(folder, prefix.rstrip("/") or ".", "unreadable")
        return
    identity = (here.st_dev, here.st_ino)
    if identity in trail:
        return
    trail.add(identity)
    for entry in entries:
        if entry.name.startswith((".", "~$")) or entry.name.lower() in CLUTTER:
            continue
        relative = prefix + entry.name
        if entry.is_dir():
            yield from _walk(entry.path, relative + "/", trail)
        else:
            yield look_at(entry.path, relative)


def look_at(path: str, relative: str) -> Seen:
    """Take a first look at one file."""
    name = relative.lower()
    try:
        look = tuple(fingerprint(path))
    except FileNotFoundError:
        return Seen(path, relative, "broken")
    except OSError:
        return Seen(path, relative, "unreadable")
    if name.endswith(COPYING):
        return Seen(path, relative, "copying", look)
    return Seen(path, relative, "fcs" if name.endswith(FCS_ENDINGS) else "other", look)


def fingerprint(path: str | Path) -> list[int]:
    """Return size, mtime_ns, ctime_ns and inode of a regular file, links followed.

    Raises
    ------
    OSError
        If there is no such file, or it is no regular one.
    """
    status = Path(path).stat()
    if not stat.S_ISREG(status.st_mode):
        msg = "this is no regular file"
        raise OSError(msg)
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def modified_within(path: str | Path, minutes: float, now: float) -> bool:
    """Tell whether a file was changed less than so many minutes from now, before or ahead."""
    return abs(now - Path(path).stat().st_mtime) < minutes * 60
