"""Verdicts that keep "no" and "not known" apart, and numbers as they are written in a reason."""

from collections.abc import Iterable

YES = "yes"
NO = "no"
NOT_EXCLUDED = "not_excluded"
NOT_EVALUABLE = "not_evaluable"
OK = "ok"


def any_of(values: Iterable[bool | None]) -> bool | None:
    """Say whether any is true; None where none is and one is not known."""
    values = list(values)
    if any(values):
        return True
    return None if None in values else False


def word_of(value: bool | None) -> str:
    """Return ``yes``, ``no``, or an empty text for what is not known."""
    return "" if value is None else YES if value else NO


def number(value: float) -> str:
    """Return a number as a person writes it: 5 and not 5.0, and no noise of rounding."""
    return f"{round(value, 6):g}"


def tidy(value: float) -> float:
    """Take the noise of binary fractions off a value, so that a value on a bound is on it.

    1.1 x 1.5 is 1.6500000000000001 in a computer, and a creatinine of 1.65 would miss it.
    """
    return round(value, 9)


def joined(words: Iterable[str], by: str = "; ") -> str:
    """Join what is not empty."""
    return by.join(word for word in words if word)


def word_match(text: str | None, terms: Iterable[str]) -> bool:
    """Say whether a reported term holds one of the listed ones; case and spaces are ignored."""
    plain = normalised(text)
    return any(normalised(term) in plain for term in terms)


def normalised(term: str | None) -> str:
    """Return a term in lower case with single spaces, as terms are compared."""
    return " ".join((term or "").lower().split())
