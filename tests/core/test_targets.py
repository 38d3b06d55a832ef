"""What is typed, and what is run."""

import pytest

from autoreload.core.plans import Plan
from autoreload.core.targets import UsageProblem, plan
from tests.core.machine import OWN, Machine

PYTHON_SCRIPT = f"#!{OWN}\nimport sys\n"
LONG_SHEBANG = "#!/bin/sh\n'''exec' \"/a b/bin/python\" \"$0\" \"$@\"\n' '''\nimport sys\n"

MACHINE = Machine(
    {
        "app.py": "",
        "manage.py": "",
        "worker": "#!/usr/bin/env python3\n",
        "notes": "milk",
        "data.txt": "milk",
        "uvicorn/notes.txt": "",
        "tool/__main__.py": "",
        "pkg/mod.py": "",
        "pkg/__init__.py": "",
        "src/lib/core.py": "",
        "web/main.py": "",
        "bundle.pyz": "PK",
        "plain.zip": "PK",
        "a:b": "#!/usr/bin/python3",
        "/tools/bin/uvicorn": PYTHON_SCRIPT,
        "/tools/bin/flask": f"#!{OWN} -sP\n",
        "/tools/bin/celery": LONG_SHEBANG,
        "/tools/bin/python3.12": "",
        "/home/me/bin/gunicorn": PYTHON_SCRIPT,
        "/home/me/bin/black": "#!/pipx/black/bin/python\n",
        "/other/bin/hypercorn": "#!/other/bin/python -I\n",
    },
    executable=[
        "serve.sh",
        "notes",
        "/tools/bin/uvicorn",
        "/tools/bin/flask",
        "/tools/bin/celery",
        "/tools/bin/fastapi",
        "/tools/bin/ruff",
    ],
    on_path={
        "node": "/usr/bin/node",
        "python": "/usr/bin/python",
        "python3.9": "/usr/bin/python3.9",
        "gunicorn": "/home/me/bin/gunicorn",
        "black": "/home/me/bin/black",
        "uv": "/usr/bin/uv",
    },
    entry_points={"fastapi": "fastapi.cli:main"},
    versions={"/usr/bin/python3.9": ("cpython", 3, 9), "/opt/pypy": ("pypy", 3, 11)},
    zips=["bundle.pyz", "plain.zip"],
    same=["/usr/bin/python"],
)


def planned(typed: str, *, dashed: bool = False, machine: Machine = MACHINE) -> Plan:
    return plan(typed.split(), dashed=dashed, python=None, facts=machine)


def problem(typed: str, *, dashed: bool = False, machine: Machine = MACHINE) -> str:
    with pytest.raises(UsageProblem) as caught:
        planned(typed, dashed=dashed, machine=machine)
    return str(caught.value)


@pytest.mark.parametrize(
    ("typed", "kind", "name", "args"),
    [
        ("main:app", "callable", "main:app", ""),
        ("pkg.mod:make.run -x y", "callable", "pkg.mod:make.run", "-x y"),
        ("app.py --help", "script", "app.py", "--help"),
        ("./app.py", "script", "./app.py", ""),
        ("worker -v", "script", "worker", "-v"),
        ("tool x", "script", "tool", "x"),
        ("bundle.pyz", "script", "bundle.pyz", ""),
        ("plain.zip", "script", "plain.zip", ""),
        ("a:b", "script", "a:b", ""),
        ("-m pkg.mod -w 9", "module", "pkg.mod", "-w 9"),
        ("-mpkg.mod -w 9", "module", "pkg.mod", "-w 9"),
        ("uvicorn main:app", "script", "/tools/bin/uvicorn", "main:app"),
        ("celery -A x worker", "script", "/tools/bin/celery", "-A x worker"),
        ("gunicorn m:app", "script", "/home/me/bin/gunicorn", "m:app"),
        ("python app.py x", "script", "app.py", "x"),
        ("python data.txt", "script", "data.txt", ""),
        ("python tool", "script", "tool", ""),
        ("python -m pkg x", "module", "pkg", "x"),
        ("node s.js", "command", "node", "node s.js"),
        ("serve.sh 80", "command", "./serve.sh", "./serve.sh 80"),
        ("./serve.sh 80", "command", "./serve.sh", "./serve.sh 80"),
        ("ruff check", "command", "/tools/bin/ruff", "/tools/bin/ruff check"),
        ("black .", "command", "black", "black ."),
        ("notes", "command", "./notes", "./notes"),
        ("python -c pass", "command", "python", "python -c pass"),
        ("python -i app.py", "command", "python", "python -i app.py"),
        ("uv run app.py", "command", "uv", "uv run app.py"),
    ],
)
def test_a_target_is_made_out(typed: str, kind: str, name: str, args: str) -> None:
    found = planned(typed)
    assert (found.kind, found.name, " ".join(found.args)) == (kind, name, args)
    assert bool(found.python) is (kind != "command")
    assert found.title == typed
    assert found.notes == ()


