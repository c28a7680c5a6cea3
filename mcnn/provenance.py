"""Which code a script depends on, and a fingerprint of it that ignores comments.

A workflow reruns a step when a parameter of it changes; the fingerprint is such a parameter, so
that an edit of an imported module reruns the steps that reach it, and no others.
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent

SILENT = ("", ".errors", ".logs", ".progress", ".networks.gpus")
"""Modules that shape no result: the public face, what is told to people, and which GPU computes."""


def code_fingerprint(script: Path) -> str:
    """Digest of the syntax trees of a script and of all modules of mcnn that it reaches.

    Imports are followed wherever they stand, inside functions too. Comments, docstrings, layout,
    the descriptions of settings and the texts of errors do not count, nor do the modules that
    shape no result (`SILENT`).

    Parameters
    ----------
    script
        A Python file.

    Raises
    ------
    SyntaxError
        If one of the files does not parse.
    """
    digest = hashlib.sha256(_tree(script).encode())
    for module in reached_modules(script):
        digest.update(f"\n{module}\n{_tree(_file(module))}".encode())
    return digest.hexdigest()[:16]


def reached_modules(script: Path) -> list[str]:
    """Names of the modules of mcnn that a script imports, directly or through others, sorted.

    Those of `SILENT` are left out.
    """
    reached: set[str] = set()
    pending = set(_imports(script, None))
    while pending:
        module = pending.pop()
        reached.add(module)
        pending |= set(_imports(_file(module), module)) - reached
    return sorted(reached - {f"{PACKAGE.name}{name}" for name in SILENT})


@cache
def _tree(path: Path) -> str:
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            # Strings that stand alone document; they do nothing.
            node.body = [item for item in body if not _is_string(item)]  # type: ignore[attr-defined]
        elif isinstance(node, ast.Call):
            node.keywords = [item for item in node.keywords if item.arg != "description"]
            if _name(node.func).endswith("Error"):
                _silence(node)
    return ast.dump(tree)


def _silence(error: ast.Call) -> None:
    """Empty the texts in the arguments of an error, f-strings with all that they show."""
    for node in ast.walk(error):
        if isinstance(node, ast.JoinedStr):
            node.values = []
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _is_string(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


@cache
def _imports(path: Path, module: str | None) -> tuple[str, ...]:
    names = list(_imported_names(ast.parse(path.read_text(encoding="utf-8")), path, module))
    return tuple(part for name in names for part in _with_parents(name))


def _imported_names(tree: ast.Module, path: Path, module: str | None) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level and module:
                package = module.split(".")
                if path.name != "__init__.py":
                    package = package[:-1]
                package = package[: len(package) - (node.level - 1)]
                base = ".".join([*package, *([base] if base else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _with_parents(name: str) -> list[str]:
    """A dotted name of mcnn and the packages above it, those that are modules."""
    parts = name.split(".")
    if parts[0] != PACKAGE.name:
        return []
    candidates = [".".join(parts[: n + 1]) for n in range(len(parts))]
    return [candidate for candidate in candidates if _file(candidate).exists()]


def _file(module: str) -> Path:
    path = PACKAGE.joinpath(*module.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
