"""What a readable FCS file holds, judged: what is refused or marked although it can be read.

Refused are

- two channels of one name, if the panel or the file's matrix may use them: either could be meant. A
  caller who knows the panel's channels names them, and a pair that is not among them is a warning;
- several data sets of different numbers of events: these are several acquisitions in one file, and
  reading the first would lose the others silently. Data sets of equal numbers of events are the
  same cells stored twice (Beckman Coulter LMD); the first is used, as the standard has it;
- mass cytometry: no scatter, no spillover, another scale; templates for fluorescence do not apply;
- a file that went through a program for text: its values are gone, whatever its header says;
- a file whose last events are zero in every channel: they have not been written yet, or are lost.
"""

import codecs
import re
from collections import Counter
from collections.abc import Collection

from correlates.intake.fcs.findings import COPY_AGAIN, ERROR, INFO, WARNING, Finding
from correlates.intake.fcs.keywords import whole_number
from correlates.intake.fcs.reader import FcsFile
from correlates.intake.fcs.text import FcsText, open_fcs, read_later_sets
from correlates.intake.fcs.zeros import check_end

_MASS_CYTOMETER = re.compile(r"cytof|dvs|helios|fluidigm|standard biotools", re.IGNORECASE)
_ISOTOPE = re.compile(r"\(?[A-Z][a-z]?\d{2,3}\)?D[id]")
_SCATTER = re.compile(r"(fsc?|ssc?|forward|side)([^a-z]|$)", re.IGNORECASE)
_REPLACED = "\ufffd".encode()  # what text programs put in place of a byte they cannot read
_FEWEST_REPLACED = 3
_LOOK_BYTES = 1 << 16


def check_content(file: FcsFile, text: FcsText, channels: Collection[str] | None) -> list[Finding]:
    """Return what is to be said of a file that can be read.

    Parameters
    ----------
    file, text
        The first data set and its description.
    channels
        Names of the channels that the panel uses; None if not known.

    Raises
    ------
    FcsError
        ``unreadable_file`` if it vanished meanwhile.
    """
    findings = [
        *_check_names(file, channels),
        *_check_instrument(file, text),
        *_check_data_sets(file, text),
        *_check_values(file),
        *check_end(file),
    ]
    if file.n_events == 0:
        message = "The file holds no events."
        remedy = "Acquire the sample again, or take the file out of the folder."
        findings.append(Finding("no_events", message, remedy, ERROR))
    if file.time_index is None:
        message = "The file has no Time channel, so that its flow rate cannot be checked."
        findings.append(Finding("no_time_channel", message, "Nothing to do.", INFO))
    if any(key.startswith("INDEX SORTING") for key in file.keywords):
        message = (
            "This is an index-sorting file: it holds the cells sorted into a plate only, "
            "so fractions and counts do not describe the sample."
        )
        remedy = "Use the file of the whole acquisition where the sample's populations are meant."
        findings.append(Finding("index_sorted", message, remedy, WARNING))
    return findings


def _check_names(file: FcsFile, channels: Collection[str] | None) -> list[Finding]:
    counts = Counter(file.names)
    repeated = [name for name, count in counts.items() if count > 1]
    if not repeated:
        return []
    used = {*(channels or ()), *(file.spillover.channels if file.spillover else ())}
    matter = [name for name in repeated if channels is None or name in used]
    message = f"Several channels share a name ($PnN): {', '.join(matter or repeated)}."
    if not matter:
        message += " Neither the panels sheet nor the matrix names them."
    remedy = "Give each detector its own name in the cytometer's software and export again."
    return [Finding("duplicate_channel_names", message, remedy, ERROR if matter else WARNING)]


def _check_instrument(file: FcsFile, text: FcsText) -> list[Finding]:
    names = [channel.name for channel in file.channels]
    seen = [*names, *(channel.label for channel in file.channels)]
    isotopes = sum(bool(_ISOTOPE.fullmatch(name)) for name in names)
    event_length = any(name.lower().replace(" ", "_") == "event_length" for name in names)
    unlit = not any(_SCATTER.match(name) for name in seen)
    by_name = _MASS_CYTOMETER.search(text.keywords.get("$CYT", ""))
    if not by_name and not (unlit and (event_length or isotopes >= 5)):
        return []
    message = (
        "This is a mass cytometry file (CyTOF): it has no light scatter and no spillover, "
        "and its scale is another one."
    )
    remedy = "Take it out of the study: the gating templates here are for fluorescence."
    return [Finding("mass_cytometry", message, remedy, ERROR)]


def _check_data_sets(file: FcsFile, text: FcsText) -> list[Finding]:
    later, findings = read_later_sets(text)
    if not later:
        return findings
    totals = [whole_number(data_set.keywords.get("$TOT")) for data_set in later]
    shown = ", ".join("?" if total is None else f"{total:,}" for total in [file.n_events, *totals])
    if set(totals) != {file.n_events}:
        message = (
            f"The file holds {1 + len(later)} data sets of different numbers of events ({shown}): "
            "several acquisitions in one file."
        )
        remedy = "Export each of them as an FCS file of its own."
        return [*findings, Finding("multi_dataset", message, remedy, ERROR)]
    forms = "; ".join(
        f"{data_set.version}, {data_set.keywords.get('$PAR', '?').strip()} channels of "
        f"{data_set.keywords.get('$P1B', '?').strip()} bits"
        for data_set in (text, *later)
    )
    message = (
        f"The file holds {1 + len(later)} data sets of {file.n_events:,} events each, as a rule "
        f"the same cells in several forms ({forms}). The first is used."
    )
    remedy = "To use another one, export it as an FCS file of its own."
    return [*findings, Finding("multi_dataset", message, remedy, WARNING)]


def _check_values(file: FcsFile) -> list[Finding]:
    length = min(file.n_events * file.layout.event_bytes, _LOOK_BYTES)
    with open_fcs(file.path) as (stream, _):
        stream.seek(file.data_start)
        sample = stream.read(length)
    if sample.count(_REPLACED) < _FEWEST_REPLACED:
        return []
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return []
    message = (
        "The file went through a program that takes it for text: in its data, bytes were replaced "
        "by the sign for an unreadable character, so the values are lost."
    )
    remedy = f"{COPY_AGAIN} In git, mark *.fcs as binary."
    return [Finding("mangled_as_text", message, remedy, ERROR)]
