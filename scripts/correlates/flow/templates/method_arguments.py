"""What each gating method of a template accepts: dimensions, signs and arguments."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from correlates.flow.templates.tubes import (
    FALLBACKS,
    TUBES,
    joint_tube_faults,
    tube_fault,
)
from correlates.problems import did_you_mean

ONE_AXIS = ("+", "-", "+/-")
TWO_AXES = ("++", "+-", "-+", "--", "+/-+/-")
_MOST_COMPONENTS = 8
QUADRANTS = ("++", "+-", "-+", "--")
CHANNEL_KINDS = ("all", "scatter", "fluorescence")
# More channels than any panel has: a row may name as many as it likes.
_ANY_NUMBER = tuple(range(100))


@dataclass(frozen=True)
class Argument:
    """One argument of a method.

    Parameters
    ----------
    check
        Given the value and the number of dimensions, returns None or what is wrong with it.
    needed
        Whether the method cannot do without.
    remedy
        What to do about a wrong value.
    """

    check: Callable[[object, int], str | None]
    needed: bool = False
    remedy: str = "Numbers are linear intensities."


@dataclass(frozen=True)
class Method:
    """A gating method.

    Parameters
    ----------
    name
        As openCyto spells it.
    dims
        How many dimensions it may have.
    pops
        What ``pop`` may be, by number of dimensions.
    arguments
        By name.
    cuts
        Whether it finds a threshold on each axis, which another row may refer to.
    """

    name: str
    dims: tuple[int, ...]
    pops: dict[int, tuple[str, ...]]
    arguments: dict[str, Argument] = field(default_factory=dict)
    cuts: bool = False


def is_number(value: object) -> bool:
    """Tell whether an argument is a number (TRUE is none)."""
    return isinstance(value, float) and not math.isnan(value)


def is_range(value: object) -> bool:
    """Tell whether an argument is two increasing numbers."""
    return (
        isinstance(value, tuple)
        and len(value) == 2
        and all(map(is_number, value))
        and value[0] < value[1]
    )


def _ranges(value: object, dims: int) -> str | None:
    if is_range(value):
        return None
    if isinstance(value, tuple) and len(value) == dims and all(map(is_range, value)):
        return None
    several = f", or list(c(low, high), ...) of {dims}" if dims > 1 else ""
    return f"must be c(low, high) with low < high{several}"


def _per_dimension(value: object, dims: int) -> str | None:
    values = value if isinstance(value, tuple) else (value,)
    if len(values) == dims and all(map(is_number, values)):
        return None
    return f"must be {dims} number{'s' if dims > 1 else ''}, one a dimension"


def _positive(value: object, _dims: int) -> str | None:
    return None if is_number(value) and value > 0 else "must be a number above 0"


def _share(value: object, _dims: int) -> str | None:
    return None if is_number(value) and 0 < value < 1 else "must be a number between 0 and 1"


def _few(value: object, _dims: int) -> str | None:
    is_few = is_number(value) and 1 <= value <= _MOST_COMPONENTS and value == int(value)
    return None if is_few else f"must be a whole number from 1 to {_MOST_COMPONENTS}"


def _flag(value: object, _dims: int) -> str | None:
    return None if isinstance(value, bool) else "must be TRUE or FALSE"


def _side(value: object, _dims: int) -> str | None:
    return None if value in ("left", "right") else 'must be "left" or "right"'


def _channels(value: object, _dims: int) -> str | None:
    return None if value in CHANNEL_KINDS else 'must be "all", "scatter" or "fluorescence"'


def _coordinates(value: object, _dims: int) -> str | None:
    if isinstance(value, tuple) and len(value) >= 3 and all(map(is_number, value)):
        return None
    return "must be c(...) of three or more numbers"


def _populations(value: object, _dims: int) -> str | None:
    if isinstance(value, dict) and all(isinstance(name, str) for name in value.values()):
        return None
    return "must be c(name=population, ...)"


def _population(value: object, _dims: int) -> str | None:
    return None if isinstance(value, str) and value else "must be a population"


def _fallback(value: object, _dims: int) -> str | None:
    return None if value in FALLBACKS else f"must be {' or '.join(FALLBACKS)}"


_PRIOR = {
    "gate_range": Argument(_ranges),
    "adjust": Argument(_positive),
    "min": Argument(_per_dimension),
    "max": Argument(_per_dimension),
    "min_depth": Argument(_positive),
}
_PERCENTILE = {
    "gate_range": Argument(_ranges),
    "probs": Argument(_share),
    "fallback": Argument(_fallback, remedy="It is used where no reference tube can be."),
}
_QUANTILE = {
    "gate_range": Argument(_ranges),
    "probs": Argument(_share, remedy="Write a fraction, such as probs=0.995."),
    "min": Argument(_per_dimension),
    "max": Argument(_per_dimension),
}
_ELLIPSE = {
    "K": Argument(_few, remedy="It is how many populations the parent holds."),
    "target": Argument(_per_dimension),
    "quantile": Argument(_share, remedy="Write a fraction, such as quantile=0.95."),
    "nu": Argument(_positive, remedy="Write 4 for heavy tails, Inf for none."),
    "gate_range": Argument(_ranges),
    "min": Argument(_per_dimension),
    "max": Argument(_per_dimension),
}
_FROM = {"from": Argument(tube_fault, remedy=TUBES)}
_KEEPS = {"keeps": Argument(_populations), "keep_share": Argument(_share)}

METHODS = {
    method.name: method
    for method in (
        Method("steadyGate", (1,), {1: ("+",)}),
        Method(
            "marginGate",
            _ANY_NUMBER,
            dict.fromkeys(_ANY_NUMBER, ("+",)),
            {"channels": Argument(_channels), "max_share": Argument(_share)},
        ),
        Method(
            "boundary",
            (1, 2),
            {1: ("+",), 2: ("+",)},
            {"min": Argument(_per_dimension), "max": Argument(_per_dimension)} | _KEEPS,
        ),
        Method(
            "singletGate",
            (2,),
            {2: ("+",)},
            {"prediction_level": Argument(_share), "wider_gate": Argument(_flag)} | _KEEPS,
        ),
        Method(
            "mindensity", (1, 2), {1: ONE_AXIS, 2: TWO_AXES}, _PRIOR | _KEEPS | _FROM, cuts=True
        ),
        Method(
            "tailgate",
            (1,),
            {1: ONE_AXIS},
            {"gate_range": Argument(_ranges), "side": Argument(_side), "sds": Argument(_positive)}
            | _KEEPS
            | _FROM,
            cuts=True,
        ),
        Method(
            "quantileGate",
            (1,),
            {1: ONE_AXIS},
            _QUANTILE | _KEEPS | _FROM,
            cuts=True,
        ),
        Method("ellipseGate", (2,), {2: ("+",)}, _ELLIPSE | _KEEPS),
        Method(
            "quadrantGate",
            (2,),
            {2: ("*", "+/-+/-")},
            _PRIOR | {"cuts": Argument(_per_dimension)} | _FROM,
            cuts=True,
        ),
        Method(
            "polygonGate",
            (2,),
            {2: ("+",)},
            {"x": Argument(_coordinates, needed=True), "y": Argument(_coordinates, needed=True)}
            | _KEEPS,
        ),
        Method("fmoGate", (1,), {1: ONE_AXIS}, _PERCENTILE | _KEEPS | _FROM, cuts=True),
        Method(
            "negativeGate",
            (1,),
            {1: ONE_AXIS},
            _PERCENTILE | {"negative": Argument(_population)} | _KEEPS | _FROM,
            cuts=True,
        ),
        Method("refGate", (1, 2), {1: ONE_AXIS, 2: (*TWO_AXES, "*")}, cuts=True),
        Method("boolGate", (0,), {0: ("+",)}),
    )
}
_ALIASES = {
    "mindensity2": "mindensity",
    "gate_mindensity": "mindensity",
    "gate_mindensity2": "mindensity",
    "gate_tail": "tailgate",
    "steady": "steadyGate",
    "margin": "marginGate",
    "margins": "marginGate",
    "singlets": "singletGate",
    "singletsgate": "singletGate",
    "rectangle": "boundary",
    "rectanglegate": "boundary",
    "rangegate": "boundary",
    "fmo": "fmoGate",
    "pseudonegative": "negativeGate",
    "gate_quantile": "quantileGate",
    "quantile": "quantileGate",
    "flowclust": "ellipseGate",
    "flowclust.2d": "ellipseGate",
    "gate_flowclust_2d": "ellipseGate",
    "ellipse": "ellipseGate",
    "ellipsoidgate": "ellipseGate",
    "polygon": "polygonGate",
    "quadrant": "quadrantGate",
    "quadgate": "quadrantGate",
    "boolean": "boolGate",
    "booleangate": "boolGate",
}


def method_named(name: str) -> Method | None:
    """Return the method of this name, whatever its case, or None."""
    by_lower = {known.lower(): known for known in METHODS}
    lower = name.strip().lower()
    return METHODS.get(by_lower.get(lower) or _ALIASES.get(lower, ""))


def nearest_method(name: str) -> str:
    """Return a remedy that names the method that was probably meant."""
    return did_you_mean(name, list(METHODS))


def argument_faults(method: Method, arguments: dict[str, object], dims: int) -> list[tuple]:
    """Return (argument, what is wrong, remedy) for everything wrong with a row's arguments."""
    faults = []
    for name, value in arguments.items():
        if name not in method.arguments:
            wrong = f"{method.name} has no argument {name!r}"
            faults.append((name, wrong, did_you_mean(name, list(method.arguments))))
            continue
        fault = method.arguments[name].check(value, dims)
        if fault:
            faults.append((name, f"{name} {fault}", method.arguments[name].remedy))
    for name, argument in method.arguments.items():
        if argument.needed and name not in arguments:
            faults.append((name, f"{method.name} needs {name}", f"Add {name}=c(...)."))
    return [
        *faults,
        *_joint_faults(method, arguments),
        *joint_tube_faults(method.name, arguments),
    ]


def _joint_faults(method: Method, arguments: dict[str, object]) -> list[tuple]:
    if method.name == "polygonGate" and {"x", "y"} <= set(arguments):
        x, y = arguments["x"], arguments["y"]
        if isinstance(x, tuple) and isinstance(y, tuple) and len(x) != len(y):
            wrong = f"x has {len(x)} numbers and y {len(y)}"
            return [("x", wrong, "Give one x and one y for each corner.")]
    if method.name == "boundary" and not {"min", "max"} & set(arguments):
        return [("min", "boundary needs min, max or both", "Add min=c(...) or max=c(...).")]
    return []
