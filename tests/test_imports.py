"""What is in memory when the user's first line runs: every module there is time that they wait."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

LATE = {
    "asyncio", "click", "ctypes", "dataclasses", "importlib.metadata", "inspect", "json", "logging",
    "re", "socket", "subprocess", "tomllib", "watchdog",
}  # fmt: skip

# The names are taken before the script imports anything itself.
SCRIPT = """\
import sys
names = sorted(sys.modules)
import os
print(os.environ.get("RELOAD_ENV"), *names)
"""


def modules(folder: Path, *arguments: str) -> tuple[str, set[str]]:
    """Run `python ARGUMENTS` in `folder`; answer the flag and the modules that it printed."""
    # The package need not be installed, and nothing that this test run was given may reach it.
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AUTORUN_")}
    kept.pop("RELOAD_ENV", None)
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"exit code {done.returncode}\n{done.stdout}{done.stderr}"
    flag, *names = done.stdout.split()
    return flag, set(names)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "empty.py").write_text(SCRIPT, "utf-8")
    return tmp_path


def test_the_inner_is_lean_before_the_app(folder: Path) -> None:
    # What plain python loads by itself (site, .pth files, coverage) is not ours.
    _, plain = modules(folder, "empty.py")
    flag, loaded = modules(folder, "-m", "autoreload", "--exit", "empty.py")
    assert flag == "true", "the script did not run in the inner"
    assert not (early := (loaded - plain) & LATE), f"before the app came {sorted(early)}"


def test_the_inner_never_loads_the_outer(folder: Path) -> None:
    _, loaded = modules(folder, "-m", "autoreload", "--exit", "empty.py")
    strange = {name for name in loaded if name.startswith(("autoreload.cli", "autoreload.outer"))}
    assert not strange, f"the inner loaded {sorted(strange)}"


def test_importing_the_package_is_free(folder: Path) -> None:
    """Apps import it in production too: four small files of ours, and nothing else."""
    _, plain = modules(folder, "-c", SCRIPT)
    _, loaded = modules(folder, "-c", f"import autoreload\n{SCRIPT}")
    ours = {"autoreload", "autoreload.inner", "autoreload.inner.hooks", "autoreload.watch"}
    assert loaded - plain == ours


def test_the_inner_does_not_load_what_no_program_asks_for(folder: Path) -> None:
    _, loaded = modules(folder, "-m", "autoreload", "--exit", "empty.py")
    late = {f"autoreload.inner.{name}" for name in ("debuggers", "farewell", "wishes")}
    assert not loaded & late


def test_a_plain_start_loads_nothing_that_only_options_need(folder: Path) -> None:
    """By a target that is none, which ends autorun after everything was set up."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "autoreload", "nothing_here:main"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    names = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "|" in line}
    assert "autoreload.outer.run" in names
    late = ("autoreload.client", "autoreload.cli", "autoreload.outer.recorder", "asyncio", "click")
    strange = {name for name in names if name.startswith((*late, "json", "mcp"))}
    assert not strange, f"a plain start loads {sorted(strange)}"
