"""What the gating of a tube says of the parents in which functions are looked at."""

from collections.abc import Sequence

import pandas as pd

from correlates.flow.counts.references import line_of
from correlates.flow.counts.tubes import DISPLAY_ONLY


class Trees:
    """The flags of parents and of the gates of their functions.

    Parameters
    ----------
    populations
        ``acquisition``, ``population``, ``parent`` and ``flags`` of the tubes.
    parents
        Populations in which functions are looked at.
    declared
        Populations that hold no cell of the clone, and that hold no other.
    """

    def __init__(self, populations: pd.DataFrame, parents: Sequence[str], declared: set[str]):
        self._flags: dict[tuple[str, str], list[str]] = {}
        self._is_pure: dict[tuple[str, str], bool] = {}
        for key, tree in populations.groupby("acquisition"):
            above = dict(zip(tree["population"], tree["parent"], strict=True))
            flags = dict(zip(tree["population"], tree["flags"].fillna(""), strict=True))
            for parent in parents:
                known = [flags.get(parent, "")]
                # The gates of its functions are its children.
                known += [flags[name] for name, over in above.items() if over == parent]
                self._flags[key, parent] = [one for one in ";".join(known).split(";") if one]
                self._is_pure[key, parent] = bool(line_of(parent, above) & declared)

    def flags(self, acquisition: str, unstim: str | None, parent: str) -> str:
        """Return the flags of a parent's gates in both tubes, separated by ``;``.

        A percentage of a parent that holds the clone beside other cells is for display only.
        """
        found = [*self._flags.get((acquisition, parent), ())]
        found += self._flags.get((unstim, parent), ())
        if not self._is_pure.get((acquisition, parent), False):
            found.append(DISPLAY_ONLY)
        return ";".join(dict.fromkeys(found))
