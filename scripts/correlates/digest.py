"""What a script's result depends on in the library: a digest of the modules that it reaches.

Snakemake watches a rule's script file and nothing that it imports. Each rule therefore carries this
digest as a parameter, so that an edited module reruns exactly the rules whose scripts reach it.
Imports are walked in the syntax tree, so nothing is executed; docstrings and comments do not count.
A package's other files (page templates, style sheets) count as part of the package.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = "correlates"
# How a job logs changes no result.
LEFT_OUT = frozenset({"correlates.job"})


def library_digest(script: str | Path) -> str:
    """Digest of every library module that a script reaches through imports.

    Parameters
    ----------
    script
        A script beside the package's folder, which is how the package is found.

    Returns
    -------
    Hexadecimal digest, 16 characters.
    """
    script = Path(script).resolve()
    digest = hashlib.sha256()
    for module in sorted(reached_modules(script)):
        path = _file_of(module, script.parent)
        digest.update(module.encode())
        digest.update(_module(path).content)
        if path.name == "__init__.py":
            for data in _data_files(path.parent):
                digest.update(data.read_bytes())
    return digest.hexdigest()[:16]


def reached_modules(script: str | Path) -> set[str]:
    """Return the names of the library modules that a script imports, directly or through others."""
    script = Path(script).resolve()
    folder = script.parent
    found: set[str] = set()
    waiting = list(_module(script).imports)
    while waiting:
        name = waiting.pop()
        if name in found or name in LEFT_OUT or _file_of(name, folder) is None:
            continue
        found.add(name)
        waiting += _module(_file_of(name, folder)).imports
        # Importing a module runs the packages that hold it.
        if "." in name:
            waiting.append(name.rpartition(".")[0])
    return found


class _Module:
    """A module's imports and the part of its content that can change a result."""

    def __init__(self, path: Path):
        tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
        self.imports = _imports(tree)
        self.content = ast.dump(_without_docstrings(tree)).encode()


@cache
def _module(path: Path) -> _Module:
    return _Module(path)


@cache
def _file_of(module: str, folder: Path) -> Path | None:
    path = folder.joinpath(*module.split("."))
    for candidate in (path / "__init__.py", path.with_suffix(".py")):
        if candidate.is_file():
            return candidate
    return None


@cache
def _data_files(package: Path) -> list[Path]:
    return sorted(
        path
        for path in package.rglob("*")
        if path.is_file()
        and path.suffix not in {".py", ".pyc"}
        and _holding_package(path) == package
    )


def _holding_package(path: Path) -> Path:
    return next(folder for folder in path.parents if (folder / "__init__.py").is_file())


def _imports(tree: ast.AST) -> list[str]:
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.append(node.module)
            # `from package import module` reaches the module as well.
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return [name for name in names if name.split(".")[0] == PACKAGE]


def _without_docstrings(tree: ast.AST) -> ast.AST:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
            and isinstance(node.body[0].value, ast.Constant)
            and isinstance(node.body[0].value.value, str)
        ):
            node.body = node.body[1:]
    return tree