@pytest.mark.parametrize("typed", ["node a.js", "app.py:x -q", "./serve.sh", "python app.py", "-m"])
def test_behind_two_dashes_everything_is_a_command(typed: str) -> None:
    machine = Machine(
        on_path={word: f"/bin/{word}" for word in ("node", "app.py:x", "python", "-m")},
        executable=["serve.sh"],
    )
    found = planned(typed, dashed=True, machine=machine)
    assert (found.kind, " ".join(found.args)) == ("command", typed)


def test_a_command_of_the_environment_need_not_be_on_the_path() -> None:
    found = planned("uvicorn m:app --reload", dashed=True)
    assert (found.kind, found.name) == ("command", "/tools/bin/uvicorn")
    assert found.args == ("/tools/bin/uvicorn", "m:app")


def test_a_script_that_is_no_text_is_called_by_its_entry_point() -> None:
    found = planned("fastapi dev main.py")
    assert (found.kind, found.name, found.python) == ("callable", "/tools/bin/fastapi", OWN)
    assert found.entry_point == "fastapi.cli:main"
    assert found.args == ("dev", "--no-reload", "main.py")


@pytest.mark.parametrize(
    ("typed", "python", "flags"),
    [
        ("app.py", OWN, ""),
        ("flask run", OWN, "-sP"),
        ("python -X dev -OO app.py", "/usr/bin/python", "-X dev -OO"),
        ("python -um pkg", "/usr/bin/python", "-u"),
        ("/other/bin/hypercorn m:app", "/other/bin/python", "-I"),
    ],
)
def test_flags_stay_with_the_interpreter(typed: str, python: str, flags: str) -> None:
    found = planned(typed)
    assert (found.python, " ".join(found.flags)) == (python, flags)


@pytest.mark.parametrize(
    ("typed", "args", "serves", "stop_signal"),
    [
        ("manage.py runserver 80", "runserver --noreload 80", True, "INT"),
        ("python manage.py runserver", "runserver --noreload", True, "INT"),
        ("uvicorn m:app --reload", "m:app", True, "INT"),
        ("-m flask --app run run", "--app run run --no-reload", True, "INT"),
        ("gunicorn m:app --reload", "m:app", True, "TERM"),
        ("-m debugpy --listen 5678 manage.py runserver", None, True, "INT"),
        ("uv run uvicorn m:app --reload", "uv run uvicorn m:app", True, "TERM"),
    ],
)
def test_its_own_reloader_is_switched_off(
    typed: str, args: str | None, serves: bool, stop_signal: str
) -> None:
    found = planned(typed)
    if args is not None:
        assert " ".join(found.args) == args
    assert (found.serves, found.stop_signal) == (serves, stop_signal)
    assert [note.partition(": ")[2][:34] for note in found.notes] == [
        "its own reloader is switched off ("
    ]


def test_a_variable_of_its_own_reloader_is_overridden() -> None:
    machine = Machine(
        {"/tools/bin/uvicorn": PYTHON_SCRIPT},
        executable=["/tools/bin/uvicorn"],
        environ={"UVICORN_RELOAD": "1"},
    )
    assert planned("uvicorn m:app", machine=machine).environment == (("UVICORN_RELOAD", "false"),)


@pytest.mark.parametrize(
    ("typed", "stop_signal"),
    [("node s.js", "TERM"), ("python -c pass", "INT"), ("black .", "INT"), ("uv run x", "TERM")],
)
def test_a_command_is_stopped_in_the_way_of_its_kind(typed: str, stop_signal: str) -> None:
    assert planned(typed).stop_signal == stop_signal


@pytest.mark.parametrize(
    ("typed", "args"),
    [
        ("python3.9 -u app.py x", "/usr/bin/python3.9 -u app.py x"),
        ("python3.9 -m pkg", "/usr/bin/python3.9 -m pkg"),
    ],
)
def test_an_old_python_is_a_command(typed: str, args: str) -> None:
    found = planned(typed)
    assert (found.kind, found.python, found.flags) == ("command", "", ())
    assert " ".join(found.args) == args
    assert found.notes[-1] == (
        "/usr/bin/python3.9 is CPython 3.9, CPython 3.11 or newer is wanted: run as a command"
    )


