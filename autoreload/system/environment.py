"""What a target may mean on this machine: files, interpreters, programs of an environment."""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

HEAD = 20_000
_BIN = "Scripts" if sys.platform == "win32" else "bin"


class RealFacts:
    """Answers from the file system; what is missing or unreadable is no error."""

    def __init__(self) -> None:
        self.cwd = os.getcwd()
        self.own_python = sys.executable
        self.environ: Mapping[str, str] = os.environ

    def is_file(self, path: str) -> bool:
        return os.path.isfile(path)

    def is_dir(self, path: str) -> bool:
        return os.path.isdir(path)

    def is_executable(self, path: str) -> bool:
        return os.path.isfile(path) and os.access(path, os.X_OK)

    def is_zip(self, path: str) -> bool:
        try:
            with open(path, "rb") as file:
                size = os.fstat(file.fileno()).st_size
                file.seek(max(size - 66_000, 0))
                return b"PK\x05\x06" in file.read()
        except OSError:
            return False

    def listdir(self, path: str) -> list[str]:
        try:
            return sorted(os.listdir(path))
        except OSError:
            return []

    def first_line(self, path: str) -> bytes:
        try:
            with open(path, "rb") as file:
                return file.readline(1000)
        except OSError:
            return b""

    def head(self, path: str) -> str:
        try:
            with open(path, "rb") as file:
                return file.read(HEAD).decode(errors="replace")
        except OSError:
            return ""

    def which(self, name: str) -> str | None:
        import shutil

        return shutil.which(name)

    def module_path(self, name: str) -> str | None:
        for base in ("", "src"):
            path = os.path.join(base, *name.split("."))
            for found in (path + ".py", os.path.join(path, "__init__.py")):
                if os.path.isfile(found):
                    return found
        return None

    def project_python(self) -> str | None:
        folder = self.cwd
        while True:
            python = os.path.join(folder, ".venv", _BIN, "python")
            if os.path.isfile(python):
                return python
            parent = os.path.dirname(folder)
            is_root = os.path.exists(os.path.join(folder, ".git")) or os.path.exists(
                os.path.join(folder, "pyproject.toml")
            )
            if is_root or parent == folder:
                return None
            folder = parent

    def python_version(self, python: str) -> tuple[str, int, int] | None:
        if self.same_environment(python):
            return (sys.implementation.name, *sys.version_info[:2])
        return _asked_version(python)

    def same_environment(self, python: str) -> bool:
        if python == self.own_python:
            return True
        here = os.path.dirname(self.own_python)
        there = os.path.dirname(os.path.abspath(python))
        if os.path.realpath(here) != os.path.realpath(there):
            return False
        return os.path.realpath(python) == os.path.realpath(self.own_python)

    def script(self, name: str, python: str) -> str | None:
        path = os.path.join(os.path.dirname(python), name)
        return path if os.path.basename(name) == name and self.is_executable(path) else None

    def script_names(self, python: str) -> list[str]:
        return self.listdir(os.path.dirname(python))

    def entry_point(self, name: str, python: str) -> str | None:
        if not self.same_environment(python):
            return None
        from importlib.metadata import entry_points

        for found in entry_points(group="console_scripts", name=name):
            return found.value
        return None


def _asked_version(python: str) -> tuple[str, int, int] | None:
    """Ask an interpreter what it is; None when it does not answer."""
    import subprocess

    code = "import sys; print(sys.implementation.name, *sys.version_info[:2])"
    try:
        asked = subprocess.Popen(
            [python, "-I", "-S", "-c", code],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        name, major, minor = asked.communicate(timeout=10)[0].split()
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return name, int(major), int(minor)
