"""The package keeps its shape: arrows point one way, the core stays pure, rooms stay small."""

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Who may import what. `inner` and `outer` are in no row of the other: the two processes share
# words, not code. Only the door, `__main__`, leads to both; which one is opened shows at run time.
ARROWS: dict[str, tuple[str, ...]] = {
    "core": ("core",),
    "system": ("core", "system"),
    "watch": ("core", "system", "watch"),
    "inner": ("core", "system", "watch", "inner"),
    "outer": ("core", "system", "watch", "outer", "__init__"),
    "parameters": ("core",),
    "client": ("core", "system", "client", "parameters", "__init__"),
    "cli": ("core", "__init__", "parameters"),
    "configuring": ("core", "system", "cli"),
    "entry": ("core", "system", "outer", "client", "cli", "configuring"),
    "__main__": ("entry", "inner.run", "inner.launch", "inner.disguise"),
    "__init__": ("inner.hooks", "watch"),  # the folder alone, whose name a function takes
}

# A module outside this list is a clock, a file, a process, a thread or an environment.
PURE = {
    "__future__", "_ast", "ast", "codecs", "collections", "collections.abc", "difflib", "enum",
    "fnmatch", "functools", "itertools", "json", "keyword", "marshal", "ntpath", "os.path",
    "posixpath", "re", "shlex", "typing", "zlib",
}  # fmt: skip

THIRD_PARTY = {
    ("cli.py", "click"),
    ("client/cli.py", "click"),
    ("parameters.py", "click"),
    ("client/mcp.py", "mcp"),
    ("watch/observer.py", "watchdog"),
}

MOST_LINES = 350

Rule = Callable[[str, str], Iterator[str]]


class Import(NamedTuple):
    """An import, absolute: `from os import path` takes the name `os.path` of the module `os`."""

    line: int
    name: str
    module: str


def imports(path: str, source: str) -> Iterator[Import]:
    """Read every import, those inside functions and under `if TYPE_CHECKING` included."""
    package = ("autoreload", *PurePosixPath(path).parts[:-1])
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(node.lineno, alias.name, alias.name)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                yield Import(node.lineno, f"{module}.{alias.name}", module)


def room(name: str) -> str | None:
    """Name the place in our package that an import leads to, None for everybody else's."""
    top, _, place = name.partition(".")
    if top != "autoreload":
        return None
    return place if place.partition(".")[0] in ARROWS else "__init__"


def is_within(place: str, allowed: str) -> bool:
    return place == allowed or place.startswith(f"{allowed}.")


def wrong_arrows(path: str, source: str) -> Iterator[str]:
    origin = PurePosixPath(path).parts[0].removesuffix(".py")
    if origin not in ARROWS:
        yield f"{path}: '{origin}' has no row in the table of arrows"
        return
    for found in imports(path, source):
        place = room(found.name)
        if place is None or any(is_within(place, allowed) for allowed in ARROWS[origin]):
            continue
        yield (
            f"{path}:{found.line}: imports {found.name}, "
            f"but {origin} may import only {', '.join(ARROWS[origin])}"
        )


def impurities(path: str, source: str) -> Iterator[str]:
    if not path.startswith("core/"):
        return
    for found in imports(path, source):
        if room(found.name) is None and not {found.name, found.module} & PURE:
            yield f"{path}:{found.line}: imports {found.name}, which is not on the list of core"
    for node in ast.walk(ast.parse(source)):
        match node:
            # `import os.path` binds all of `os`.
            case ast.Attribute(value=ast.Name(id="os"), attr=attr) if attr != "path":
                yield f"{path}:{node.lineno}: uses os.{attr}, core may use only os.path"
            case ast.Call(func=ast.Name(id="open" | "print" | "input" as name)):
                yield f"{path}:{node.lineno}: calls {name}(), core touches no file or terminal"


def strangers(path: str, source: str) -> Iterator[str]:
    for found in imports(path, source):
        top = found.name.partition(".")[0]
        if top in sys.stdlib_module_names or top in ("autoreload", "__main__"):
            continue
        if (path, top) not in THIRD_PARTY:
            yield (
                f"{path}:{found.line}: imports {top}, but third-party code is allowed "
                f"only as click in cli.py, parameters.py and client/cli.py, as watchdog in "
                f"watch/observer.py, and as mcp in client/mcp.py"
            )


def missing_docstring(path: str, source: str) -> Iterator[str]:
    if not ast.get_docstring(ast.parse(source)):
        yield f"{path}: opens without a docstring, a room says its job in one sentence"


def too_many_lines(path: str, source: str) -> Iterator[str]:
    if (count := len(source.splitlines())) > MOST_LINES:
        yield f"{path}: has {count} lines, a room has at most {MOST_LINES}"


def files() -> Iterator[tuple[str, str]]:
    package = ROOT / "autoreload"
    for file in sorted(package.rglob("*.py")):
        yield file.relative_to(package).as_posix(), file.read_text("utf-8")


RULES: tuple[Rule, ...] = (
    wrong_arrows,
    impurities,
    strangers,
    missing_docstring,
    too_many_lines,
)


@pytest.mark.parametrize("rule", RULES)
def test_every_file_keeps(rule: Rule) -> None:
    breaches = [breach for path, source in files() for breach in rule(path, source)]
    assert not breaches, "\n".join(breaches)


