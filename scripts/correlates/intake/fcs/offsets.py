"""Where the events of an FCS file are, and how many: HEADER, TEXT, ``$TOT`` and file reconciled."""

from correlates.intake.fcs.channels import EXPORT_AGAIN
from correlates.intake.fcs.findings import COPY_AGAIN, ERROR, WARNING, FcsError, Finding
from correlates.intake.fcs.keywords import whole_number
from correlates.intake.fcs.text import HEADER_BYTES, FcsText


def locate_events(text: FcsText, event_bytes: int) -> tuple[int, int, list[Finding]]:
    """Reconcile HEADER, TEXT, ``$TOT`` and the length of the file.

    The number of events must agree with the length of the DATA segment. An end that is one byte off
    is a common slip and harmless; where HEADER and TEXT differ, the one that agrees with ``$TOT``
    is right; anything else is two stories, and the file is refused.

    Returns
    -------
    Byte of the first event in the file, number of events, and what was odd.

    Raises
    ------
    FcsError
        ``no_data_segment``, ``offset_discrepancy``, ``tot_mismatch``, ``truncated_data``.
    """
    stated = _stated_spans(text)
    spans = [span for span in stated if _is_possible(span, text)]
    total = whole_number(text.keywords.get("$TOT"))
    if total == 0 and not any(_length(span) >= event_bytes for span in spans):
        return text.base + HEADER_BYTES, 0, []
    if not spans:
        message = "Header, $BEGINDATA and $ENDDATA give no place where the events could be."
        raise FcsError(Finding("no_data_segment", message, EXPORT_AGAIN, ERROR))
    findings: list[Finding] = []
    if total is None:
        total = _count_by_length(spans, event_bytes, findings)
    expected = total * event_bytes
    fitting = [span for span in spans if _length(span) == expected]
    if not fitting and event_bytes > 1:
        fitting = [span for span in spans if abs(_length(span) - expected) == 1]
    if not fitting:
        raise _no_span_fits(spans, total, text.size - text.base, event_bytes)
    start = _agreed_start(fitting, text, stated, findings)
    if text.base + start + expected > text.size:
        raise _truncated_data(total, max(0, text.size - text.base - start) // event_bytes)
    if len(stated) == 1 and _length(fitting[0]) != expected:
        message = (
            "The stated end of the data is one byte off; the number of events fits, "
            "so they are read all the same."
        )
        remedy = "Nothing to do here; other programs may refuse the file."
        findings.append(Finding("end_off_by_one", message, remedy, WARNING))
    return text.base + start, total, findings


def _stated_spans(text: FcsText) -> list[tuple[int, int]]:
    begin, end = (whole_number(text.keywords.get(name)) for name in ("$BEGINDATA", "$ENDDATA"))
    stated = [(begin, end) if begin and end else None, text.data_span]
    if text.version == "FCS2.0":
        stated.reverse()  # there the HEADER alone is standard
    return list(dict.fromkeys(span for span in stated if span is not None))


def _is_possible(span: tuple[int, int], text: FcsText) -> bool:
    """Whether data may stand there: not in the HEADER, and not in TEXT but for one byte's slip."""
    first, last = text.text_span
    return HEADER_BYTES <= span[0] <= span[1] and (span[0] >= last or span[1] <= first)


def _length(span: tuple[int, int]) -> int:
    return span[1] - span[0] + 1


def _count_by_length(
    spans: list[tuple[int, int]], event_bytes: int, findings: list[Finding]
) -> int:
    if len(spans) > 1:
        message = "$TOT is missing, and header and keywords disagree on where the events are."
        raise FcsError(Finding("offset_discrepancy", message, EXPORT_AGAIN, ERROR))
    total = (_length(spans[0]) + 1) // event_bytes
    if abs(_length(spans[0]) - total * event_bytes) > 1:
        message = "$TOT is missing, and the data segment is not a whole number of events long."
        raise FcsError(Finding("tot_mismatch", message, EXPORT_AGAIN, ERROR))
    message = "$TOT, the number of events, is missing; it is taken from the length of the data."
    findings.append(Finding("missing_total", message, EXPORT_AGAIN, WARNING))
    return total


def _agreed_start(
    fitting: list[tuple[int, int]],
    text: FcsText,
    stated: list[tuple[int, int]],
    findings: list[Finding],
) -> int:
    starts = {span[0] for span in fitting}
    where = " and ".join(f"bytes {start:,} to {end:,}" for start, end in stated)
    if len(starts) > 1 and text.version != "FCS2.0":
        message = f"Header and keywords give different places of the data ({where}); both fit."
        raise FcsError(Finding("offset_discrepancy", message, EXPORT_AGAIN, ERROR))
    if len(stated) > 1:
        message = (
            f"Header and keywords give different places of the data ({where}); "
            f"{fitting[0][0]:,} onwards agrees with the number of events and is used."
        )
        remedy = "Compare one histogram with the cytometer's software before relying on the file."
        findings.append(Finding("offset_discrepancy", message, remedy, WARNING))
    return fitting[0][0]


def _no_span_fits(
    spans: list[tuple[int, int]], total: int, size: int, event_bytes: int
) -> FcsError:
    start, end = spans[0]
    if len(spans) > 1:
        message = "Header and keywords give different places of the data, and neither fits $TOT."
        return FcsError(Finding("offset_discrepancy", message, EXPORT_AGAIN, ERROR))
    if end >= size:
        return _truncated_data(total, max(0, size - start) // event_bytes)
    message = (
        f"$TOT says {total:,} events, the data segment holds {(end - start + 1) / event_bytes:,.6g}"
        f" ({end - start + 1:,} bytes of {event_bytes} an event)."
    )
    remedy = "The file was changed after acquisition, or not in binary mode: export it again."
    return FcsError(Finding("tot_mismatch", message, remedy, ERROR))


def _truncated_data(promised: int, complete: int) -> FcsError:
    message = f"The file is cut short: {complete:,} of {promised:,} events are complete."
    return FcsError(Finding("truncated_data", message, COPY_AGAIN, ERROR))
