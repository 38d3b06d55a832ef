"""A machine made of a few dicts, which answers what is asked about a target."""

from collections.abc import Collection, Mapping
from posixpath import dirname, normpath, relpath

OWN = "/tools/bin/python"
CWD = "/project"


class Machine:
    """Files are texts by their path; a path that is not absolute lies in the project."""

    def __init__(
        self,
        files: Mapping[str, str] | None = None,
        *,
        executable: Collection[str] = (),
        on_path: Mapping[str, str] | None = None,
        entry_points: Mapping[str, str] | None = None,
        versions: Mapping[str, tuple[str, int, int] | None] | None = None,
        zips: Collection[str] = (),
        same: Collection[str] = (),
        shims: Mapping[str, str] | None = None,
        project_python: str | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.files = {self._at(path): text for path, text in (files or {}).items()}
        self.executable = {self._at(path) for path in executable}
        self.files |= {path: "\x7fELF" for path in self.executable if path not in self.files}
        self.on_path = on_path or {}
        self.files |= {path: "\x7fELF" for path in self.on_path.values() if path not in self.files}
        self.entry_points = entry_points or {}
        self.versions = versions or {}
        self.zips = {self._at(path) for path in zips}
        self.same = {OWN, *same}
        self.shims = shims or {}
        self.project = project_python
        self.cwd = CWD
        self.own_python = OWN
        self.environ = environ or {}

    def is_file(self, path: str) -> bool:
        return self._at(path) in self.files

    def is_dir(self, path: str) -> bool:
        return any(file.startswith(self._at(path).rstrip("/") + "/") for file in self.files)

    def is_executable(self, path: str) -> bool:
        return self._at(path) in self.executable or path in self.on_path.values()

    def is_zip(self, path: str) -> bool:
        return self._at(path) in self.zips

    def listdir(self, path: str) -> list[str]:
        folder = self._at(path)
        inside = [file for file in self.files if file.startswith(folder.rstrip("/") + "/")]
        return sorted({relpath(file, folder).split("/")[0] for file in inside})

    def first_line(self, path: str) -> bytes:
        return self.head(path).partition("\n")[0].encode()

    def head(self, path: str) -> str:
        return self.files.get(self._at(path), "")

    def which(self, name: str) -> str | None:
        return self.on_path.get(name)

    def module_path(self, name: str) -> str | None:
        stem = name.replace(".", "/")
        found = (f"{base}{stem}{end}" for base in ("", "src/") for end in (".py", "/__init__.py"))
        return next((path for path in found if self.is_file(path)), None)

    def project_python(self) -> str | None:
        return self.project

    def real_python(self, python: str) -> str:
        return self.shims.get(python, python)

    def python_version(self, python: str) -> tuple[str, int, int] | None:
        return self.versions.get(python, ("cpython", 3, 12))

    def same_environment(self, python: str) -> bool:
        return python in self.same

    def script(self, name: str, python: str) -> str | None:
        path = f"{dirname(python)}/{name}"
        return path if path in self.executable else None

    def script_names(self, python: str) -> list[str]:
        return self.listdir(dirname(python))

    def entry_point(self, name: str, python: str) -> str | None:
        return self.entry_points.get(name)

    def _at(self, path: str) -> str:
        return normpath(path if path.startswith("/") else f"{CWD}/{path}")
