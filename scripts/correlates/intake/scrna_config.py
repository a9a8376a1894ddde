"""What the settings of single cells cannot mean, beyond what their schema says."""

from collections.abc import Iterable, Iterator, Mapping

from correlates.problems import Problem, did_you_mean

CONFIG = "config"


def scrna_problems(scrna: Mapping) -> Iterator[Problem]:
    """Yield what is wrong with genes, types, labels and limits that are each legal by themselves.

    Parameters
    ----------
    scrna
        The config's block ``scrna``, as its schema has it.
    """
    names = [one["type"] for one in scrna["types"]]
    roots = [one["type"] for one in scrna["types"] if not one.get("within")]
    labelled = [one["type"] for one in scrna["labels"]]
    yield from _repeated("scrna.genes", [one["symbol"].lower() for one in scrna["genes"]])
    yield from _repeated("scrna.genes", [one["ensembl"] for one in scrna["genes"]])
    yield from _repeated("scrna.types", names)
    yield from _repeated("scrna.labels", labelled)
    yield from _repeated(
        "scrna.labels", [label.lower() for one in scrna["labels"] for label in one["labels"]]
    )
    for number, one in enumerate(scrna["types"]):
        column = f"scrna.types[{number}]"
        if not one["genes"] and not one["without"]:
            remedy = "Give genes, without, or both."
            yield Problem(CONFIG, "this type has no marker", remedy, column=column)
        if one.get("within") and one["within"] not in roots:
            remedy = f"{did_you_mean(one['within'], roots)} A parent has none itself."
            problem = "this parent is no type without a parent"
            yield Problem(CONFIG, problem, remedy, column=column, value=one["within"])
    pairs = {name for pair in scrna["typing"]["excluding"] for name in pair}
    yield from _unknown("scrna.typing.excluding", pairs, roots)
    yield from _unknown("scrna.report_types", scrna["report_types"], [*names, *labelled])
    yield from _limits(scrna["quality"])


def _repeated(column: str, names: Iterable[str]) -> Iterator[Problem]:
    names = [name for name in names if name]
    for name in sorted({name for name in names if names.count(name) > 1}):
        remedy = "Keep one of them."
        yield Problem(CONFIG, "this stands here several times", remedy, column=column, value=name)


def _unknown(column: str, names: Iterable[str], known: list[str]) -> Iterator[Problem]:
    for name in sorted(set(names) - set(known)):
        remedy = did_you_mean(name, known)
        yield Problem(CONFIG, "this type is not defined here", remedy, column=column, value=name)


def _limits(quality: Mapping) -> Iterator[Problem]:
    low, high = quality["mito_never_below_pct"], quality["mito_always_above_pct"]
    if low > high:
        yield Problem(
            CONFIG,
            "the floor of the mitochondrial limit lies above its cap",
            f"Give at most mito_always_above_pct, which is {high:g}.",
            column="scrna.quality.mito_never_below_pct",
            value=f"{low:g}",
        )
