"""Small faults in a module's source, made by mutmut's operators.

mutmut takes functions one by one and leaves out those that are decorated, so compiled ones. Here
its operators go over the whole syntax tree. Left out are mutants of what decides nothing: imports,
annotations, aliases of types, docstrings, decorators; errors that are raised, with their texts;
what is logged, progress bars, `strict` of zip; and, as by mutmut, calls of len and isinstance.
"""

import ast
import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import libcst as cst
import libcst.matchers as m
from mutmut.mutation.mutators import mutation_operators

UNTOUCHED = (
    m.Annotation()
    | m.Decorator()
    | m.Import()
    | m.ImportFrom()
    | m.Raise()
    | m.Assign(targets=[m.AssignTarget(m.Name("log"))])
    | m.Call(func=m.Attribute(value=m.Name("log")))
    | m.Call(func=m.Name("len") | m.Name("isinstance"))
)
"""Nodes that are not looked into."""


class Mutant(NamedTuple):
    """A module with one fault.

    Attributes
    ----------
    function
        The outermost function or method around the fault, by its qualified name; empty outside of
        functions.
    compiled
        Whether numba compiles that function.
    source
        Of the whole module.
    diff
        To the original.
    """

    function: str
    compiled: bool
    source: str
    diff: str


def make_mutants(path: Path, name: str) -> Iterator[Mutant]:
    """Mutants of the module of a file, in the order of the source, each once.

    Parameters
    ----------
    path
        The file.
    name
        What the diffs call it.
    """
    source = path.read_text(encoding="utf-8")
    module = cst.parse_module(source)
    mutations = _Mutations()
    module.visit(mutations)
    seen = {_meaning(source)}
    for function, compiled, original, mutated in mutations.found:
        changed = module.deep_replace(original, mutated).code
        meaning = _meaning(changed)
        if meaning in seen:
            continue
        seen.add(meaning)
        title = f"{name} {function}".rstrip()
        old, new = source.splitlines(keepends=True), changed.splitlines(keepends=True)
        diff = "".join(difflib.unified_diff(old, new, title, title, n=0))
        yield Mutant(function, compiled, changed, diff)


class _Mutations(cst.CSTVisitor):
    """Finds the mutations: function, whether it is compiled, node, mutated node."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, bool, cst.CSTNode, cst.CSTNode]] = []
        self._scopes: list[cst.FunctionDef | cst.ClassDef] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        is_alias = not self._scopes and m.matches(node, m.Assign(value=m.Subscript()))
        if is_alias or m.matches(node, UNTOUCHED):
            return False
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            self._scopes.append(node)
        for kind, operator in mutation_operators:
            if isinstance(node, kind):
                self.found += [(*self._function(), node, mutated) for mutated in operator(node)]
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if self._scopes and self._scopes[-1] is original_node:
            self._scopes.pop()

    def _function(self) -> tuple[str, bool]:
        names: list[str] = []
        for scope in self._scopes:
            names.append(scope.name.value)
            if isinstance(scope, cst.FunctionDef):
                compiled = any(m.findall(line, m.Name("njit")) for line in scope.decorators)
                return ".".join(names), compiled
        return "", False


def _meaning(source: str) -> str:
    """The syntax tree without the calls' arguments that decide nothing."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "zip":
                node.keywords = []
            elif node.func.id == "track":
                node.args = node.args[:1]
    return ast.dump(tree)
