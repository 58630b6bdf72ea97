"""Which statements of a lesson a claim depends on, found from the names in them.

``statements_behind(statements, wanted)`` keeps, of a lesson's statements, the wanted ones and
everything that can change what they compute. It walks backwards and asks of every statement whether
it sets, or may change, a name that is needed later. Where it cannot know, it keeps the statement:

* A call that stands alone (``history.append(x)``, ``play(games)``) may change each of its names,
  unless it is one of ``HARMLESS``, which show or check something.
* A method whose name says that it works in place, an assignment to an attribute or an item, ``del``
  and ``+=`` may change their object.
* A value that is changed under one name is changed under all the names that an assignment or a loop
  gave it or a part of it (``G = state.generator``).
* A function reads the names in its body when it is called, so they are needed where it is needed.
* A call that stands alone on a module of ``AMBIENT`` (``torch.manual_seed(0)``) may change all.

It does not see that a function changes an argument in an assignment (``loss = step(model)``), or
that a function returns a part of an argument. No lesson measures something through these.
"""

from __future__ import annotations

import ast
import dis
from collections.abc import Iterator, Sequence
from types import CodeType
from typing import NamedTuple

# Calls that show, ask or check something and leave every value as it is.
HARMLESS = {
    "check",
    "claim",
    "compare_prediction",
    "display",
    "explore",
    "live_view",
    "predict",
    "print",
    "show",
    "show_source",
}
# Methods that change their object; so do those of torch whose names end with an underscore.
IN_PLACE = {
    "add",
    "append",
    "backward",
    "clear",
    "discard",
    "eval",
    "extend",
    "insert",
    "load_state_dict",
    "pop",
    "popitem",
    "remove",
    "reverse",
    "setdefault",
    "shuffle",
    "sort",
    "step",
    "train",
    "update",
    "write",
    "zero_grad",
}
AMBIENT = {"np", "numpy", "os", "random", "torch", "warnings"}
# Functions whose results hold their arguments.
CONTAINERS = {"dict", "enumerate", "list", "map", "reversed", "set", "sorted", "tuple", "zip"}
COMPREHENSIONS = {"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"}


class Effects(NamedTuple):
    """What a statement does to the names of the lesson."""

    loads: set[str]
    stores: set[str]
    mutates: set[str]  # may change the value behind a name
    kills: set[str]  # stores whatever happens, so that the value before no longer matters
    deferred: set[str]  # loads when a function made here is called
    ambient: bool
    aliases: set[str]  # values that the stored names may be, or be a part of


def effects(statement: ast.stmt) -> Effects:
    """What one statement at the top of a cell reads and changes."""
    code = compile(ast.Module([statement], []), "lesson", "exec", dont_inherit=True)
    loads, stores = set(_names(code, "LOAD")), set(_names(code, "STORE", nested=False))
    mutates: set[str] = set()
    aliases: set[str] = set()
    ambient = False
    for node in ast.walk(statement):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr):
            aliases |= _parts(node.value)
        elif isinstance(node, ast.For | ast.comprehension):
            aliases |= _parts(node.iter)
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            mutates |= _root(node)
        elif isinstance(node, ast.AugAssign):
            mutates |= _root(node.target)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in IN_PLACE or node.func.attr.endswith("_"):
                mutates |= _root(node.func)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            function = node.value.func
            if (getattr(function, "attr", None) or getattr(function, "id", "")) not in HARMLESS:
                mutates |= {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}
                ambient |= bool(_root(function) & AMBIENT)
    simple = (
        ast.Assign | ast.AnnAssign | ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef
    )
    kills = stores if isinstance(statement, simple) else set()
    return Effects(
        loads, stores, mutates & (loads | stores), kills, _deferred(code), ambient, aliases
    )


def _names(code: CodeType, kind: str, nested: bool = True) -> Iterator[str]:
    """The names of the module that code loads or stores; those of comprehensions are their own."""
    for instruction in dis.get_instructions(code):
        if instruction.opname in (f"{kind}_NAME", f"{kind}_GLOBAL"):
            yield instruction.argval
    for inner in _inner(code) if nested else ():
        yield from _names(inner, kind)


def _inner(code: CodeType) -> list[CodeType]:
    """The functions, classes and comprehensions in code."""
    return [constant for constant in code.co_consts if isinstance(constant, CodeType)]


def _deferred(code: CodeType) -> set[str]:
    """The names that are loaded when a function in the code is called, not at once."""
    found: set[str] = set()
    for inner in _inner(code):
        is_now = inner.co_name in COMPREHENSIONS
        found |= _deferred(inner) if is_now else set(_names(inner, "LOAD"))
    return found


def _root(node: ast.expr) -> set[str]:
    """The name that ``a.b[c].d()`` begins with."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def _parts(node: ast.expr | None) -> set[str]:
    """The names of the values that an expression may be, or be a part of, or hold."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") not in CONTAINERS:
        return set()
    if isinstance(node, ast.Attribute | ast.Subscript):
        return _parts(node.value)
    if isinstance(node, ast.Name):
        return {node.id}
    children = ast.iter_child_nodes(node) if node else ()
    return set().union(*(_parts(child) for child in children if isinstance(child, ast.expr)))


class Lesson:
    """The statements of a lesson and what they do to its names."""

    def __init__(self, statements: Sequence[ast.stmt]) -> None:
        self.effects = [effects(statement) for statement in statements]
        self.modules: set[str] = set()
        self.deferred: dict[str, set[str]] = {}  # names that a function behind a name reads
        self.aliases: dict[str, set[str]] = {}
        for one, statement in zip(self.effects, statements):
            if isinstance(statement, ast.Import | ast.ImportFrom):
                self.modules |= one.stores
            for name in one.stores:
                self.deferred.setdefault(name, set()).update(one.deferred)
        for one in self.effects:
            for name in one.stores:
                for other in one.aliases - self.modules:
                    self.aliases.setdefault(name, set()).add(other)
                    self.aliases.setdefault(other, set()).add(name)

    def reads(self, index: int) -> set[str]:
        """The names that a statement reads, itself or through the functions it calls."""
        return _closure(self.effects[index].loads, self.deferred)

    def changes(self, index: int) -> set[str]:
        """The names whose value a statement sets or may change."""
        mutated = self.effects[index].mutates - self.modules
        return self.effects[index].stores | _closure(mutated, self.aliases)


def statements_behind(statements: Sequence[ast.stmt], wanted: Sequence[int]) -> list[int]:
    """The indices, in order, of the ``wanted`` statements and of those that they depend on."""
    lesson = Lesson(statements)
    needed: set[str] = set()
    kept = []
    for index in range(max(wanted), -1, -1):
        effect = lesson.effects[index]
        if index in wanted or effect.ambient or lesson.changes(index) & needed:
            kept.append(index)
            needed = (needed - effect.kills) | lesson.reads(index)
    return kept[::-1]


def statements_after(statements: Sequence[ast.stmt], name: str) -> list[int]:
    """The indices of the statements that set or read ``name``, or a value made with it."""
    lesson = Lesson(statements)
    made_with = {name}
    found = []
    for index, effect in enumerate(lesson.effects):
        if name in effect.stores or lesson.reads(index) & made_with:
            found.append(index)
            made_with |= lesson.changes(index)
        else:
            made_with -= effect.kills
    return found


def _closure(names: set[str], leads_to: dict[str, set[str]]) -> set[str]:
    """The names, and all that they lead to, directly or through others."""
    found: set[str] = set()
    new = set(names)
    while new:
        found |= new
        new = set().union(*(leads_to.get(name, set()) for name in new)) - found
    return found
