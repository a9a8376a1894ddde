"""RDML: the reactions of every run of a file, versions 1.0 to 1.4.

Source: RDML consortium, rdml.org; the type of a sample and its quantity may be said per target from
1.2 on. A Cq of -1 is what the format has for no amplification.
"""

import io
import lzma
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import Element

from correlates.intake.qpcr.safe_xml import PASSED, UnsafeXml, read_xml
from correlates.intake.qpcr.words import well_at

DATA = "rdml_data.xml"
# Curves, of which only the number of cycles is of use here.
_CURVES = ("adp", "mdp")
# What a damaged or unknown zip file makes the standard library raise.
_DAMAGES = (
    *(OSError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError),
    *(ValueError, struct.error),
)
_ID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")


class RdmlError(ValueError):
    """A file that is no RDML, or none that can be read; the text says why."""


@dataclass(frozen=True)
class Reaction:
    """One target in one well of one run.

    Parameters
    ----------
    run, react, well
        Run and number of the reaction as the file has them; the well on the run's plate.
    sample, target
        Names; of what has an id in place of a name, its description, and a target without its dye.
    kind
        Type of the sample, such as ``unkn``, ``std``, ``ntc``, ``nrt``; ``ipc`` for an inter-run
        calibrator.
    cq
        As the file has it; None without the element, NaN where it is no number.
    n_cycles
        Cycles of the amplification curve; 0 if none is stored.
    quantity
        Of a standard, in the unit of the file.
    excluded, note
        Why it was taken out, and what the software remarked.
    n0, efficiency
        Starting concentration and efficiency of the target as a program computed them.
    annotations
        Properties of the sample.
    """

    run: str
    react: str
    well: str
    sample: str
    target: str
    kind: str
    cq: float | None
    n_cycles: int = 0
    quantity: float | None = None
    excluded: str = ""
    note: str = ""
    n0: float | None = None
    efficiency: float | None = None
    annotations: dict[str, str] = field(default_factory=dict)


def is_rdml_text(start: bytes) -> bool:
    """Tell whether a file begins as RDML that is not zipped."""
    return re.search(rb"<(\w+:)?rdml[\s>]", start.replace(b"\0", b"")) is not None


def read_rdml(path: str | Path) -> list[Reaction]:
    """Read every reaction of an RDML file, in its order.

    Raises
    ------
    RdmlError
        If the file cannot be opened, is damaged, or is not RDML.
    """
    with _opened(Path(path), DATA) as stream:
        if stream is None:
            msg = f"it is a zip file without {DATA}"
            raise RdmlError(msg)
        root = read_xml(stream, _CURVES)
    if root.tag != "rdml":
        msg = f"its first element is {root.tag!r} and not 'rdml'"
        raise RdmlError(msg)
    samples = {one.get("id", ""): one for one in root.iterfind("sample")}
    targets = {one.get("id", ""): one for one in root.iterfind("target")}
    return [
        reaction
        for run in root.iterfind("experiment/run")
        for react in run.iterfind("react")
        for data in react.iterfind("data")
        for reaction in [_reaction(run, react, data, samples, targets)]
    ]


@contextmanager
def _opened(path: Path, member: str) -> Iterator[IO[bytes] | None]:
    """Open a file of the archive, or the file itself where it is not zipped."""
    try:
        if not zipfile.is_zipfile(path):
            content = path.read_bytes()
            if not is_rdml_text(content[:4096]):
                msg = "it is neither a whole zip file nor XML of RDML"
                raise RdmlError(msg)
            yield io.BytesIO(content) if member == DATA else None
            return
        with zipfile.ZipFile(path) as archive:
            names = {one.lower(): one for one in archive.namelist()}
            name = names.get(member)
            if name is None:
                yield None
                return
            with archive.open(name) as stream:
                yield stream
    except RdmlError:
        raise
    except UnsafeXml as error:
        raise RdmlError(str(error)) from error
    except _DAMAGES as error:
        msg = f"it is damaged: {error}"
        raise RdmlError(msg) from error
    except RuntimeError as error:
        # what zipfile raises for a password
        msg = f"it cannot be unpacked: {error}"
        raise RdmlError(msg) from error


