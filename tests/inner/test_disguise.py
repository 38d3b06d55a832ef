"""What the program could tell us by: modules that we imported first, and frames of ours."""

import sys
import traceback
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoreload.inner import disguise


@pytest.fixture
def modules() -> Iterator[dict[str, types.ModuleType]]:
    """`sys.modules`, put back afterwards."""
    before = dict(sys.modules)
    yield sys.modules
    sys.modules.clear()
    sys.modules.update(before)


def imported(name: str, file: str, modules: dict[str, types.ModuleType]) -> types.ModuleType:
    module = types.ModuleType(name)
    module.__file__ = file
    modules[name] = module
    return module


def test_a_module_that_a_file_of_the_program_hides_is_forgotten(
    tmp_path: Path, modules: dict[str, types.ModuleType]
) -> None:
    for name in ("hidden_one", "hidden_two", "kept_one", "hidden_two.below"):
        imported(name, f"/elsewhere/{name}.py", modules)
    (tmp_path / "hidden_one.py").touch()
    (tmp_path / "hidden_two").mkdir()
    (tmp_path / "hidden_two" / "__init__.py").touch()
    (tmp_path / "kept_one").mkdir()  # a folder without code hides nothing
    disguise.forget_shadowed(str(tmp_path))
    assert "hidden_one" not in modules
    assert "hidden_two" not in modules
    assert "hidden_two.below" not in modules
    assert "kept_one" in modules


def test_what_the_program_has_imported_itself_is_kept(
    tmp_path: Path, modules: dict[str, types.ModuleType]
) -> None:
    (tmp_path / "mine_one.py").touch()
    mine = imported("mine_one", str(tmp_path / "mine_one.py"), modules)
    disguise.forget_shadowed(str(tmp_path))
    assert modules["mine_one"] is mine


