"""The environment that everything measured runs in: `bench/.venv`, with the peers in it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / "bench" / ".venv"
BIN = HOME / "bin"
NODE = HOME / "node"

_HIDDEN = ("XDG_CACHE_HOME", "PYTHON", "AUTORUN", "RELOAD_ENV", "DJANGO")
"""PYTHONDONTWRITEBYTECODE above all: with it every boot compiles the whole framework."""


def prepare() -> None:
    """Make `bench/.venv` if it is not there; later calls cost nothing."""
    if not all((BIN / name).exists() for name in ("autorun", "celery")):
        print(f"setting up {HOME}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(HOME)], check=True)
        pip = [str(BIN / "python"), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, "-r", "bench/requirements.txt"], cwd=ROOT, check=True)
    if not nodemon().exists() and (npm := shutil.which("npm")):
        subprocess.run(
            [npm, "install", "--silent", "--no-fund", "--prefix", str(NODE), "nodemon"],
            check=False,
        )


def nodemon() -> Path:
    """Where nodemon is, if it is there."""
    return NODE / "node_modules" / ".bin" / "nodemon"


def variables() -> dict[str, str]:
    """As in a shell with the environment activated."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_HIDDEN)}
    path = os.pathsep.join((str(BIN), str(nodemon().parent), os.environ.get("PATH", "")))
    # Nothing is known of files that were edited in another session.
    return {**kept, "PATH": path, "VIRTUAL_ENV": str(HOME), "XDG_CACHE_HOME": os.devnull}


def versions() -> str:
    """Python and the peers, for the table's foot."""
    wanted = (
        "celery",
        "django",
        "fastapi",
        "flask",
        "gunicorn",
        "pandas",
        "uvicorn",
        "uvloop",
        "watchfiles",
        "watchdog",
        "hupper",
    )
    listed = subprocess.run(
        [str(BIN / "python"), "-m", "pip", "list", "--format=freeze"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    found = [line.replace("==", " ") for line in listed if line.lower().startswith(wanted)]
    return ", ".join([f"Python {sys.version.split()[0]}", *found, f"{os.cpu_count()} cores"])
