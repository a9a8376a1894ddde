"""One verdict per FCS file: accepted, accepted with a warning, or refused with a reason.

Acquisition dates are not among what is kept.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from correlates.intake.fcs.checks import check_content
from correlates.intake.fcs.findings import ERROR, INFO, WARNING, FcsError, Finding
from correlates.intake.fcs.reader import interpret
from correlates.intake.fcs.text import HEADER_BYTES, open_fcs, read_later_sets, read_text
from correlates.intake.fcs.zeros import has_empty_tail, trailing_zero_events

ACCEPTED = "accepted"
WARNED = "accepted_with_warning"
REFUSED = "refused"
SIMULATED = "CORRELATES_SIMULATED"
_CUT_SHORT = {"truncated_text", "truncated_data", "next_set_unreadable"}
_NO_FCS = {"not_fcs", "git_lfs_pointer", "unreadable_file"}
_ENDS_EARLY = "its data end before its header says"
_ENDS_IN_ZEROS = "its data end in zeros, as if not yet written"


@dataclass(frozen=True)
class Verdict:
    """What intake thinks of one file.

    Parameters
    ----------
    verdict
        ``accepted``, ``accepted_with_warning`` or ``refused``.
    findings
        Everything found, the gravest first.
    n_events
        Number of events; None where it is not known for certain.
    cytometer, fcs_version
        ``$CYT`` and the version, for information only; ``""`` where the file does not say. ``$FIL``
        is not kept: laboratories write names and sample numbers of people into it.
    simulated
        Whether the file says that it is simulated.
    """

    verdict: str
    findings: tuple[Finding, ...]
    n_events: int | None = None
    cytometer: str = ""
    fcs_version: str = ""
    simulated: bool = False

    @property
    def reason(self) -> str:
        """The messages of what decided the verdict, in a line; ``""`` if accepted."""
        return " ".join(finding.message for finding in self._deciding)

    @property
    def remedy(self) -> str:
        """What to do about it, in a line; ``""`` if accepted."""
        return " ".join(dict.fromkeys(finding.remedy for finding in self._deciding))

    @property
    def _deciding(self) -> list[Finding]:
        decisive = {REFUSED: ERROR, WARNED: WARNING}.get(self.verdict)
        return [finding for finding in self.findings if finding.severity == decisive]

    def as_dict(self) -> dict:
        """Return the verdict as plain values for JSON."""
        return {
            "verdict": self.verdict,
            "findings": [finding.as_dict() for finding in self.findings],
            "n_events": self.n_events,
            "cytometer": self.cytometer,
            "fcs_version": self.fcs_version,
            "simulated": self.simulated,
        }


def examine(path: str | Path, channels: Collection[str] | None = None) -> Verdict:
    """Judge one file by its header, its description, its length and a first look at its data.

    Parameters
    ----------
    path
        The file; whatever it holds, the answer is a verdict and never an exception.
    channels
        Names of the channels that the panel uses, where known: two channels of one name are then
        refused only if the name is among them.
    """
    text, findings, n_events = None, [], None
    try:
        text = read_text(path)
        findings += text.findings
        file = interpret(text)
        findings = [*file.findings, *check_content(file, text, channels)]
        n_events = file.n_events
    except FcsError as error:
        findings.append(error.finding)
    severities = {finding.severity for finding in findings}
    verdict = REFUSED if ERROR in severities else WARNED if WARNING in severities else ACCEPTED
    order = [ERROR, WARNING, INFO]
    findings = tuple(sorted(findings, key=lambda finding: order.index(finding.severity)))
    if text is None:
        return Verdict(verdict, findings)
    said = text.keywords.get
    return Verdict(
        verdict=verdict,
        findings=findings,
        n_events=n_events,
        cytometer=said("$CYT", "").strip(),
        fcs_version=text.version,
        simulated=said(SIMULATED, "").strip() not in ("", "0"),
    )


def why_unfinished(path: str | Path) -> str:
    """Say why a file looks as one that is still being written does; ``""`` if it does not.

    Only the header, the description and the last event are read. A file is unfinished that is
    shorter than its own header promises, or that begins or ends with zeros, since some copying
    programs reserve the room first. A file that is no FCS file is not unfinished.
    """
    is_empty_behind = False
    try:
        with open_fcs(Path(path)) as (stream, size):
            head = stream.read(HEADER_BYTES)
            is_empty_behind = has_empty_tail(stream, size)
        if len(head) < HEADER_BYTES:
            return _ENDS_EARLY if head else "it is empty so far"
        if not head[:8].strip(b"\0"):
            return "it begins with zeros, as if not yet written"
        text = read_text(path)
        file = interpret(text)
        findings = [*file.findings, *read_later_sets(text)[1]]
        if trailing_zero_events(file, at_most=1):
            return _ENDS_IN_ZEROS
    except FcsError as error:
        findings = [error.finding]
        if is_empty_behind and error.code not in _NO_FCS | _CUT_SHORT:
            return _ENDS_IN_ZEROS
    return _ENDS_EARLY if any(finding.code in _CUT_SHORT for finding in findings) else ""
