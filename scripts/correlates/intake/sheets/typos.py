"""Whether the name of a column is another one mistyped."""

_LONG = 8
_UNITS = {"cm", "dl", "h", "l", "mg", "min", "pct", "y"}


def is_typo(name: str, known: str) -> bool:
    """Tell whether a name is a known one with a slip of the fingers.

    Parameters
    ----------
    name, known
        In small letters and digits, words divided by ``_``.

    Returns
    -------
    Whether they differ in separators only, in a unit that is left away (``alc_10e9``), or in
    letters that nobody changes with intent: units and short names (``hb_g_l`` is not ``hb_g_dl``,
    ``anc`` not ``alc``) and digits (``del11q``) are never taken for mistyped.
    """
    mine, theirs = name.replace("_", ""), known.replace("_", "")
    if mine == theirs:
        return True
    words, known_words = name.split("_"), known.split("_")
    if known_words[-1] in _UNITS and mine == "".join(known_words[:-1]):
        return True
    if all(len(word) > 2 for word in known_words) and _is_slip(mine, theirs):
        return True
    if len(words) != len(known_words):
        return False
    pairs = zip(words, known_words, strict=True)
    return all(word == known or _is_slip(word, known) for word, known in pairs)


def _is_slip(word: str, known: str) -> bool:
    if not (word.isalpha() and known.isalpha()):
        return False
    shorter = min(len(word), len(known))
    most = 2 if shorter >= _LONG else 1
    if shorter < 3 or len(known) < 4 or abs(len(word) - len(known)) > most:
        return False
    # `type` is another word than `tube`: in short words no letter is taken for another
    replaced = 1 if shorter > 4 else most + 1
    return _edits(word, known, replaced) <= most


def _edits(left: str, right: str, replaced: int) -> int:
    """Count the letters to add, drop, swap with the next or, at a price, replace."""
    before, last = [], list(range(len(right) + 1))
    for i, mine in enumerate(left, start=1):
        row = [i]
        for j, theirs in enumerate(right, start=1):
            cost = min(last[j] + 1, row[-1] + 1, last[j - 1] + (mine != theirs) * replaced)
            if i > 1 and j > 1 and mine == right[j - 2] and left[i - 2] == theirs:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
