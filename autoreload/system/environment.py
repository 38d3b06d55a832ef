"""What a target may mean on this machine: files, interpreters, programs of an environment."""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

HEAD = 20_000
PROJECT_MARKS = (
    "pyproject.toml",
    "uv.lock",
    "setup.py",
    "setup.cfg",
    "requirements.txt",
    "manage.py",
    ".git",
)
_BIN = "Scripts" if os.name == "nt" else "bin"
_EXE = ".exe" if os.name == "nt" else ""


class RealFacts:
    """Answers from the file system; what is missing or unreadable is no error."""

    def __init__(
        self,
        *,
        cwd: str | None = None,
        environ: "Mapping[str, str] | None" = None,
        own_python: str | None = None,
    ) -> None:
        self.cwd = os.getcwd() if cwd is None else cwd
        self.environ: Mapping[str, str] = os.environ if environ is None else environ
        self.own_python = own_python or sys.executable

    def is_file(self, path: str) -> bool:
        return os.path.isfile(self._at(path))

    def is_dir(self, path: str) -> bool:
        return os.path.isdir(self._at(path))

    def is_executable(self, path: str) -> bool:
        return self.is_file(path) and os.access(self._at(path), os.X_OK)

    def is_zip(self, path: str) -> bool:
        """Tell whether Python would find a `__main__` in the file, whatever stands before it."""
        try:
            with open(self._at(path), "rb") as file:
                return b"__main__.py" in _zip_directory(file)
        except OSError:
            return False

    def listdir(self, path: str) -> list[str]:
        try:
            return sorted(os.listdir(self._at(path)))
        except OSError:
            return []

    def first_line(self, path: str) -> bytes:
        try:
            with open(self._at(path), "rb") as file:
                return file.readline(1000)
        except OSError:
            return b""

    def head(self, path: str) -> str:
        try:
            with open(self._at(path), "rb") as file:
                return file.read(HEAD).decode(errors="replace")
        except OSError:
            return ""

    def which(self, name: str) -> str | None:
        if os.name == "nt":
            import shutil  # knows what may be left out of a name there, and takes 13 ms

            return shutil.which(name, path=self.environ.get("PATH"))
        if os.path.basename(name) != name or not name:
            return None
        for folder in self.environ.get("PATH", os.defpath).split(os.pathsep):
            path = os.path.join(folder, name)
            if self.is_executable(path):
                return path
        return None

    def module_path(self, name: str) -> str | None:
        for base in ("", "src"):
            path = os.path.join(base, *name.split("."))
            for found in (path + ".py", os.path.join(path, "__init__.py")):
                if self.is_file(found):
                    return found
        return None

    def project_python(self) -> str | None:
        """Find the nearest `.venv`, here or above up to the repository's root.

        Above, only in a folder that is somebody's project: a `.venv` in the home directory says
        nothing about all that is below.
        """
        folder = self.cwd
        while True:
            python = os.path.join(folder, ".venv", _BIN, "python" + _EXE)
            marks = set(PROJECT_MARKS).intersection(self.listdir(folder))
            if (marks or folder == self.cwd) and os.path.isfile(python):
                return python
            parent = os.path.dirname(folder)
            if ".git" in marks or parent == folder:
                return None
            folder = parent

    def real_python(self, python: str) -> str:
        # pyenv's shim takes 100 ms at each start.
        if not self.first_line(python).startswith(b"#!"):
            return python
        asked = _asked(python, "sys.executable")
        return asked[0] if asked else python

    def python_version(self, python: str) -> tuple[str, int, int] | None:
        if self.same_environment(python):
            return (sys.implementation.name, *sys.version_info[:2])
        return _written_version(python) or _asked_version(python)

    def same_environment(self, python: str) -> bool:
        if python == self.own_python:
            return True
        # Another name in the same folder for the same file; a venv's are all links to one file
        # outside, so the folder has to be compared, too.
        here = os.path.dirname(self.own_python)
        there = os.path.dirname(self._at(python))
        return os.path.realpath(here) == os.path.realpath(there) and (
            os.path.realpath(self._at(python)) == os.path.realpath(self.own_python)
        )

    def script(self, name: str, python: str) -> str | None:
        if os.path.basename(name) != name:
            return None
        path = os.path.join(_scripts_folder(python), name)
        for found in (path + _EXE, path):
            if self.is_executable(found):
                return found
        return None

    def script_names(self, python: str) -> list[str]:
        names = self.listdir(_scripts_folder(python))
        names = [name.removesuffix(".exe") for name in names]
        return [name for name in names if not name.lower().startswith(("python", "activate"))]

    def entry_point(self, name: str, python: str) -> str | None:
        # Read here and not by importlib.metadata, which takes 35 ms to import and knows only the
        # environment that it runs in.
        for folder in _package_folders(python):
            for distribution in self.listdir(folder):
                if not distribution.endswith((".dist-info", ".egg-info")):
                    continue
                text = self.head(os.path.join(folder, distribution, "entry_points.txt"))
                if found := _console_script(name, text):
                    return found
        return None

    def _at(self, path: str) -> str:
        return os.path.join(self.cwd, path)


