"""The rule of three plus three: what it says of a level, and how often it escalates."""

from dataclasses import dataclass

COHORT = 3
FULL = 6

TREAT = "treat more"
EXPAND = "expand"
ESCALATE = "escalate"
STOP = "stop"
WAIT = "wait for who is pending"


@dataclass(frozen=True)
class Level:
    """Patients of one dose level: evaluable ones, and those of them with a DLT."""

    n: int = 0
    dlt: int = 0


def next_step(level: Level) -> str:
    """Say what three plus three does after a level.

    Parameters
    ----------
    level
        Evaluable patients, and those with a dose-limiting toxicity.

    Returns
    -------
    ``stop`` from two toxicities on; ``treat more`` below three patients; after three, ``escalate``
    without a toxicity and ``expand`` (to six) with one; after six, ``escalate`` with one at most.

    Raises
    ------
    ValueError
        If more patients had a toxicity than could be evaluated.
    """
    if not 0 <= level.dlt <= level.n:
        msg = f"{level.dlt} of {level.n} patients cannot have had a toxicity"
        raise ValueError(msg)
    if level.dlt >= 2:
        return STOP
    if level.n < COHORT:
        return TREAT
    if level.dlt == 0 or level.n >= FULL:
        return ESCALATE
    return EXPAND


def step_with_pending(level: Level, pending: int) -> str:
    """Say what three plus three does after a level of which some patients cannot be judged yet.

    Parameters
    ----------
    level
        Evaluable patients, and those with a dose-limiting toxicity.
    pending
        Patients whose window goes on.

    Returns
    -------
    What `next_step` says, if the cohort has room besides them, or if it will say so whatever
    becomes of them; else to wait for them.
    """
    step = next_step(level)
    room = {TREAT: COHORT, EXPAND: FULL}.get(step, 0)
    if step == STOP or level.n + pending < room:
        return step
    later = {next_step(Level(level.n + pending, level.dlt + toxic)) for toxic in range(pending + 1)}
    return step if later == {step} else WAIT


def allowed_levels(levels: dict[float, Level], at: float, all_levels: list[float]) -> set[float]:
    """Return the levels at which the next cohort may be treated.

    Parameters
    ----------
    levels
        What is known of each level so far.
    at
        Level of the last cohort.
    all_levels
        Planned levels, ascending.

    Returns
    -------
    None at all once the maximum tolerated dose is found, or no level is left.
    """
    step = next_step(levels.get(at, Level()))
    place = all_levels.index(at)
    if step in (TREAT, EXPAND):
        return {at}
    if step == ESCALATE:
        above = all_levels[place + 1 : place + 2]
        if above and next_step(levels.get(above[0], Level())) != STOP:
            return set(above)
        return {at} if levels[at].n < FULL else set()
    below = all_levels[place - 1] if place else None
    if below is None or next_step(levels.get(below, Level())) == STOP:
        return set()
    return {below} if levels.get(below, Level()).n < FULL else set()


def maximum_tolerated(levels: dict[float, Level], all_levels: list[float]) -> tuple:
    """Return the maximum tolerated dose in mg, or None, and the reason.

    It is the highest level with at most one toxicity among six, if the level above it had two or
    more; where no level stands above it, it is only the highest that was planned.
    """
    stopped = [mg for mg in all_levels if levels.get(mg, Level()).dlt >= 2]
    below = [mg for mg in all_levels if not stopped or mg < stopped[0]]
    tested = [mg for mg in below if levels.get(mg, Level()).n]
    if not tested:
        return None, (
            "the lowest level tested had 2 toxicities or more" if stopped else "no level tested"
        )
    mg = tested[-1]
    level = levels[mg]
    if level.n < FULL:
        return None, f"not established: {level.n} of {FULL} evaluable patients at {mg:g} mg"
    if level.dlt > 1:
        return None, f"not established: {level.dlt} toxicities at {mg:g} mg"
    if stopped and all_levels.index(stopped[0]) == all_levels.index(mg) + 1:
        return mg, f"{level.dlt} of {level.n} at {mg:g} mg, and 2 or more at {stopped[0]:g} mg"
    if mg == all_levels[-1]:
        return None, f"not reached: {mg:g} mg is the highest level planned, {level.dlt}/{level.n}"
    return None, f"not reached: no level above {mg:g} mg was stopped"


def probability_of_escalation(rate: float) -> float:
    """Return how often a level of this true rate of toxicity is passed.

    None of three, or one of three and none of three more:
    ``(1 - p)^3 + 3 p (1 - p)^2 (1 - p)^3``.

    Raises
    ------
    ValueError
        If the rate is no probability.
    """
    if not 0 <= rate <= 1:
        msg = f"a rate of {rate} is no probability"
        raise ValueError(msg)
    none = (1 - rate) ** COHORT
    return none + COHORT * rate * (1 - rate) ** (COHORT - 1) * none
