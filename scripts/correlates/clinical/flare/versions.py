"""Versions of the CTCAE: whether they know tumor flare differs between them."""

import re

from correlates.intake.sheets.values import is_blank

NOT_STATED = "version not stated"
# Version 3 has the term with its grades; later ones lack it.
LAST_WITH_TERM = 3
_NAME = re.compile(r"^(NCI[- ]?)?(CTC(AE)?)?[ ,]*(version|v)?[. ]*", re.I)
_MAJOR = re.compile(r"CTCAE v(\d+)")


def ctcae_name(version: object) -> str:
    """Return ``CTCAE v5.0`` for 5.0, v5.0 or CTCAE 5.0, and say so where no version is stated."""
    if is_blank(version):
        return NOT_STATED
    number = _NAME.sub("", str(version).strip())
    return f"CTCAE v{number}" if number[:1].isdigit() else str(version)


def lacks_flare(name: str) -> bool:
    """Say whether a version, as `ctcae_name` writes it, has no term for tumor flare."""
    major = _MAJOR.match(name)
    return major is not None and int(major[1]) > LAST_WITH_TERM


def versions_note(names: list[str]) -> str:
    """Say which versions graded some flares, if they are several or lack the term; else nothing."""
    counted = {name: names.count(name) for name in sorted(set(names))}
    said = []
    if len(counted) > 1:
        listed = ", ".join(f"{name} ({n})" for name, n in counted.items())
        said.append(f"graded by several versions: {listed}")
    without = [name for name in counted if lacks_flare(name)]
    if without:
        said.append(f"{' and '.join(without)} has no term for tumor flare")
    return "; ".join(said)
