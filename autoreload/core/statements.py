"""A module taken apart into its top-level statements, which are run one after the other.

Run so, a module can be left between two statements and gone on with later, from a newer text: what
has run is the same as long as the text up to there is. Everything that can be observed is to be as
if it had been run whole, so each piece is compiled with the file's own line numbers and with the
`__future__` flags of the whole, a text that stands alone does not become the docstring, and what
shares a line is not taken apart.

The nodes are those of `_ast`, which costs no import, unlike `ast`.
"""

import _ast

from autoreload.core.checkpoints import is_same_until

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_FUTURE = 0x1FE0000
"""The bits of `co_flags` that `from __future__` sets (PyCF_MASK of CPython 3.11 to 3.14)."""

_SCOPES = (_ast.FunctionDef, _ast.AsyncFunctionDef, _ast.ClassDef)


class Step:
    """One statement, or some that share a line."""

    __slots__ = ("code", "first", "last", "nodes")

    def __init__(self, nodes: "list[_ast.stmt]", first: int, last: int) -> None:
        self.nodes = nodes
        self.code: Any = None
        """There once it was compiled."""
        self.first = first
        """The number of the line where it begins, with its decorators."""
        self.last = last


class Program:
    """A source and its steps."""

    __slots__ = ("flags", "is_annotated", "is_sound", "name", "source", "steps", "warns")

    def __init__(
        self, source: bytes, name: str, steps: list[Step], *, flags: int, is_annotated: bool
    ) -> None:
        self.source = source
        self.name = name
        self.steps = steps
        self.flags = flags
        self.is_annotated = is_annotated
        """Whether names are annotated in it outside of functions and classes."""
        self.is_sound = False
        """Whether it compiles as a whole if each of its steps does."""
        self.warns = False
        """Whether Python warns of something in it, as far as it was compiled."""

    def done_until(self, line: int) -> int:
        """How many steps end on this line or before it."""
        return sum(step.last <= line for step in self.steps)

    def code_of(self, step: Step) -> "Any":
        """The code of one step. Raises what `compile` raises."""
        if step.code is None:
            tree = _ast.Module(step.nodes, [])
            step.code = compile(tree, self.name, "exec", self.flags, dont_inherit=True)
        return step.code

    def compile(self, begun: int) -> None:
        """Compile all that comes after so many steps. Raises what `compile` raises."""
        if not self.is_sound:
            compile(self.source, self.name, "exec", dont_inherit=True)
            self.is_sound = True
        for step in self.steps[begun:]:
            self.code_of(step)


def take_apart(source: bytes, name: str) -> Program:
    """The program of a source, not compiled yet. Raises what `compile` raises for its syntax."""
    tree = compile(source, name, "exec", _ast.PyCF_ONLY_AST, dont_inherit=True)
    assert isinstance(tree, _ast.Module)
    steps = []
    for nodes in _grouped(tree.body):
        kept = [node for node in nodes if node is tree.body[0] or not _is_text(node)]
        steps.append(Step(kept, _first_line(nodes[0]), _last_line(nodes[-1])))
    is_annotated = any(_annotates(node) for node in tree.body)
    flags = _future_flags(tree.body, name)
    program = Program(source, name, steps, flags=flags, is_annotated=is_annotated)
    program.is_sound = not any(_looks_around(node) for node in tree.body)
    return program


def _future_flags(body: "list[_ast.stmt]", name: str) -> int:
    """What `from __future__` switches on: such imports stand first, but for a docstring."""
    head: list[_ast.stmt] = []
    for node in body:
        if isinstance(node, _ast.ImportFrom) and node.module == "__future__" and not node.level:
            head.append(node)
        elif head or not _is_text(node):
            break
    if not head:
        return 0
    flags: int = compile(_ast.Module(head, []), name, "exec", dont_inherit=True).co_flags
    return flags & _FUTURE


def is_resumable(old: Program, new: Program, line: int) -> bool:
    """Whether the new one begins with what has run of the old one, up to the end of a line.

    The number of steps that are done is then the same in both.
    """
    if line == 0:
        return True
    if not is_same_until(old.source, new.source, line):
        return False
    if (old.flags, old.is_annotated) != (new.flags, new.is_annotated):
        return False
    # An `else` in the next line belongs to the `if` that has run.
    is_cut = any(step.first <= line < step.last for step in new.steps)
    return not is_cut and old.done_until(line) == new.done_until(line)


def _grouped(body: "list[_ast.stmt]") -> "Iterator[list[_ast.stmt]]":
    group: list[_ast.stmt] = []
    for node in body:
        if group and _first_line(node) > _last_line(group[-1]):
            yield group
            group = []
        group.append(node)
    if group:
        yield group


def _is_text(node: "_ast.stmt") -> bool:
    """A string that stands alone: at the beginning of a piece it would become the docstring."""
    return isinstance(node, _ast.Expr) and isinstance(node.value, _ast.Constant)


def _first_line(node: "_ast.stmt") -> int:
    decorators: list[_ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(one.lineno for one in decorators)])


def _last_line(node: "_ast.stmt") -> int:
    return node.end_lineno or node.lineno


def _annotates(node: "_ast.AST") -> bool:
    """Whether a statement annotates a name of the module: it then has `__annotations__`."""
    return _has(node, (_ast.AnnAssign,))


def _looks_around(node: "_ast.AST") -> bool:
    """Whether other statements decide if this one compiles.

    A name is used before it is declared global, or `from __future__` does not stand first.
    """
    return _has(node, (_ast.Global, _ast.Nonlocal)) or _has(node, (_ast.ImportFrom,), "__future__")


def _has(node: "_ast.AST", kinds: "tuple[type[_ast.AST], ...]", module: str = "") -> bool:
    """Whether a statement is of such a kind, or has one in it that is no other scope's."""
    if isinstance(node, kinds):
        return not module or getattr(node, "module", None) == module
    if isinstance(node, _SCOPES):
        return False
    for field in ("body", "orelse", "finalbody", "handlers", "cases"):
        if any(_has(one, kinds, module) for one in getattr(node, field, None) or []):
            return True
    return False
