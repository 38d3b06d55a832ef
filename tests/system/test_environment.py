"""What is really on this machine."""

import os
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from autoreload.core.targets import plan
from autoreload.system.environment import RealFacts

OURS = ("cpython", *sys.version_info[:2])


@pytest.fixture
def facts(tmp_path: Path) -> RealFacts:
    return RealFacts(cwd=str(tmp_path), environ={"PATH": f"{tmp_path}/bin{os.pathsep}/usr/bin"})


def write(path: Path, text: str = "", *, executable: bool = False) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    if executable:
        path.chmod(0o755)
    return path


def test_paths_are_looked_up_from_the_directory_at_the_start(
    facts: RealFacts, tmp_path: Path
) -> None:
    write(tmp_path / "app.py", "first\nsecond")
    write(tmp_path / "serve.sh", executable=True)
    assert facts.is_file("app.py")
    assert not facts.is_file("gone.py")
    assert facts.is_dir(".")
    assert facts.is_executable("serve.sh")
    assert not facts.is_executable("app.py")
    assert not facts.is_executable(".")
    assert facts.listdir("") == ["app.py", "serve.sh"]
    assert facts.first_line("app.py") == b"first\n"
    assert facts.head("app.py") == "first\nsecond"


def test_what_is_missing_is_no_error(facts: RealFacts) -> None:
    assert facts.listdir("gone") == []
    assert facts.first_line("gone") == b""
    assert facts.head(".") == ""
    assert not facts.is_zip("gone")
    assert facts.entry_point("x", "/gone/bin/python") is None
    assert facts.python_version("/gone/bin/python") is None
    assert facts.real_python("/gone/bin/python") == "/gone/bin/python"


def test_a_zip_is_known_by_its_end(facts: RealFacts, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "plain.zip", "w") as archive:
        archive.writestr("a.py", "")
    with zipfile.ZipFile(tmp_path / "app.pyz", "w") as archive:
        archive.writestr("__main__.py", "")
        archive.comment = b"c" * 500
    packed = (tmp_path / "app.pyz").read_bytes()
    (tmp_path / "started").write_bytes(b"\x7fELF" * 100 + packed)
    (tmp_path / "binary").write_bytes(b"\x7fELF __main__.py PK\x05\x06" + b"x" * 100)
    (tmp_path / "short").write_bytes(b"PK\x05\x06")
    found = [name for name in facts.listdir("") if facts.is_zip(name)]
    assert found == ["app.pyz", "started"]


def test_a_program_is_searched_on_the_path(facts: RealFacts, tmp_path: Path) -> None:
    tool = write(tmp_path / "bin" / "tool", executable=True)
    write(tmp_path / "bin" / "text")
    assert facts.which("tool") == str(tool)
    assert facts.which("text") is None
    assert facts.which("bin/tool") is None
    assert facts.which("") is None


def test_a_module_is_found_here_and_in_src(facts: RealFacts, tmp_path: Path) -> None:
    write(tmp_path / "a" / "b.py")
    write(tmp_path / "src" / "c" / "__init__.py")
    assert facts.module_path("a.b") == "a/b.py"
    assert facts.module_path("c") == "src/c/__init__.py"
    assert facts.module_path("a") is None


def test_the_projects_environment_is_found_from_below(tmp_path: Path) -> None:
    python = write(tmp_path / "project" / ".venv" / "bin" / "python")
    below = tmp_path / "project" / "services" / "api"
    below.mkdir(parents=True)
    write(tmp_path / ".venv" / "bin" / "python")

    def found(folder: Path) -> str | None:
        return RealFacts(cwd=str(folder), environ={}).project_python()

    assert found(tmp_path / "project") == str(python)
    assert found(below) is None, "nothing says that this is a project"
    write(tmp_path / "project" / "pyproject.toml")
    assert found(below) == str(python)
    write(below / "pyproject.toml")
    assert found(below) == str(python), "a member of a workspace"
    (below / ".git").mkdir()
    assert found(below) is None, "another repository"


def test_our_own_interpreter_is_known_without_asking() -> None:
    facts = RealFacts()
    folder = Path(sys.executable).parent
    assert facts.python_version(sys.executable) == OURS
    assert facts.same_environment(str(folder / "python3"))
    assert not facts.same_environment("/usr/bin/env")
    assert facts.real_python(sys.executable) == sys.executable


