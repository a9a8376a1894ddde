"""What two groups must hold for a test, or the refusal that says what they lack."""

import numpy as np

from correlates.analyses.common_limits import OBSERVED, CommonLimits
from correlates.analyses.comparison import Groups
from correlates.analyses.highest_limit import costly_limit_words
from correlates.analyses.lanes import EXACT_TEST, permitted
from correlates.analyses.refusals import Reason, Refused
from correlates.analyses.wording import left_out, patients


def require_both_classes(groups: Groups) -> None:
    """Check that enough patients with and without the event are left to be tested.

    Raises
    ------
    Refused
        If one class is empty, or the rarer one holds too few for a test.
    """
    events, total = groups.n_events, groups.is_event.size
    if events in (0, total):
        who = f"All {total}" if events else f"None of the {total}"
        sentence = (
            f"{who} evaluable patients with a value of {groups.marker} had {groups.event}, "
            "so nothing can be compared."
        )
        raise Refused(Reason.ONE_CLASS, _with_left_out(sentence, groups))
    permission = permitted(events, total - events)
    if not permission.permits(EXACT_TEST):
        few, verb = (
            (events, "had") if events <= total - events else (total - events, "did not have")
        )
        sentence = (
            f"Only {few} of the {patients(total)} with a value {verb} {groups.event}: the values "
            "are listed and not tested."
        )
        raise Refused(Reason.TOO_FEW_EVENTS, _with_left_out(sentence, groups))


def require_an_order(groups: Groups) -> None:
    """Check that not all values are tied.

    Raises
    ------
    Refused
        If they are, by being equal or beyond the limits common to all.
    """
    if np.unique(CommonLimits.of(groups.value, groups.side).tied).size > 1:
        return
    how = "equal or beyond the common limit" if (groups.side != OBSERVED).any() else "equal"
    sentence = (
        f"All {groups.side.size} values of {groups.marker} are {how}, so nothing can be compared."
    )
    whose = costly_limit_words(groups)
    sentence = " ".join(filter(None, [sentence, whose]))
    raise Refused(Reason.ALL_TIED, _with_left_out(sentence, groups))


def _with_left_out(sentence: str, groups: Groups) -> str:
    said = left_out(groups.missing, groups.missing_events, groups.missing_non_events)
    return " ".join(filter(None, [sentence, said]))