def test_the_package_is_read() -> None:
    assert "__init__.py" in dict(files())
    assert "core/__init__.py" in dict(files())


@pytest.mark.parametrize(
    ("path", "line", "name"),
    [
        ("inner/run.py", "import autoreload.outer.run", "autoreload.outer.run"),
        ("outer/run.py", "from autoreload.inner import launch", "autoreload.inner.launch"),
        ("outer/run.py", "from autoreload import inner", "autoreload.inner"),
        ("outer/run.py", "from ..inner.launch import run", "autoreload.inner.launch.run"),
        ("outer/__init__.py", "from .. import inner", "autoreload.inner"),
        ("core/options.py", "from autoreload.system.files import stat", "autoreload.system.files"),
        ("core/options.py", "from autoreload import __version__", "autoreload.__version__"),
        ("system/files.py", "from autoreload.watch import traces", "autoreload.watch.traces"),
        ("watch/watcher.py", "import autoreload.outer", "autoreload.outer"),
        ("inner/run.py", "from autoreload import cli", "autoreload.cli"),
        ("cli.py", "from autoreload.inner import hooks", "autoreload.inner.hooks"),
        ("cli.py", "from .watch.traces import trace", "autoreload.watch.traces"),
        ("__main__.py", "import autoreload.inner.checkpoints", "autoreload.inner.checkpoints"),
        ("__init__.py", "from autoreload.core import options", "autoreload.core.options"),
        ("inner/run.py", "def f():\n    import autoreload.outer", "autoreload.outer"),
        ("inner/run.py", "if TYPE_CHECKING:\n    import autoreload.outer", "autoreload.outer"),
    ],
)
def test_a_wrong_arrow_is_caught(path: str, line: str, name: str) -> None:
    (breach,) = wrong_arrows(path, line)
    assert breach.startswith(f"{path}:{len(line.splitlines())}: imports {name}")
    assert "may import only" in breach


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("core/lifecycle.py", "from .protocol import Word"),
        ("system/channel.py", "from ..core import protocol"),
        ("watch/watcher.py", "from autoreload.system.files import stat"),
        ("inner/run.py", "from . import launch"),
        ("outer/run.py", "from autoreload.watch import watcher"),
        ("entry.py", "from autoreload.outer.run import run"),
        ("cli.py", "from autoreload import __version__"),
        ("__main__.py", "from .inner.run import main"),
        ("__main__.py", "from autoreload.inner import launch"),
        ("__init__.py", "from .inner.hooks import on_reload"),
        ("core/lifecycle.py", "import autoreloader"),
    ],
)
def test_a_right_arrow_passes(path: str, line: str) -> None:
    assert list(wrong_arrows(path, line)) == []


@pytest.mark.parametrize("path", ["common.py", "utils/names.py", "utils/__init__.py"])
def test_a_file_outside_the_table_is_caught(path: str) -> None:
    (breach,) = wrong_arrows(path, "import os")
    assert breach.startswith(f"{path}: ")
    assert "no row" in breach


@pytest.mark.parametrize(
    "line",
    [
        "import os",
        "import time",
        "from os import environ",
        "from pathlib import Path",
        "from concurrent.futures import Future",
        "def f():\n    import socket",
        "if TYPE_CHECKING:\n    from threading import Thread",
        "import os.path\nos.getcwd()",
        "print('changed')",
        "open('settings.py')",
    ],
)
def test_the_world_in_the_core_is_caught(line: str) -> None:
    (breach,) = impurities("core/options.py", line)
    assert breach.startswith(f"core/options.py:{len(line.splitlines())}: ")
    assert "core" in breach.partition(": ")[2]
    assert list(impurities("system/files.py", line)) == []


@pytest.mark.parametrize(
    "line",
    [
        "import os.path\nos.path.join('a', 'b')",
        "from os import path",
        "from os.path import join",
        "from collections import abc, deque",
        "from collections.abc import Mapping",
        "from typing import NamedTuple",
        "from . import protocol",
        "store.open('a')",
    ],
)
def test_pure_words_pass(line: str) -> None:
    assert list(impurities("core/options.py", line)) == []


def test_third_party_code_is_caught_outside_its_room() -> None:
    assert list(strangers("cli.py", "import click")) == []
    assert list(strangers("watch/observer.py", "from watchdog.events import X")) == []
    assert list(strangers("inner/run.py", "import __main__, os\nfrom autoreload import core")) == []
    for path, line, name in [
        ("outer/run.py", "import click", "click"),
        ("cli.py", "from watchdog.observers import Observer", "watchdog"),
        ("inner/hooks.py", "def f():\n    from django.utils import autoreload", "django"),
    ]:
        (breach,) = strangers(path, line)
        assert breach.startswith(f"{path}:{len(line.splitlines())}: imports {name}, ")


def test_a_silent_or_crowded_file_is_caught() -> None:
    assert list(missing_docstring("core/x.py", '"""Say."""')) == []
    assert list(too_many_lines("core/x.py", "x = 1\n" * 350)) == []
    (silent,) = missing_docstring("core/x.py", "# a comment")
    (crowded,) = too_many_lines("core/x.py", "x = 1\n" * 351)
    assert silent.startswith("core/x.py: opens without a docstring")
    assert crowded == "core/x.py: has 351 lines, a room has at most 350"
