"""Keywords of an FCS file: a TEXT segment taken apart, and the numbers that keywords hold."""

import math
import re

from correlates.intake.fcs.findings import COPY_AGAIN, ERROR, INFO, WARNING, FcsError, Finding

_ESCAPED = "\ud800"  # a lone surrogate: no decoder yields it, so it can stand for a delimiter
_STANDARD_KEYWORD = re.compile(r"\$[A-Z0-9]+")
_WHOLE_NUMBER = re.compile(r"\s*[+-]?[0-9]{1,15}\s*", re.ASCII)
_NUMBER = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?\s*", re.ASCII)


def whole_number(text: str | None) -> int | None:
    """Return the whole number that a keyword holds, None if it holds none."""
    if text is None or not _WHOLE_NUMBER.fullmatch(text):
        return None
    return int(text)


def finite_number(text: str | None) -> float | None:
    """Return the finite number that a keyword holds, None if it holds none."""
    if text is None or not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def parse_keywords(raw: bytes) -> tuple[dict[str, str], list[Finding]]:
    """Take a TEXT segment apart.

    A doubled delimiter stands for the character itself. Some programs write empty values instead,
    which look the same; that reading is taken only if every keyword has a name and it alone brings
    standard keywords to light.

    Parameters
    ----------
    raw
        The segment, beginning with its delimiter.

    Returns
    -------
    Values by upper-cased keyword, the last where one is repeated; and what was odd.

    Raises
    ------
    FcsError
        ``bad_text`` if it does not begin with a delimiter or holds no keyword.
    """
    text = _decode(raw)
    delimiter, findings = text[:1], []
    if not delimiter or delimiter.isalnum() or delimiter == "$":
        raise FcsError(Finding("bad_text", "The TEXT segment has no delimiter.", COPY_AGAIN, ERROR))
    body = text[1:].rstrip("".join({" ", "\0", "\r", "\n", "\t"} - {delimiter}))
    body = body.removesuffix(delimiter)
    escaped = body.replace(delimiter * 2, _ESCAPED).split(delimiter)
    pairs = _pairs([token.replace(_ESCAPED, delimiter) for token in escaped])
    if delimiter * 2 in body:
        tokens = body.split(delimiter)
        with_empty = _pairs(tokens)
        if all(tokens[::2]) and _standard(with_empty) > _standard(pairs):
            pairs = with_empty
            message = "Keywords without a value are written with a doubled delimiter."
            findings.append(Finding("empty_values", message, "Nothing to do.", INFO))
    keywords = dict(pairs)
    if not keywords:
        raise FcsError(Finding("bad_text", "The TEXT segment holds no keyword.", COPY_AGAIN, ERROR))
    return keywords, findings + _repeated(pairs, keywords)


def _decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _pairs(tokens: list[str]) -> list[tuple[str, str]]:
    keys = (key.strip().upper() for key in tokens[::2])
    return [(key, value) for key, value in zip(keys, tokens[1::2], strict=False) if key]


def _standard(pairs: list[tuple[str, str]]) -> int:
    return sum(bool(_STANDARD_KEYWORD.fullmatch(key)) for key, _ in pairs)


def _repeated(pairs: list[tuple[str, str]], keywords: dict[str, str]) -> list[Finding]:
    if len(pairs) == len(keywords):
        return []
    differing = sorted({key for key, value in pairs if keywords[key] != value})
    if differing:
        message = f"Keywords stand twice with different values: {', '.join(differing)}."
        remedy = "The last value is used; check that it is right, or export the sample again."
        return [Finding("repeated_keyword", message, remedy, WARNING)]
    message = "Keywords stand twice, each time with the same value."
    return [Finding("repeated_keyword", message, "Nothing to do.", INFO)]
