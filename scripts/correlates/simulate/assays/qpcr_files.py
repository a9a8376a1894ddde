"""The three forms in which simulated plates are written: an export, RDML and a table."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, tostring

from correlates.tables import whole_file, write_tsv

_COLUMNS_OF_PLATE = 24
_TIDY = ("well", "sample", "gene", "cq", "task", "std_qty", "excluded", "note_origin")
_EXPORT = (
    *("Well", "Well Position", "Omit", "Sample Name", "Target Name", "Task", "Reporter"),
    *("Quencher", "CT", "Ct Mean", "Quantity", "NOAMP"),
)
_WORDS = {"sample": "UNKNOWN", "std": "STANDARD", "ntc": "NTC", "ipc": "UNKNOWN"}
_TYPES = {"sample": "unkn", "std": "std", "ntc": "ntc", "no_rt": "nrt", "ipc": "unkn"}
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Well:
    """One well of a simulated plate; ``cq`` is None where nothing was amplified."""

    number: int
    sample: str
    gene: str
    task: str
    cq: float | None
    quantity: float | None = None
    excluded: bool = False

    def position(self, columns: int) -> str:
        """Return row letter and column number."""
        row, column = divmod(self.number - 1, columns)
        return f"{chr(65 + row)}{column + 1}"


def write_export(path: Path, wells: Sequence[Well], origin: str) -> None:
    """Write wells as a 384-well instrument exports them: a long header, sections, Undetermined."""
    head = [
        "* Block Type = 384-Well Block",
        *("* Chemistry = TAQMAN", f"* Experiment Comment = {origin}"),
        *(f"* Experiment Name = {path.stem}", "* Instrument Type = QuantStudio(TM) 7 Flex System"),
        *("* Passive Reference = ROX", "* Quantification Cycle Method = Ct", ""),
        *("[Sample Setup]", "Well\tWell Position\tSample Name\tTarget Name\tTask"),
    ]
    setup = [
        "\t".join((str(one.number), _at(one), _named(one), one.gene, _task_word(one)))
        for one in wells
    ]
    results = ["", "[Results]", "\t".join(_EXPORT)]
    results += ["\t".join(_export_row(one)) for one in wells]
    tail = ["", "Analysis Type\tSingleplex", ""]
    with whole_file(path) as stream:
        stream.write("\n".join([*head, *setup, *results, *tail]))


def _export_row(one: Well) -> tuple[str, ...]:
    cq = "Undetermined" if one.cq is None else f"{one.cq:.3f}"
    quantity = "" if one.quantity is None else f"{one.quantity:,.1f}"
    return (
        *(str(one.number), _at(one), str(one.excluded).lower(), _named(one), one.gene),
        *(_task_word(one), "FAM", "NFQ-MGB", cq, "", quantity, "Y" if one.cq is None else "N"),
    )


def _at(one: Well) -> str:
    return one.position(_COLUMNS_OF_PLATE)


def _named(one: Well) -> str:
    """Return the name that is typed at the instrument, which has no word for no-RT."""
    return f"{one.sample} NRT" if one.task == "no_rt" else one.sample


def _task_word(one: Well) -> str:
    return _WORDS.get(one.task, "UNKNOWN")


def write_rdml(path: Path, wells: Sequence[Well], origin: str) -> None:
    """Write wells as RDML 1.2; nothing amplified is a Cq of -1."""
    root = Element("rdml", {"xmlns": "http://www.rdml.org", "version": "1.2"})
    document = SubElement(root, "documentation", {"id": "origin"})
    SubElement(document, "text").text = origin
    SubElement(root, "dye", {"id": "FAM"})
    for name, one in {_named(well): well for well in wells}.items():
        sample = SubElement(root, "sample", {"id": name})
        SubElement(sample, "type").text = _TYPES[one.task]
        if one.task == "ipc":
            SubElement(sample, "interRunCalibrator").text = "true"
        if one.quantity is not None:
            quantity = SubElement(sample, "quantity")
            SubElement(quantity, "value").text = repr(one.quantity)
            SubElement(quantity, "unit").text = "cop"
    for gene in dict.fromkeys(one.gene for one in wells):
        target = SubElement(root, "target", {"id": gene})
        SubElement(target, "type").text = "toi"
        SubElement(target, "dyeId", {"id": "FAM"})
    run = SubElement(SubElement(root, "experiment", {"id": "simulated"}), "run", {"id": path.stem})
    form = SubElement(run, "pcrFormat")
    for name, text in zip(
        ("rows", "columns", "rowLabel", "columnLabel"), ("16", "24", "ABC", "123"), strict=True
    ):
        SubElement(form, name).text = text
    for one in wells:
        _add_reaction(run, one)
    with whole_file(path, "wb") as stream, zipfile.ZipFile(stream, "w") as archive:
        # a time of writing would make each run another file
        entry = zipfile.ZipInfo("rdml_data.xml", _EPOCH)
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, tostring(root, encoding="utf-8", xml_declaration=True))


def _add_reaction(run: Element, one: Well) -> None:
    react = SubElement(run, "react", {"id": str(one.number)})
    SubElement(react, "sample", {"id": _named(one)})
    data = SubElement(react, "data")
    SubElement(data, "tar", {"id": one.gene})
    SubElement(data, "cq").text = "-1.0" if one.cq is None else repr(one.cq)
    if one.excluded:
        SubElement(data, "excl").text = "taken out"


def write_tidy(path: Path, wells: Sequence[Well], origin: str) -> None:
    """Write wells as a table; the column ``note_origin`` says where they are from."""
    rows = (
        {
            **{"well": _at(one), "sample": one.sample, "gene": one.gene},
            "cq": "Undetermined" if one.cq is None else one.cq,
            **{"task": one.task, "std_qty": one.quantity},
            **{"excluded": "yes" if one.excluded else "no", "note_origin": origin},
        }
        for one in wells
    )
    write_tsv(path, _TIDY, rows)
