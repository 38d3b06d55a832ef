"""What is told of the exception that ends a program, and that its own words stay as they were."""

import os
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from autoreload.core import protocol
from autoreload.core.options import Options
from autoreload.core.plans import Plan
from autoreload.core.protocol import Message
from autoreload.inner import failing
from autoreload.outer.launchpad import Launchpad
from autoreload.outer.sockets import Sockets
from tests.children import environment, run
from tests.runs import interpreter
from tests.waiting import until


def caught(action: Callable[[], object]) -> BaseException:
    try:
        action()
    except Exception as error:
        return error
    raise AssertionError("it did not fail")


def told(error: BaseException, root: str = "/nowhere") -> dict[str, object]:
    fields = failing.told(error, root)
    assert fields is not None
    return fields


@pytest.mark.parametrize(
    "error", [SystemExit(), SystemExit(0), SystemExit(3), SystemExit(True), KeyboardInterrupt()]
)
def test_an_end_without_a_message_is_not_told(error: BaseException) -> None:
    assert failing.told(error, "/") is None


def test_a_message_of_an_exit_is_told() -> None:
    assert failing.told(SystemExit("no settings"), "/") == {"kind": "", "text": "no settings"}
    assert told(SystemExit(("no", 1)))["text"] == "('no', 1)"