def test_what_plain_python_has_imported_before_the_program_is_kept(
    tmp_path: Path, modules: dict[str, types.ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under plain python a codecs.py beside the script is not what `import codecs` finds."""
    early = imported("early_one", "/lib/early_one.py", modules)
    (tmp_path / "early_one.py").touch()
    (tmp_path / "sys.py").touch()
    (tmp_path / "__main__.py").touch()
    monkeypatch.setattr(disguise, "_BORN_WITH", frozenset({"early_one"}))
    main = modules["__main__"]
    disguise.forget_shadowed(str(tmp_path))
    assert modules["early_one"] is early
    assert modules["sys"] is sys
    assert modules["__main__"] is main


def test_our_own_rooms_stay_for_late_imports_when_the_program_has_our_name(
    tmp_path: Path, modules: dict[str, types.ModuleType]
) -> None:
    (tmp_path / "autoreload.py").touch()
    disguise.forget_shadowed(str(tmp_path))
    assert "autoreload" not in modules
    assert "autoreload.inner.disguise" in modules


def raised(code: str, *, file: str, globals_: dict[str, object] | None = None) -> BaseException:
    try:
        exec(compile(code, file, "exec"), dict(globals_ or {}))
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


OURS = str(Path(disguise.__file__).parent / "launch.py")


def nested() -> BaseException:
    """An error of the program's, which ours had called, which calls something of ours again."""

    def program() -> None:
        exec(compile("1 / 0", OURS, "exec"))

    error = raised("program()", file=OURS, globals_={"program": program})
    # Without this test's own frame, which stands where the interpreter would.
    assert error.__traceback__ is not None
    return error.with_traceback(error.__traceback__.tb_next)


def test_only_the_frames_before_the_programs_first_are_cut() -> None:
    error = disguise.cut_our_frames(nested())
    names = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    assert names == [__file__, OURS]


def test_an_error_of_ours_alone_has_no_frames_left() -> None:
    error = raised("1 / 0", file=OURS)
    assert error.__traceback__ is not None
    error = error.with_traceback(error.__traceback__.tb_next)
    assert disguise.cut_our_frames(error).__traceback__ is None


def runners_and(program: str) -> BaseException:
    """An error that came up through importlib, as for a program that imports by name."""

    def one() -> None:
        exec(compile("two()", "<frozen importlib._bootstrap>", "exec"), {"two": two})

    def two() -> None:
        exec(compile(program, "program.py", "exec"), {})

    return raised(
        "one()", file=str(Path(sys.modules["importlib"].__file__ or "")), globals_={"one": one}
    )


def shown(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


@pytest.mark.parametrize(
    "program",
    [
        "1 / 0",
        "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise KeyError from e",
        "try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise KeyError",
    ],
)
def test_frames_of_importlib_are_cut_wherever_they_are(program: str) -> None:
    error = runners_and(program)
    names = {frame.filename for frame in traceback.extract_tb(error.__traceback__)}
    assert any("importlib" in name for name in names)
    group = BaseExceptionGroup("many", [BaseExceptionGroup("inner", [error]), ValueError()])
    outer = RuntimeError("outermost")
    outer.__cause__ = group
    disguise.cut_runners(outer)
    text = shown(outer)
    assert 'File "<frozen importlib' not in text
    assert 'importlib/__init__.py", line' not in text
    assert text.count("program.py") >= 1
    assert "ZeroDivisionError" in text


def test_chains_that_bite_their_own_tail_are_cut_as_well() -> None:
    one, other = ValueError("one"), ValueError("other")
    one.__context__, other.__context__ = other, one
    disguise.cut_runners(one)
    assert one.__traceback__ is None


def test_an_error_that_hides_its_traceback_is_no_trouble() -> None:
    class Odd(Exception):
        def with_traceback(self, tb: object) -> "Odd":
            raise AssertionError("called")

    error = Odd()
    disguise.cut_runners(error)


def test_what_only_runners_have_raised_has_no_frames_left() -> None:
    error = raised("1 / 0", file="<frozen runpy>")
    assert error.__traceback__ is not None
    error = error.with_traceback(error.__traceback__.tb_next)
    disguise.cut_runners(error)
    assert error.__traceback__ is None


@pytest.mark.parametrize(
    ("file", "is_ours"),
    [
        (OURS, True),
        ("<frozen runpy>", True),
        ("<frozen importlib._bootstrap>", True),
        (str(Path(sys.modules["importlib"].__file__ or "")), True),
        ("/home/somebody/autoreload/x.py", False),
        (OURS.replace("autoreload", "autoreload_too"), False),
        ("<string>", False),
        ("", False),
    ],
)
def test_ours_is_what_lies_in_our_folder_and_what_runs_programs(file: str, is_ours: bool) -> None:
    assert disguise.is_ours(file) is is_ours


def test_the_programs_own_hook_is_given_the_cut_error_and_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[object] = []

    def hook(kind: object, error: BaseException, trace: types.TracebackType | None) -> None:
        seen.extend((kind, error, trace, error.__traceback__ is trace))

    monkeypatch.setattr(sys, "excepthook", hook)
    monkeypatch.setattr(sys, "last_value", None, raising=False)
    monkeypatch.setattr(sys, "last_traceback", None, raising=False)
    disguise.show_without_us()
    error = nested()
    sys.excepthook(type(error), error, error.__traceback__)
    assert seen == [ZeroDivisionError, error, error.__traceback__, True]
    assert sys.excepthook is hook
    assert error.__traceback__ is not None
    assert error.__traceback__.tb_frame.f_code.co_filename == __file__


def test_a_hook_that_fails_is_told_as_the_interpreter_tells_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Our own frame stood above the hook's in it."""

    def hook(*_: object) -> None:
        raise KeyError("in the hook")

    monkeypatch.setattr(sys, "excepthook", hook)
    monkeypatch.setattr(sys, "last_value", None, raising=False)
    monkeypatch.setattr(sys, "last_traceback", None, raising=False)
    disguise.show_without_us()
    error = ValueError("first")
    sys.excepthook(ValueError, error, None)
    said = capsys.readouterr().err
    assert said.startswith("Error in sys.excepthook:\nTraceback (most recent call last):\n")
    assert said.endswith("\nOriginal exception was:\nValueError: first\n")
    assert said.count("  File ") == 1
    assert disguise.__file__ not in said