def _zip_directory(file: "BinaryIO") -> bytes:
    """Give the list of names at the end of a zip file, nothing if it is none.

    By hand, because zipfile takes 15 ms to import (APPNOTE 4.3.16: 22 bytes and a comment).
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - 22 - 0xFFFF, 0))
    tail = file.read()
    end = tail.rfind(b"PK\5\6")
    if end < 0:
        return b""
    comment = int.from_bytes(tail[end + 20 : end + 22], "little")
    names = int.from_bytes(tail[end + 12 : end + 16], "little")
    start = size - 22 - comment - names
    # These four bytes stand in many a binary; only in a zip the lengths add up as well.
    if end + 22 + comment != len(tail) or start < 0:
        return b""
    file.seek(start)
    return file.read(names)


def _scripts_folder(python: str) -> str:
    folder = os.path.dirname(python)
    if os.name == "nt" and os.path.basename(folder).lower() != "scripts":
        return os.path.join(folder, "Scripts")  # outside of a venv, python.exe is one level up
    return folder


def _package_folders(python: str) -> "Iterator[str]":
    """Name the folders that pip installs into for an interpreter."""
    prefix = os.path.dirname(_scripts_folder(python))
    if os.name == "nt":
        yield os.path.join(prefix, "Lib", "site-packages")
        return
    library = os.path.join(prefix, "lib")
    for name in os.listdir(library) if os.path.isdir(library) else []:
        if name.startswith(("python", "pypy")):
            yield os.path.join(library, name, "site-packages")
            yield os.path.join(library, name, "dist-packages")  # Debian


def _console_script(name: str, text: str) -> str | None:
    section = ""
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip()
        left, _, right = line.partition("=")
        if section == "[console_scripts]" and left.strip() == name:
            return right.partition("[")[0].strip()  # without extras
    return None


def _written_version(python: str) -> tuple[str, int, int] | None:
    """Read an interpreter's version where it is written down, in 0.1 ms instead of 15."""
    folder = os.path.dirname(python)
    try:
        with open(os.path.join(os.path.dirname(folder), "pyvenv.cfg"), encoding="utf-8") as file:
            lines = [line.partition("=") for line in file]
    except (OSError, ValueError):
        lines = []
    written = {left.strip().lower(): right.strip() for left, _, right in lines}
    # venv writes version, virtualenv and uv write version_info and the implementation.
    version = written.get("version_info") or written.get("version", "")
    # The file's own name has it: python3.12, pypy3.10. A link like python3 does not.
    real = os.path.basename(os.path.realpath(python)).lower()
    implementation = written.get("implementation", "" if "pypy" in real else "cpython").lower()
    if not version and real.startswith("python"):
        version = real.removeprefix("python").removesuffix("t")
    major, _, rest = version.partition(".")
    minor = rest.partition(".")[0]
    if implementation and major.isdecimal() and minor.isdecimal():
        return implementation, int(major), int(minor)
    return None


def _asked_version(python: str) -> tuple[str, int, int] | None:
    match _asked(python, "sys.implementation.name, *sys.version_info[:2]"):
        case [name, major, minor]:
            return name, int(major), int(minor)
    return None


def _asked(python: str, what: str) -> list[str]:
    """Ask an interpreter what it is; nothing when it does not answer."""
    import subprocess  # for the rare interpreter that cannot be told by its place

    try:
        asked = subprocess.Popen(
            [python, "-I", "-S", "-c", f"import sys; print({what}, sep='\\n')"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    except OSError:
        return []
    with asked:
        try:
            said = asked.communicate(timeout=10)[0].splitlines()
        except subprocess.TimeoutExpired:
            asked.kill()
            return []
    return said if asked.returncode == 0 else []