def test_another_environment_is_told_from_ours(tmp_path: Path) -> None:
    """All environments of one Python link to the same file."""
    venv.create(tmp_path / "env", with_pip=False, symlinks=True)
    python = str(tmp_path / "env" / "bin" / "python")
    facts = RealFacts()
    assert not facts.same_environment(python)
    assert facts.python_version(python) == OURS


@pytest.mark.parametrize(
    ("text", "name", "version"),
    [
        ("home = /usr/bin\nversion = 3.12.1\n", "python", ("cpython", 3, 12)),
        ("implementation = PyPy\nversion_info = 3.10.14.final.0\n", "python", ("pypy", 3, 10)),
        ("version = 3.12.1\n", "pypy3", None),
        ("version = none\n", "python", None),
        ("", "python3.13", ("cpython", 3, 13)),
        ("", "python3.13t", ("cpython", 3, 13)),
        ("", "python3", None),
    ],
)
def test_a_version_is_read_where_it_is_written(
    text: str, name: str, version: tuple[str, int, int] | None, tmp_path: Path
) -> None:
    write(tmp_path / "pyvenv.cfg", text)
    python = write(tmp_path / "bin" / name)  # cannot be run, so it cannot be asked
    assert RealFacts().python_version(str(python)) == version


def test_an_interpreter_of_unknown_place_is_asked(tmp_path: Path) -> None:
    shim = write(tmp_path / "python", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', executable=True)
    facts = RealFacts(cwd=str(tmp_path))
    assert facts.python_version(str(shim)) == OURS
    assert facts.real_python(str(shim)) == sys.executable


def test_an_interpreter_that_fails_tells_nothing(tmp_path: Path) -> None:
    broken = write(tmp_path / "python", "#!/bin/sh\necho not set\nexit 127\n", executable=True)
    facts = RealFacts(cwd=str(tmp_path))
    assert facts.python_version(str(broken)) is None
    assert facts.real_python(str(broken)) == str(broken)


def test_programs_of_the_environment_are_beside_its_python() -> None:
    facts = RealFacts()
    folder = Path(sys.executable).parent
    assert facts.script("pytest", sys.executable) == str(folder / "pytest")
    assert facts.script("bin/pytest", sys.executable) is None
    assert facts.script("activate", sys.executable) is None
    names = facts.script_names(sys.executable)
    assert "pytest" in names
    assert not [name for name in names if name.startswith("python")]


def test_an_entry_point_is_read_from_the_packages() -> None:
    facts = RealFacts()
    (known,) = entry_points(group="console_scripts", name="pytest")
    assert facts.entry_point("pytest", sys.executable) == known.value
    assert facts.entry_point("no-such-script", sys.executable) is None


def test_extras_and_other_sections_are_no_part_of_it(facts: RealFacts, tmp_path: Path) -> None:
    text = "[gui_scripts]\ntool = a:gui\n\n[console_scripts]\ntool=a.b:main [extra]\n"
    packages = tmp_path / "lib" / "python3.12" / "site-packages"
    write(packages / "other" / "entry_points.txt", text.replace("main", "wrong"))
    write(packages / "tool-1.dist-info" / "entry_points.txt", text)
    assert facts.entry_point("tool", str(tmp_path / "bin" / "python")) == "a.b:main"


@pytest.mark.parametrize("name", ["uvicorn", "flask", "celery", "gunicorn", "django-admin"])
def test_a_real_console_script_runs_as_a_file(name: str) -> None:
    facts = RealFacts(environ={"PATH": "/usr/bin"}, cwd="/")
    found = plan([name], dashed=False, python=sys.executable, facts=facts)
    assert (found.kind, Path(found.name).name) == ("script", name)
    assert found.python == sys.executable


def test_the_common_case_imports_next_to_nothing(tmp_path: Path) -> None:
    """Each of these is time before the first start."""
    write(tmp_path / "app.py")
    code = """
import sys
plain = set(sys.modules)
from autoreload.core.commandline import split
from autoreload.core.targets import plan
from autoreload.system.environment import RealFacts
line = split(["app.py"], lambda name: None)
plan(line.target, dashed=False, python=None, facts=RealFacts())
print(*sorted(set(sys.modules) - plain))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    loaded = {name for name in done.stdout.split() if not name.startswith("autoreload")}
    assert loaded == set()