class Silent(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")


def test_an_exception_that_cannot_be_shown_has_its_name_at_least() -> None:
    assert told(Silent())["kind"] == "Silent"


def raising(code: str, path: str) -> Callable[[], None]:
    return lambda: exec(compile(textwrap.dedent(code), path, "exec"), {"__name__": "x"})


def test_the_innermost_line_of_the_project_is_the_place(tmp_path: Path) -> None:
    code = "import json\n\ndef load():\n    return json.loads('{')\n\n# after\nload()\n"
    (tmp_path / "app.py").write_text(code)
    fields = told(caught(raising(code, str(tmp_path / "app.py"))), str(tmp_path))
    assert (fields["path"], fields["line"]) == (str(tmp_path / "app.py"), 4)
    assert (fields["first"], fields["source"]) == (1, code.rstrip("\n"))
    assert fields["kind"] == "json.decoder.JSONDecodeError"
    # Without one of the project the innermost of all.
    fields = told(caught(raising(code, str(tmp_path / "app.py"))))
    assert str(fields["path"]).endswith("decoder.py")


def test_of_what_does_not_compile_the_place_is_its_own(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("a = 1\nif a\n")
    path = str(tmp_path / "broken.py")
    fields = told(caught(lambda: compile("a = 1\nif a\n", path, "exec")), str(tmp_path))
    assert (fields["path"], fields["line"]) == (path, 2)
    assert (fields["kind"], fields["text"]) == ("SyntaxError", "expected ':'")


@pytest.mark.parametrize(
    ("code", "line", "column"),
    [
        ("nope\n", 1, 1),
        ("x = 1\ny = [x, nope]\n", 2, 9),
        ("é = 'ü'; nope\n", 1, 10),
        ("def f():\n\treturn x.y.z\nf()\n", 2, 9),
        ("(1 +\n  nope)\n", 2, 3),
    ],
)
def test_the_column_is_where_the_failing_expression_begins(
    tmp_path: Path, code: str, line: int, column: int
) -> None:
    """In letters and from 1, as editors count."""
    path = tmp_path / "app.py"
    path.write_text(code)
    fields = told(caught(raising(code, str(path))), str(tmp_path))
    assert (fields["line"], fields["column"]) == (line, column)


def test_without_the_source_or_positions_there_is_no_column(tmp_path: Path) -> None:
    fields = told(caught(raising("nope", str(tmp_path / "gone.py"))), str(tmp_path))
    assert (fields["line"], fields["column"]) == (1, 0)
    code = """
        from autoreload.inner import failing
        try:
            nope
        except NameError as error:
            print(failing.told(error, "/")["column"])
    """
    assert run(code, flags=["-X", "no_debug_ranges"]).out == "0\n"


@pytest.mark.parametrize(
    ("before", "is_hidden"),
    [("", False), ("sys.tracebacklimit = 0", True), ("sys.stderr = None", True)],
)
def test_whether_the_traceback_is_shown_at_all_is_told(before: str, is_hidden: bool) -> None:
    code = f"""
        import sys
        from autoreload.inner import failing
        {before}
        print(failing.told(ValueError(), "/")["hidden"])
    """
    assert run(code).out == f"{is_hidden}\n"


def test_the_module_that_is_missing_is_told() -> None:
    assert told(caught(raising("import not_there", "/x.py")))["missing"] == "not_there"
    assert told(caught(raising("import json.not_there", "/x.py")))["missing"] == "json.not_there"
    assert told(caught(raising("from json import not_there", "/x.py")))["missing"] == ""


def test_the_end_of_a_long_traceback_is_kept() -> None:
    # Each line another one: what is repeated is shortened already.
    steps = "".join(f"def f{one}(): f{one + 1}()\n" for one in range(300))
    code = f"{steps}def f300(): raise ValueError('\\udcff' * 100)\nf0()\n"
    fields = told(caught(raising(code, "/x/" + "y" * 200)))
    trace = str(fields["trace"])
    assert trace.startswith("...\n  ")
    assert "ValueError" in trace.splitlines()[-1]
    assert len(protocol.encode("failed", 1, fields)) < protocol.LARGEST


def test_a_message_without_end_fits_a_packet() -> None:
    fields = told(caught(raising("raise ValueError('\\U0001f600' * 100_000)", "/x/" + "y" * 9000)))
    assert len(protocol.encode("failed", 1, fields)) < protocol.LARGEST


def test_a_module_of_the_program_is_not_taken_for_the_one_that_is_needed(tmp_path: Path) -> None:
    """A file beside the script has the name of a module that we need: the program finds its own."""
    for name in ("token", "linecache", "traceback", "re", "contextlib"):
        (tmp_path / f"{name}.py").write_text("print('imported', __name__)\n")
    code = """
        import sys
        sys.path.insert(0, sys.argv[1])
        from autoreload.inner import failing
        try:
            1 / 0
        except ZeroDivisionError as error:
            fields = failing.told(error, "/")
        print(fields["trace"].splitlines()[-1])
        assert len([one for one in sys.meta_path if type(one).__module__.startswith("auto")]) == 0
        import token, traceback
    """
    done = run(code, str(tmp_path), flags=["-S"])
    assert (done.code, done.err) == (0, "")
    assert done.out.split("\n", 1) == [
        "ZeroDivisionError: division by zero",
        "imported token\nimported traceback\n",
    ]


# --- in an inner ----------------------------------------------------------------------------------


def messages(folder: Path, plan: Plan) -> tuple[list[Message], int]:
    """Run a target in an inner of its own; what it says, and its code."""
    marked = environment(**{protocol.FLAG: protocol.FLAG_VALUE})
    spawning = Sockets(Options()).spawning
    cold = Options(warm=False)
    launchpad = Launchpad(plan, cold, marked, mask=(), root=str(folder), spawning=spawning)
    here = os.getcwd()
    os.chdir(folder)
    try:
        child = launchpad.start(wait=False)
    finally:
        os.chdir(here)
    heard: list[Message] = []
    ended: list[int] = []

    def is_over() -> bool:
        if not ended:
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            ended.extend([os.waitstatus_to_exitcode(status)] if pid else [])
        heard.extend(child.messages())
        return bool(ended)

    try:
        until(is_over, describe=lambda: heard)
    finally:
        if not ended:
            os.kill(child.pid, 9)
            os.waitpid(child.pid, 0)
        child.close()
    return [one for one in heard if one.word == "failed"], ended[0]


def script(folder: Path, code: str, *, python: str = sys.executable) -> Plan:
    (folder / "app.py").write_text(textwrap.dedent(code))
    return Plan("script", "app.py", title="app.py", python=python)


@pytest.mark.parametrize("version", ["python3.11", "python3.12", "python3.13", "python3.14"])
def test_an_inner_tells_of_the_exception_that_ends_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], version: str
) -> None:
    """With the very words of the interpreter, whichever it is."""
    code = """
        def work():
            try:
                {}["a"]
            except KeyError as error:
                raise RuntimeError("no\\nwork") from error
        work()
    """
    plan = script(tmp_path, code, python=interpreter(version))
    (failed,), ended = messages(tmp_path, plan)
    assert ended == 1
    assert failed.text("trace") == capfd.readouterr().err  # as the interpreter has it
    assert failed.text("trace").count("app.py") == 3
    assert (failed.text("kind"), failed.text("text")) == ("RuntimeError", "no\nwork")
    assert (failed.text("path"), failed.number("line")) == (str(tmp_path / "app.py"), 6)


@pytest.mark.parametrize(
    ("code", "ended", "text"),
    [
        ("raise SystemExit(4)", 4, None),
        ("import os; os._exit(5)", 5, None),
        ("import sys; sys.exit('no settings')", 1, "no settings"),
        ("import missing_module", 1, "No module named 'missing_module'"),
        ("print('done')", 0, None),
        ("import os; os.fork() or 1 / 0; os.wait()", 0, None),  # a fork of it fails
    ],
)
def test_only_what_is_the_end_of_the_app_is_told(
    tmp_path: Path, code: str, ended: int, text: str | None
) -> None:
    found, status = messages(tmp_path, script(tmp_path, code))
    assert [one.text("text") for one in found] == ([] if text is None else [text])
    assert status == ended


def test_a_callable_that_returns_a_message_fails_with_it(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text("def main():\n    return 'no settings'\n")
    plan = Plan("callable", "shop:main", title="shop:main", python=sys.executable)
    (failed,), ended = messages(tmp_path, plan)
    assert (failed.text("text"), ended) == ("no settings", 1)
