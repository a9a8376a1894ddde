"""What only the text of a config file shows: YAML lets the last of two equal keys win."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from correlates.problems import Problem


def repeated_keys(paths: Iterable[str | Path]) -> list[Problem]:
    """Name every key that a config file gives twice; all of them stop the run.

    Parameters
    ----------
    paths
        YAML or JSON files that Snakemake has read, and so found well-formed.
    """
    import yaml  # only the main process looks, and only once

    problems = []
    for path in paths:
        root = yaml.compose(Path(path).read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        for key, first, again in _repeated(root, ""):
            problem = f"this key stands in line {first} already, whose value would be lost"
            remedy = "Keep one of them."
            problems.append(Problem(str(path), problem, remedy, again, key))
    return problems


def _repeated(node, place: str) -> Iterator[tuple[str, int, int]]:
    """Yield key, first line and line of each repetition at a node and below it."""
    lines: dict[str, int] = {}
    for entry in node.value if hasattr(node, "flow_style") else ():
        if not isinstance(entry, tuple):
            yield from _repeated(entry, place)
            continue
        key, value = entry
        where = f"{place}.{key.value}" if place else str(key.value)
        line = key.start_mark.line + 1
        if where in lines:
            yield where, lines[where], line
        lines.setdefault(where, line)
        yield from _repeated(value, where)
