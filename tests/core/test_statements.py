"""Run statement by statement, a module is what it is when it is run whole."""

import contextlib
import io
import sys
import textwrap
import traceback
import warnings

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autoreload.core.statements import Program, is_resumable, take_apart

NAME = "/a/module.py"

STATEMENTS = st.sampled_from(
    [
        '"""A text."""',
        "'one'; x = 2",
        "x = 1",
        "x = 1; y = 2",
        "y = (x := 3)",
        "noted: int = 4",
        "bare: 'Unknown'",
        "if x > 1:\n    inner: str = 'a'\nelse:\n    z = 1",
        "def f(a, b=1, *, c: int = 2) -> int:\n    'Doc.'\n    return a + b + c",
        "@(lambda one: one.__name__)\n@(lambda one:\n  one)\ndef g():\n    pass",
        "class C:\n    '''Doc.'''\n    n: int = 1\n    def m(self): return __class__.__name__",
        "import math as m; n = m.pi",
        "from os.path import *",
        "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    z = e.__traceback__.tb_lineno",
        "for i in range(3):\n    x = i\nelse:\n    y = 'else'",
        "print(x,\n      'printed')",
        "values = [x for x in range(3)]; total = sum(values)",
        "import sys; line = sys._getframe().f_lineno; name = sys._getframe().f_code.co_name",
        "with open('/dev/null') as file: pass",
        "z = \\\n  7",
        "has = '__annotations__' in globals()",
        "undefined_name",
        "raise ValueError(x)",
        "global x",
        "...",
        "# only a comment",
        "",
        "a = 'é'",
        "text = '''one\ntwo\n'''",
        "del x",
        "x = 5 if x else 6",
        "assert x, 'nothing'",
        "5; 'text'; y = 1",
        "lazy = lambda: x",
    ]
)
HEADS = st.sampled_from(
    ["", '"""The module."""', "from __future__ import annotations", "# coding: utf-8", "x = 1"]
)
SOURCES = st.builds(
    lambda heads, body: "\n".join([*heads, *body]) + "\n",
    st.lists(HEADS, max_size=2),
    st.lists(STATEMENTS, max_size=8),
)


class Seen:
    """All that can be observed of a module that has been run."""

    def __init__(self) -> None:
        self.names: dict[str, object] = {"__name__": "module", "x": 0}
        self.out = io.StringIO()
        self.error = ""

    def run(self, codes: list[object]) -> None:
        with contextlib.redirect_stdout(self.out):
            try:
                for code in codes:
                    exec(code, self.names)  # type: ignore[arg-type]
            except Exception as error:
                frames = traceback.extract_tb(error.__traceback__)[1:]
                where = [(one.filename, one.lineno, one.name) for one in frames]
                self.error = f"{type(error).__name__} {error} {where}"

    def facts(self) -> dict[str, object]:
        shown = {name: show(value) for name, value in self.names.items() if name != "__builtins__"}
        return {"names": shown, "order": list(shown), "out": self.out.getvalue(), "e": self.error}


def show(value: object) -> object:
    if isinstance(value, type):
        notes = vars(value).get("__annotations__")
        return [value.__qualname__, value.__doc__, notes, value.__module__]
    if code := getattr(value, "__code__", None):
        notes = getattr(value, "__annotations__", None)
        return [code.co_name, code.co_firstlineno, code.co_filename, value.__doc__, notes]
    return repr(value) if isinstance(value, int | str | list | dict | float) else type(value)


def compiled(source: str) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return compile(source, NAME, "exec", dont_inherit=True)
        except SyntaxError:
            return None


def program(source: str) -> Program:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = take_apart(source.encode(), NAME)
        found.compile(0)
        return found


def annotated(seen: Seen, one: Program) -> None:
    if one.is_annotated:
        seen.names.setdefault("__annotations__", {})


pytestmark = pytest.mark.skipif(sys.version_info >= (3, 14), reason="such modules are run whole")


@settings(max_examples=400)
@given(SOURCES)
@example("has = '__annotations__' in globals()\nif has:\n    noted: int = 4\n")
@example('x = 1\n"""Not the docstring."""\n')
def test_in_pieces_it_is_what_it_is_whole(source: str) -> None:
    whole = compiled(source)
    if whole is None:
        return
    plain, apart = Seen(), Seen()
    plain.run([whole])
    pieces = program(source)
    annotated(apart, pieces)
    apart.run([step.code for step in pieces.steps])
    mine, theirs = apart.facts(), plain.facts()
    assert sorted(mine.pop("order")) == sorted(theirs.pop("order"))  # type: ignore[call-overload]
    assert mine == theirs


@settings(max_examples=600)
@given(SOURCES, SOURCES, st.integers(0, 12), st.data())
def test_gone_on_with_it_is_what_the_new_text_would_be(
    old_text: str, tail: str, kept: int, data: st.DataObject
) -> None:
    """The one promise that all the rest is for."""
    new_text = "".join(old_text.splitlines(keepends=True)[:kept]) + tail
    if compiled(old_text) is None or (whole := compiled(new_text)) is None:
        return
    old, new = program(old_text), program(new_text)
    done = data.draw(st.integers(0, len(old.steps)))
    line = old.steps[done - 1].last if done else 0
    if not is_resumable(old, new, line):
        return
    assert line == 0 or old.done_until(line) == new.done_until(line) == done
    resumed, plain = Seen(), Seen()
    annotated(resumed, old if line else new)
    resumed.run([step.code for step in old.steps[:done]])
    if resumed.error:
        return  # it did not come as far as this checkpoint
    resumed.run([step.code for step in new.steps[done:]])
    plain.run([whole])
    mine, theirs = resumed.facts(), plain.facts()
    assert sorted(mine.pop("order")) == sorted(theirs.pop("order"))  # type: ignore[call-overload]
    assert mine == theirs


@pytest.mark.parametrize(
    ("old", "new", "line", "is_good"),
    [
        ("x = 1\ny = 1\n", "x = 1\ny = 2\n", 1, True),
        ("x = 1\ny = 1\n", "x = 2\ny = 1\n", 1, False),
        ("if x:\n    y = 1\nz = 1\n", "if x:\n    y = 1\nelse:\n    z = 1\n", 2, False),
        ("x = 1\ny = 1\n", "x = 1; z = 3\ny = 1\n", 1, False),
        ("x = 1\ny = 1\n", "x = 1\n", 1, True),
        ("x = 1\ny = 1\n", "x = 1\ny: int = 1\n", 1, False),
        ("x = 1\ny = 1\n", "", 1, False),
        ("x = 1\n", "from __future__ import annotations\n", 0, True),
        ("'d'\nx = 1\n", "'d'\nfrom __future__ import annotations\n", 1, False),
        ("@f\ndef g(): pass\n", "@f\n@h\ndef g(): pass\n", 0, True),
    ],
)
def test_a_newer_text_goes_on_where_the_older_one_stands(
    old: str, new: str, line: int, is_good: bool
) -> None:
    assert is_resumable(program(old), program(new), line) is is_good


def test_a_step_begins_with_its_decorators() -> None:
    source = textwrap.dedent("""\
        x = 1

        @first
        @second
        def f():
            pass
        """)
    assert [(one.first, one.last) for one in program(source).steps] == [(1, 1), (3, 6)]


def test_what_shares_a_line_is_one_step() -> None:
    assert [(one.first, one.last) for one in program("x = 1; y = (\n2)\nz = 3\n").steps] == [
        (1, 2),
        (3, 3),
    ]