def read_calls(path: str | Path) -> dict[tuple[str, str], tuple[str, float | None]]:
    """Return what a LightCycler 96 called each reaction, and the quantity of its standard.

    The instrument writes a Cq for every curve, also for one that it calls negative; the call stands
    in a file beside the RDML data.

    Returns
    -------
    Call (``Positive``, ``Negative``, ``Invalid``) and quantity by number of reaction and target as
    the file names it; nothing for a file without calls.
    """
    with _opened(Path(path), "calculated_data.xml") as stream:
        root = None if stream is None else read_xml(stream, ("normFlour", "doublePoint"))
    if root is None:
        return {}
    graphs, calls = {}, {}
    for react in root.iter("react"):
        for graph in react.iterfind("factGraph"):
            place = (react.get("id", ""), graph.get("targetId", ""))
            graphs[graph.get("id", "")] = place
            calls[place] = (graph.findtext("call", ""), None)
    for source in root.iter("absQuantDataSource"):
        place = graphs.get(source.findtext("graphId", ""))
        if place is not None:
            calls[place] = (source.findtext("call", ""), _number(source.findtext("standard")))
    return calls


def _reaction(
    run: Element, react: Element, data: Element, samples: dict, targets: dict
) -> Reaction:
    sample_id, target_id = _id_of(react, "sample"), _id_of(data, "tar")
    sample, target = samples.get(sample_id), targets.get(target_id)
    kind = "unkn" if sample is None else _of_target(sample, "type", target_id) or "unkn"
    if sample is not None and sample.findtext("interRunCalibrator", "").strip() == "true":
        kind = "ipc"
    quantity = None if sample is None else _quantity(sample, target_id)
    return Reaction(
        run=run.get("id", ""),
        react=react.get("id", ""),
        well=_well(run, react.get("id", "")),
        sample=_name_of(sample, sample_id),
        target=target_id,
        kind=kind,
        cq=_number(data.findtext("cq")),
        n_cycles=int(data.get(PASSED + "adp", "0")),
        quantity=quantity,
        excluded=_excluded(data),
        note=(data.findtext("note") or "").strip(),
        n0=_number(data.findtext("N0")),
        efficiency=None if target is None else _efficiency(target),
        annotations=_annotations(sample),
    )


def _id_of(element: Element, name: str) -> str:
    """Return the id that an element refers to, as an attribute or, in drafts of 1.0, as text."""
    child = element.find(name)
    return "" if child is None else (child.get("id") or child.text or "").strip()


def _name_of(sample: Element | None, sample_id: str) -> str:
    """Return a sample's name: its id, or its description where the id is none for people."""
    if sample is not None and _ID.fullmatch(sample_id):
        return (sample.findtext("description") or "").strip()
    return sample_id


def target_name(target_id: str, dye: str = "") -> str | None:
    """Return a target without its dye (``FAM@RHOH``); None if nobody has named it."""
    name = target_id.rpartition("@")[2] if "@" in target_id else target_id
    return None if _ID.fullmatch(name) or not name else name


def _of_target(sample: Element, name: str, target_id: str) -> str:
    """Return the text of an element of a sample: that of the target, or that of all targets."""
    found = {one.get("targetId", ""): (one.text or "").strip() for one in sample.iterfind(name)}
    return found.get(target_id) or found.get("", "")


def _quantity(sample: Element, target_id: str) -> float | None:
    found = {one.get("targetId", ""): one for one in sample.iterfind("quantity")}
    chosen = found.get(target_id, found.get(""))
    return None if chosen is None else _number(chosen.findtext("value"))


def _efficiency(target: Element) -> float | None:
    value = _number(target.findtext("amplificationEfficiency"))
    return value if value and value > 1 else None


def _excluded(data: Element) -> str:
    found = data.find("excl")
    return "" if found is None else ((found.text or "").strip() or "excluded")


def _annotations(sample: Element | None) -> dict[str, str]:
    found = [] if sample is None else sample.iterfind("annotation")
    return {one.findtext("property", ""): one.findtext("value", "") for one in found}


def _well(run: Element, react: str) -> str:
    """Return the well of a reaction, whose number counts along the rows of the run's plate."""
    columns = _number(run.findtext("pcrFormat/columns"))
    if not react.isdecimal() or int(react) < 1:
        return react
    # a rotor has one column, or one row, of places that have numbers and no letters
    rows = _number(run.findtext("pcrFormat/rows"))
    if columns is None or columns <= 1 or rows is None or rows <= 1:
        return f"R{react}"
    return well_at(int(react), int(columns))


def _number(text: str | None) -> float | None:
    """Return a number; None without a text, NaN for a text that is none."""
    if text is None or not text.strip():
        return None
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan
