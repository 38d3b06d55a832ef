"""Finding a callable, telling what is wrong with it, and waiting for what it promises."""

import functools
import sys
import types
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from autoreload.inner import callables
from autoreload.inner.callables import Unusable


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current directory, first on the path; what is imported from it is forgotten again."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def complaint(call: Callable[..., object], *args: object) -> str:
    with pytest.raises(Unusable) as raised:
        call(*args)
    return str(raised.value)


def test_a_dotted_attribute_is_found(folder: Path) -> None:
    (folder / "found_one.py").write_text("class A:\n    class B:\n        def run(): return 1\n")
    assert callables.find("found_one:A.B.run")() == 1


def test_a_module_in_a_package_is_imported_with_its_package(folder: Path) -> None:
    (folder / "found_pkg").mkdir()
    (folder / "found_pkg" / "__init__.py").write_text("SEEN = []\n")
    (folder / "found_pkg" / "deep.py").write_text("from . import SEEN\ndef main(): return SEEN\n")
    assert callables.find("found_pkg.deep:main")() == []


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("mian_one:run", "no module named 'mian_one' in 'mian_one:run', did you mean 'main_one'?"),
        ("main_one.deeper:run", "no module named 'main_one.deeper' in 'main_one.deeper:run'"),
        ("main_one:rum", "module 'main_one' has no attribute 'rum' for 'main_one:rum'"),
        ("main_one:run.more", "module 'main_one' has no attribute 'more' for 'main_one:run.more'"),
        ("hidden:run", "it is in src/: PYTHONPATH=src autorun hidden:run"),
        ("hidden_pkg.part:run", "it is in src/: PYTHONPATH=src autorun hidden_pkg.part:run"),
    ],
)
def test_a_name_that_is_not_there_is_named(folder: Path, target: str, sentence: str) -> None:
    (folder / "main_one.py").write_text("def run(): pass\n")
    (folder / "src" / "hidden_pkg").mkdir(parents=True)
    (folder / "src" / "hidden.py").write_text("")
    (folder / "src" / "hidden_pkg" / "part.py").write_text("")
    said = complaint(callables.find, target)
    assert sentence in said


@pytest.mark.parametrize(
    "text",
    [
        "import nothing_of_this_name",
        "import importing_one",
        "raise ModuleNotFoundError('mine', name='importing_one')",
        "raise ModuleNotFoundError('mine')",
        "from . import x",
        "1 / 0",
        "def (",
    ],
)
def test_what_fails_inside_the_module_is_the_programs_own(folder: Path, text: str) -> None:
    """Also when it is an import of a module that has the target's own name."""
    (folder / "importing_one.py").write_text(text + "\nx: int\n")
    if text == "import importing_one":
        callables.find("importing_one:__name__")
        return
    with pytest.raises((ImportError, ZeroDivisionError, SyntaxError)) as raised:
        callables.find("importing_one:main")
    assert not isinstance(raised.value, Unusable)


class Light:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


class Wsgi:
    def __call__(self, environ: Any, start_response: Any) -> None: ...


class Runner:
    def __call__(self) -> int:
        return 1

    def run(self, what: str) -> None: ...

    def fine(self, what: str = "") -> None: ...

    @classmethod
    def make(cls, what: str) -> None: ...

    @staticmethod
    def plain() -> None: ...


async def asgi(scope: Any, receive: Any, send: Any) -> None: ...


def wsgi(environ: Any, start_response: Any) -> None: ...


def needs(host: str, port: int = 1, *more: int, debug: bool, quiet: bool = False) -> None: ...


def defaults(host: str = "", *more: int, debug: bool = False, **rest: int) -> None: ...


@functools.wraps(needs)
def decorated(*args: Any, **kwargs: Any) -> None: ...


def flask() -> object:
    from flask import Flask

    return Flask("one")


def fastapi() -> object:
    from fastapi import FastAPI

    return FastAPI()


UNUSABLE: dict[str, tuple[Callable[[], object], str]] = {
    "text": (lambda: "1.0", "'m:x' is a str and cannot be called"),
    "none": (lambda: None, "'m:x' is a NoneType and cannot be called"),
    "module": (lambda: types, "'m:x' is a module and cannot be called"),
    "class": (lambda: Runner, "'m:x' is a class"),
    "asgi function": (lambda: asgi, "autorun uvicorn m:x"),
    "asgi object": (Light, "autorun uvicorn m:x"),
    "fastapi": (fastapi, "'m:x' is an ASGI application, which a server runs: autorun uvicorn m:x"),
    "wsgi function": (lambda: wsgi, "'m:x' is a WSGI application"),
    "wsgi object": (Wsgi, "autorun gunicorn m:x"),
    "flask": (flask, "'m:x' is a Flask application"),
    "arguments": (lambda: needs, "'m:x' needs arguments host, debug"),
    "method": (lambda: Runner().run, "'m:x' needs arguments what"),
    "class method": (lambda: Runner.make, "'m:x' needs arguments what"),
    "lambda": (lambda: lambda a, b: None, "'m:x' needs arguments a, b"),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_what_cannot_be_run_is_told_with_the_line_to_type(kind: str) -> None:
    make, sentence = UNUSABLE[kind]
    assert sentence in complaint(callables.check, "m:x", make())


USABLE: dict[str, object] = {
    "defaults": defaults,
    "decorated": decorated,
    "object": Runner(),
    "method": Runner().fine,
    "static method": Runner.plain,
    "partial": functools.partial(needs, "x", debug=True),
    "built-in": print,
    "built-in with arguments": len,
    "lambda": lambda: None,
}


@pytest.mark.parametrize("kind", USABLE)
def test_what_may_be_called_is_called(kind: str) -> None:
    """Decorators, partials and built-in functions know best what they need."""
    callables.check("m:x", USABLE[kind])


def test_a_coroutine_is_run_to_its_end() -> None:
    async def main() -> int:
        import asyncio

        await asyncio.sleep(0)
        return 5

    class Promise:
        def __await__(self) -> Generator[Any, None, int]:
            yield from main().__await__()
            return 6

    assert callables.awaited(main()) == 5
    assert callables.awaited(Promise()) == 6
    assert callables.awaited(7) == 7
    assert callables.awaited(None) is None


def test_what_a_coroutine_raises_comes_through() -> None:
    async def main() -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        callables.awaited(main())
