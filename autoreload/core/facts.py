"""Say what has to be known about the machine to make out a target."""

TYPE_CHECKING = False


class UsageProblem(Exception):
    """One sentence for the user, with advice: the mistake is not ours."""


# typing is 6 ms of the first start, and a Protocol is read by the type checker only.
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    class Facts(Protocol):
        """What is asked. Paths may be relative to `cwd`; what is missing or unreadable is no error.

        A wide seam, because each question stands alone and is cheap to fake.
        """

        @property
        def cwd(self) -> str: ...

        @property
        def own_python(self) -> str: ...

        @property
        def environ(self) -> Mapping[str, str]: ...

        def is_file(self, path: str) -> bool: ...

        def is_dir(self, path: str) -> bool: ...

        def is_executable(self, path: str) -> bool: ...

        def is_zip(self, path: str) -> bool: ...

        def listdir(self, path: str) -> list[str]:
            """Name what is in a directory, sorted."""

        def first_line(self, path: str) -> bytes: ...

        def head(self, path: str) -> str:
            """Give the beginning of a text file, enough to see what it is for."""

        def which(self, name: str) -> str | None:
            """Find a program on the PATH."""

        def module_path(self, name: str) -> str | None:
            """Find the file of a module in `cwd` or its `src`, relative to `cwd`."""

        def project_python(self) -> str | None:
            """Find the interpreter of the project's `.venv`."""

        def real_python(self, python: str) -> str:
            """Follow a shim, as pyenv and asdf put on the PATH, to the interpreter itself."""

        def python_version(self, python: str) -> tuple[str, int, int] | None:
            """Tell implementation (as `sys.implementation.name`), major and minor."""

        def same_environment(self, python: str) -> bool:
            """Tell whether an interpreter would find what ours finds."""

        def script(self, name: str, python: str) -> str | None:
            """Find a program in the folder of an interpreter's environment."""

        def script_names(self, python: str) -> list[str]: ...

        def entry_point(self, name: str, python: str) -> str | None:
            """Look up the `module:attr` of a console script."""
