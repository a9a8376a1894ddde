"""XML of unknown origin, read with bounds: no document types, no entities, no endless files."""

from collections.abc import Collection
from typing import IO
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

MOST_BYTES = 200_000_000
_MOST_ELEMENTS = 2_000_000
_DEEPEST = 60
_CHUNK = 1 << 20
# How many children of a kind an element has that were passed over.
PASSED = "passed-over-"


class UnsafeXml(ValueError):
    """XML that is not read: it is broken, or could be made to exhaust the machine."""


def read_xml(stream: IO[bytes], pass_over: Collection[str] = ()) -> Element:
    """Read XML into elements whose names have no namespace.

    Parameters
    ----------
    stream
        The file, open for bytes; it is read in pieces, at most `MOST_BYTES` of them.
    pass_over
        Elements that are only counted: their parent gets the attribute
        ``passed-over-<name>``.

    Raises
    ------
    UnsafeXml
        If it is not well-formed, declares a document type, or is larger or deeper than any file
        of an instrument.
    """
    reader = _Reader(pass_over)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.data
    read = 0
    try:
        while chunk := stream.read(_CHUNK):
            read += len(chunk)
            if read > MOST_BYTES:
                msg = f"it unpacks to more than {MOST_BYTES // 1_000_000} MB"
                raise UnsafeXml(msg)
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError) as error:
        # an encoding that nobody knows is looked up in vain
        msg = f"it is not well-formed XML: {error}"
        raise UnsafeXml(msg) from error
    return reader.tree.close()


def _refuse_doctype(*_) -> None:
    msg = "it declares a document type, which no instrument writes and which may hold entity bombs"
    raise UnsafeXml(msg)


class _Reader:
    """Makes elements of what the parser reports, without those that are passed over."""

    def __init__(self, pass_over: Collection[str]):
        self.tree = TreeBuilder()
        self._pass_over = frozenset(pass_over)
        self._open: list[Element] = []
        self._depth_passed = 0
        self._elements = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if self._depth_passed or name in self._pass_over:
            if not self._depth_passed and self._open:
                counter = PASSED + name
                above = self._open[-1]
                above.set(counter, str(int(above.get(counter, "0")) + 1))
            self._depth_passed += 1
            return
        self._elements += 1
        if self._elements > _MOST_ELEMENTS or len(self._open) >= _DEEPEST:
            msg = "it has more or deeper elements than any file of an instrument"
            raise UnsafeXml(msg)
        self._open.append(self.tree.start(name, attributes))

    def end(self, name: str) -> None:
        if self._depth_passed:
            self._depth_passed -= 1
            return
        self._open.pop()
        self.tree.end(name.rpartition(":")[2])

    def data(self, text: str) -> None:
        if not self._depth_passed and self._open:
            self.tree.data(text)