def test_another_implementation_is_a_command_and_cannot_be_handed_a_callable() -> None:
    machine = Machine(
        {"app.py": "", ".venv/bin/python": "", "/project/.venv/bin/fastapi": "\x7f"},
        executable=["/project/.venv/bin/fastapi"],
        entry_points={"fastapi": "fastapi.cli:main"},
        project_python="/project/.venv/bin/python",
        versions={"/project/.venv/bin/python": ("pypy", 3, 11)},
    )
    assert planned("app.py", machine=machine).args == ("/project/.venv/bin/python", "app.py")
    assert problem("main:app", machine=machine) == (
        ".venv/bin/python is PyPy 3.11, a callable needs CPython 3.11 or newer: name a file"
    )
    found = planned("fastapi run", machine=machine)
    assert (found.args, found.entry_point) == (("/project/.venv/bin/fastapi", "run"), "")


def test_a_python_that_does_not_answer_is_a_command() -> None:
    machine = Machine({"app.py": "", "./python": ""}, versions={"/project/./python": None})
    found = planned("./python app.py", machine=machine)
    assert found.kind == "command"
    assert "does not tell its version" in found.notes[0]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("-", "a program read from stdin cannot be started again"),
        ("python -", "a program read from stdin cannot be started again"),
        ("python", "python alone reads a program from the terminal: name a file"),
        ("python -m", "-m wants the name of a module"),
        ("-m", "-m wants the name of a module"),
        ("-m -x", "-m wants the name of a module"),
        ("-m main:app", "-m wants the name of a module, found 'main:app': autorun main:app"),
        ("-m ./app", "-m wants the name of a module, found './app'"),
        ("-m app.py", "-m wants a module, 'app.py' is a file: autorun app.py runs it"),
        ("ap.py", "no file 'ap.py', did you mean 'app.py'?"),
        ("main.py", "no file 'main.py', did you mean 'web/main.py'?"),
        ("pkg/mid.py", "no file 'pkg/mid.py', did you mean 'pkg/mod.py'?"),
        ("./nothing/at/all", "no file './nothing/at/all'"),
        ("python ap.py", "no file 'ap.py', did you mean 'app.py'?"),
        ("python pkg", "directory 'pkg' has no __main__.py"),
        ("./pkg", "directory './pkg' has no __main__.py"),
        (".", "directory '.' has no __main__.py"),
        ("pkg", "directory 'pkg' has no __main__.py"),
        ("./data.txt", "'./data.txt' is not executable: autorun python ./data.txt runs it"),
        ("data.txt", "'data.txt' is not executable: autorun python data.txt runs it"),
        ("pkg.mod", "'pkg.mod' is a module: autorun -m pkg.mod runs it, or autorun pkg/mod.py"),
        ("app", "'app' is a module: autorun -m app runs it, or autorun app.py its file"),
        ("lib.core", "'lib.core' is a module: autorun src/lib/core.py runs it"),
        ("uvicron", "command is called 'uvicron', did you mean 'uvicorn'"),
        ("xyzzy", "called 'xyzzy': autorun alone lists what could be run here"),
        ("app.py:main", "'app.py' is a file, a module is wanted before the colon: type app:main"),
        ("web/main:app", "'web/main' looks like a file, a module is wanted before"),
        ("main:make()", "'main:make()' is called by autorun itself: type main:make"),
        ("main:", "'main:' is not module:callable, as in main:main"),
        (":app", "':app' is not module:callable"),
        ("my-app:main", "'my-app:main' is not module:callable"),
        (r"C:\nothing.py", r"no file 'C:\\nothing.py'"),
        ("python3.7 app.py", "no interpreter 'python3.7'"),
        ("./python app.py", "no interpreter './python'"),
    ],
)  # fmt: skip
def test_a_mistake_is_answered_with_advice(typed: str, said: str) -> None:
    assert said in problem(typed)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("nodee x", "no file, console script or command is called 'nodee'"),
        ("./app.py", "'./app.py' is not executable: autorun ./app.py runs it as Python"),
        ("app.py", "'app.py' is not executable: autorun app.py runs it as Python"),
        ("./nothing", "no file './nothing'"),
        ("", "nothing to run: a command is wanted behind --"),
    ],
)
def test_a_mistake_behind_two_dashes_is_answered_too(typed: str, said: str) -> None:
    assert said in problem(typed, dashed=True)
