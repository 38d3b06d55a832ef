"""Which interpreter runs the target."""

import pytest

from autoreload.core.environments import beside, choose, environment_python, is_path, real, shown
from autoreload.core.facts import UsageProblem
from autoreload.core.targets import plan
from tests.core.machine import OWN, Machine

ACTIVE = {"VIRTUAL_ENV": "/active"}
FILES = {"/active/bin/python": "", "/named/bin/python": "", "/w/Scripts/python.exe": ""}


@pytest.mark.parametrize(
    ("python", "environ", "project", "chosen"),
    [
        (None, {}, None, OWN),
        (None, {}, "/project/.venv/bin/python", "/project/.venv/bin/python"),
        (None, ACTIVE, "/project/.venv/bin/python", "/active/bin/python"),
        (None, {"VIRTUAL_ENV": "/gone"}, "/p/bin/python", "/p/bin/python"),
        (None, {"VIRTUAL_ENV": ""}, None, OWN),
        (None, {"VIRTUAL_ENV": "/w"}, None, "/w/Scripts/python.exe"),
        ("/named", ACTIVE, "/p/bin/python", "/named/bin/python"),
        ("/named/bin/python", ACTIVE, None, "/named/bin/python"),
        ("python3.13", ACTIVE, None, "/usr/bin/python3.13"),
        ("shim", {}, None, "/versions/3.13/bin/python"),
    ],
)
def test_named_then_active_then_the_projects_then_ours(
    python: str | None, environ: dict[str, str], project: str | None, chosen: str
) -> None:
    machine = Machine(
        FILES,
        environ=environ,
        project_python=project,
        on_path={"python3.13": "/usr/bin/python3.13", "shim": "/shims/python"},
        shims={"/shims/python": "/versions/3.13/bin/python"},
    )
    assert choose(python, machine).path == chosen


def test_another_name_of_ours_is_ours() -> None:
    machine = Machine(FILES, environ=ACTIVE, same=["/active/bin/python"])
    assert choose(None, machine).path == OWN


def test_an_interpreter_that_is_not_there_is_a_mistake() -> None:
    with pytest.raises(UsageProblem, match=r"no interpreter 'python2.7'"):
        choose("python2.7", Machine())


@pytest.mark.parametrize(
    ("typed", "python", "note"),
    [
        ("app.py", "/project/.venv/bin/python", "using .venv/bin/python"),
        ("python app.py", "/usr/bin/python", "using /usr/bin/python"),
        ("python3 app.py", "/project/.venv/bin/python", "using .venv/bin/python"),
        ("/usr/bin/python app.py", "/usr/bin/python", None),
    ],
)
def test_it_is_said_when_it_is_not_ours(typed: str, python: str, note: str | None) -> None:
    machine = Machine(
        {"app.py": ""},
        project_python="/project/.venv/bin/python",
        on_path={"python": "/usr/bin/python"},
    )
    found = plan(typed.split(), dashed=False, python=None, facts=machine)
    assert found.python == python
    assert found.notes == ((note,) if note else ())


def test_a_console_script_that_is_typed_as_a_path_brings_its_interpreter() -> None:
    machine = Machine(
        {
            "/project/env/bin/flask": "#!/project/env/bin/python -s\n",
            "tool": "#!/usr/bin/python3\n",
            "run.py": "#!/project/python\n",
        }
    )
    found = beside("env/bin/../bin/flask", machine)
    assert found is not None
    assert (found.path, found.flags, found.is_typed) == ("/project/env/bin/python", ("-s",), True)
    assert beside("./tool", machine) is None
    assert beside("./run.py", machine) is None
    assert beside("tool", machine) is None


def test_the_option_wins_over_the_scripts_own_interpreter() -> None:
    machine = Machine({**FILES, "/e/bin/flask": "#!/e/bin/python\n"})
    asked = ["/e/bin/flask", "run"]
    assert plan(asked, dashed=False, python=None, facts=machine).python == "/e/bin/python"
    assert plan(asked, dashed=False, python="/named", facts=machine).python == "/named/bin/python"


def test_small_questions() -> None:
    machine = Machine(FILES)
    assert environment_python("/nowhere", machine) is None
    assert real("env/python", machine).path == "/project/env/python"
    assert shown("/project/a", machine) == "a"
    assert shown("/projects/a", machine) == "/projects/a"
    assert [is_path(word) for word in ("a", "./a", "..", r"a\b", "a.b")] == [
        False,
        True,
        True,
        True,
        False,
    ]
