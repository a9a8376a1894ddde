"""What is found in one FCS file, in words that a lab person can act on."""

from dataclasses import asdict, dataclass

INFO = "info"
WARNING = "warning"
ERROR = "error"
COPY_AGAIN = "Copy the file again from the cytometer's computer, in binary mode."


@dataclass(frozen=True)
class Finding:
    """One thing about a file that somebody should know.

    Parameters
    ----------
    code
        Short and fixed, to count and to search by: ``truncated_data``.
    message
        What was found, in a sentence.
    remedy
        What to do about it, in a sentence.
    severity
        ``info`` changes nothing, ``warning`` marks the file, ``error`` refuses it.
    """

    code: str
    message: str
    remedy: str
    severity: str = WARNING

    def as_dict(self) -> dict[str, str]:
        """Return the finding as plain values for JSON."""
        return asdict(self)


class FcsError(Exception):
    """An FCS file that cannot be used; `finding` says why and what to do."""

    def __init__(self, finding: Finding):
        self.finding = finding
        super().__init__(f"{finding.message} {finding.remedy}")

    @property
    def code(self) -> str:
        """The finding's code."""
        return self.finding.code

    @property
    def message(self) -> str:
        """What was found."""
        return self.finding.message

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return self.finding.remedy
