"""Launching in a process of its own: what a program gets, and what comes back from it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autoreload.inner.launch import exit_status

START = """
import json, sys
sys.path.insert(0, {root!r})
from autoreload.inner.callables import Unusable
from autoreload.inner.launch import Launch, launch
del sys.path[0]
told = []

def read(path):
    told.append(["read", path])
    with open(path, "rb") as file:
        return file.read()

what = Launch(
    kind={kind!r}, name={name!r}, args={args!r}, argv0={argv0!r}, read=read,
    called=lambda: told.append("called"),
)
print_ = print
try:
    result = launch(what)
except Unusable as problem:
    result = "unusable: " + str(problem)
main = sys.modules["__main__"]
print_(json.dumps([result, told, sorted(main.__dict__), sys.argv]), file=sys.stderr)
"""

ROOT = str(Path(__file__).parent.parent.parent)
PLAIN = {
    *("__name__", "__doc__", "__package__", "__loader__", "__spec__", "__annotations__"),
    "__builtins__",
}


def launched(
    folder: Path, kind: str, name: str, *args: str, argv0: str = ""
) -> tuple[str, list[Any]]:
    """What the program printed; and result, what was told on the way, `__main__`, `sys.argv`."""
    code = START.format(root=ROOT, kind=kind, name=name, args=list(args), argv0=argv0)
    # The code runs in a module of its own, as the inner does: `__main__` is emptied.
    wrapped = f"exec({code!r}, {{'__name__': 'starter'}})"
    done = subprocess.run(
        [sys.executable, "-c", wrapped], cwd=folder, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(done.stderr.splitlines()[-1])


def test_a_script_runs_in_a_clean_main_and_leaves_its_names_there(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text('"""Mine."""\nprint(__name__, __doc__, __file__)\nmine = 1\n')
    out, (result, told, names, argv) = launched(tmp_path, "script", "x.py", "-a", "b")
    assert out == f"__main__ Mine. {tmp_path}/x.py\n"
    assert result is None
    assert told == [["read", "x.py"], "called"]
    assert set(names) - PLAIN == {"__file__", "mine"}
    assert argv == ["x.py", "-a", "b"]


def test_a_compiled_script_runs_as_well(tmp_path: Path) -> None:
    import py_compile

    (tmp_path / "x.py").write_text("print('compiled', __file__)\n")
    py_compile.compile(str(tmp_path / "x.py"), cfile=str(tmp_path / "y.pyc"))
    out, (_, told, *_) = launched(tmp_path, "script", "y.pyc")
    assert out == f"compiled {tmp_path}/y.pyc\n"
    assert told == ["called"]


def test_a_module_is_called_only_when_it_was_found(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").write_text("import sys; print('package', sys.argv)\n")
    (tmp_path / "pkg" / "mod.py").write_text("import sys; print(__name__, __package__)\n")
    out, (_, told, names, argv) = launched(tmp_path, "module", "pkg.mod", "x")
    assert out == "package ['-m', 'x']\n__main__ pkg\n"
    assert told == ["called"]
    assert argv == [f"{tmp_path}/pkg/mod.py", "x"]
    assert set(names) - PLAIN == {"__file__", "__cached__", "sys"}


@pytest.mark.parametrize(
    ("kind", "name", "sentence"),
    [
        ("script", "y.py", "no file 'y.py', did you mean 'x.py'?"),
        ("script", "no/such.py", "no file 'no/such.py'"),
        ("module", "nope", "cannot run -m nope: no module named nope"),
        ("module", "json", "cannot run -m json: no module named json.__main__;"),
        ("callable", "nope:main", "no module named 'nope' in 'nope:main'"),
        ("callable", "x:nope", "module 'x' has no attribute 'nope' for 'x:nope'"),
        ("callable", "x:mine", "'x:mine' is an int and cannot be called"),
    ],
)
def test_what_is_not_there_is_told_and_nothing_was_called(
    tmp_path: Path, kind: str, name: str, sentence: str
) -> None:
    (tmp_path / "x.py").write_text("mine = 1\n")
    _, (result, told, *_) = launched(tmp_path, kind, name)
    assert result.startswith(f"unusable: {sentence}")
    assert "called" not in told


def test_a_callable_gets_the_directory_first_and_its_name_as_program(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text(
        "import os, sys\n\ndef main():\n    print(sys.path[0] == os.getcwd())\n    return 7\n"
    )
    out, (result, told, names, argv) = launched(tmp_path, "callable", "x:main", "-v")
    assert (out, result, told, argv) == ("True\n", 7, ["called"], ["x:main", "-v"])
    assert set(names) <= PLAIN
    _, (_, _, _, argv) = launched(tmp_path, "callable", "x:main", "-v", argv0="/bin/x")
    assert argv == ["/bin/x", "-v"]


@pytest.mark.parametrize(
    ("result", "status"),
    [
        (None, None),
        (0, 0),
        (7, 7),
        ("why", "why"),
        ("", ""),
        (True, True),
        ([1], None),
        (1.5, None),
    ],
)
def test_a_result_is_an_exit_status_like_a_console_scripts(result: object, status: object) -> None:
    assert exit_status(result) == status
