"""The files of a folder, seen once."""

import errno
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
    r"""One file of a folder as a first look showed it.

    Parameters
    ----------
    path
        The file, under the folder as it was given.
    relative
        The same relative to the folder, with ``/``; bytes that are no UTF-8 are written as
        ``\xe9``, since no table and no message can hold them.
    kind
        ``fcs``, ``copying`` (a temporary name), ``other``, ``broken`` (a link that leads nowhere),
        ``misnamed`` (an FCS file whose path is not in UTF-8), ``folder`` (one that is called as an
        FCS file is), ``special`` (a pipe, a socket or a device) or ``unreadable``.
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
        relative = prefix + _printable(entry.name)
        is_folder = _is_folder(entry)
        if not is_folder or relative.lower().endswith(FCS_ENDINGS):
            yield look_at(entry.path, relative)
        if is_folder:
            yield from _walk(entry.path, relative + "/", trail)


def _is_folder(entry: os.DirEntry) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # a link that leads in a circle, or to where this account may not look
        return False


def _printable(name: str) -> str:
    """Return a name as UTF-8 can hold it; Python keeps other bytes of a name as surrogates."""
    return os.fsencode(name).decode("utf-8", errors="backslashreplace")


def look_at(path: str, relative: str) -> Seen:
    """Take a first look at one file."""
    try:
        mode = Path(path).stat().st_mode
        look = () if stat.S_ISDIR(mode) else tuple(fingerprint(path))
    except OSError as error:
        return Seen(path, relative, _why_not(error))
    name = relative.lower()
    if not look:
        kind = "folder"
    elif name.endswith(COPYING):
        kind = "copying"
    elif not name.endswith(FCS_ENDINGS):
        kind = "other"
    else:
        kind = "fcs" if _printable(path) == path else "misnamed"
    return Seen(path, relative, kind, look)


def _why_not(error: OSError) -> str:
    """Return the kind of what could not be looked at."""
    if isinstance(error, NotRegularError):
        return "special"
    is_broken = isinstance(error, FileNotFoundError) or error.errno == errno.ELOOP
    return "broken" if is_broken else "unreadable"


class NotRegularError(OSError):
    """What is no regular file: a folder, a pipe, a socket or a device."""


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
        raise NotRegularError(msg)
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def modified_within(path: str | Path, minutes: float, now: float) -> bool:
    """Tell whether a file was changed less than so many minutes from now, before or ahead."""
    return abs(now - Path(path).stat().st_mtime) < minutes * 60
