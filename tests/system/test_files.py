"""Signatures, digests, sources that do not compile, and cached bytecode, on real files."""

import os
import py_compile
import sys
from importlib.util import cache_from_source
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoreload.system import files
from tests.children import output

ODD = ["a\0b.py", "", "\udcff\udcfe", "x" * 5000]
"""Paths that no file has: a NUL byte, nothing, not UTF-8, too long."""


def test_a_signature_is_time_size_and_inode(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"x = 1\n")
    os.utime(path, ns=(1, 1_234_567_890_123_456_789))
    assert files.signature(str(path)) == (1_234_567_890_123_456_789, 6, path.stat().st_ino)


def test_a_rename_over_with_equal_time_and_size_has_another_signature(tmp_path: Path) -> None:
    path, over = tmp_path / "a.py", tmp_path / "b.py"
    for one in (path, over):
        one.write_bytes(b"x = 1\n")
        os.utime(one, ns=(1, 1))
    before = files.signature(str(path))
    os.replace(over, path)
    assert files.signature(str(path)) != before


@pytest.mark.parametrize("path", [*ODD, "/nowhere/a.py"])
def test_what_is_not_there_has_nothing(path: str) -> None:
    assert files.signature(path) is None
    assert files.digest(path) is None
    assert files.broken(path) is None


def test_a_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"x = 1\n")
    assert files.digest(str(path)) == files.digest_of(b"x = 1\n")
    os.utime(path, ns=(1, 1))
    assert files.digest(str(path)) == files.digest_of(b"x = 1\n")


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_digests_differ_with_the_bytes(one: bytes, other: bytes) -> None:
    assert (files.digest_of(one) == files.digest_of(other)) == (one == other)


def test_a_digest_is_equal_in_every_interpreter() -> None:
    script = "from autoreload.system.files import digest_of; print(digest_of(b'x = 1'))"
    for seed in ("1", "2"):
        assert int(output(script, PYTHONHASHSEED=seed)) == files.digest_of(b"x = 1")


def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    """The open of a FIFO waits for somebody who writes, and the watcher waited with it."""
    fifo = tmp_path / "fifo.py"
    os.mkfifo(fifo)
    for path in (str(fifo), str(tmp_path), "/dev/zero"):
        assert files.signature(path) is not None
        assert files.digest(path) is None
        assert files.broken(path) is None


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    with path.open("wb") as file:
        file.truncate(files.LARGEST_DIGESTED + 1)
    assert files.digest(str(path)) is None
    os.truncate(path, 10)
    assert files.digest(str(path)) == files.digest_of(bytes(10))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_has_no_digest(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("x = (")
    path.chmod(0)
    assert files.signature(str(path)) is not None
    assert files.digest(str(path)) is None
    assert files.broken(str(path)) is None


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"x = 1\n",
        b"x = 1",
        b"\xef\xbb\xbfx = 1\n",
        b"# -*- coding: latin-1 -*-\nx = '\xe9'\n",
        b"return_ = [await_ for await_ in ()]\r\n",
        b"raise SystemExit\n",  # compiled, not run
    ],
)
def test_what_compiles_is_not_broken(tmp_path: Path, source: bytes) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(source)
    assert files.broken(str(path)) is None


def test_what_does_not_compile_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("x = 1\nif x:\n    y = (1 +* 2)\n")
    broken = files.broken(str(path))
    assert broken is not None
    assert broken.fields() == {
        "path": str(path),
        "line": 3,
        "column": 13,
        "kind": "SyntaxError",
        "text": "invalid syntax",
        "source": "    y = (1 +* 2)",
        "start": 0,
    }


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        (b"if x:\ny = 1\n", "IndentationError"),
        (b"if x:\n\ty = 1\n        z = 1\n", "TabError"),
        (b"x = '\xe9'\n", "SyntaxError"),
        (b"# -*- coding: nonsense -*-\n", "SyntaxError"),
        (b"return\n", "SyntaxError"),
        (b"x = (" * 300, "SyntaxError"),
    ],
)
def test_every_kind_of_breakage_is_found(tmp_path: Path, source: bytes, kind: str) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(source)
    broken = files.broken(str(path))
    assert broken is not None
    assert broken.kind == kind
    assert broken.text


@pytest.mark.parametrize("source", [b"x = 1\0\n", b"x = " + b"-" * 50_000 + b"1\n"])
def test_bytes_that_upset_the_compiler_are_broken_too(tmp_path: Path, source: bytes) -> None:
    """A NUL byte and a nesting that is too deep raise other errors, by version."""
    path = tmp_path / "a.py"
    path.write_bytes(source)
    assert files.broken(str(path)) is not None


@pytest.mark.parametrize("far", [0, 100_000])
def test_of_a_huge_line_the_part_with_the_error_is_shown(tmp_path: Path, far: int) -> None:
    """The caret stood below some other part of the line."""
    path = tmp_path / "a.py"
    path.write_text(f"x = [{'1,' * far}1 +* 2] # {'y' * 100_000}\n")
    broken = files.broken(str(path))
    assert broken is not None
    assert len(broken.source) <= files.LONGEST_EXCERPT
    assert 1 <= broken.column - broken.start <= len(broken.source)
    # From 3.13 on the column is wrong beyond the first thousand letters, as in plain tracebacks.
    if not far or sys.version_info < (3, 13):
        assert broken.column > far
        assert broken.source[broken.column - broken.start - 1] == "*"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r", b""])
def test_the_line_is_that_of_the_error(tmp_path: Path, end: bytes) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"\xef\xbb\xbfx = 1\n\fy = '\xc3\xa9' +* 2".replace(b"\n", end or b"\n") + end)
    broken = files.broken(str(path))
    assert broken is not None
    assert (broken.line, broken.source) == (2, "\fy = 'é' +* 2")
    assert broken.source[broken.column - 1] == "*"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such files")
def test_a_file_of_no_size_is_not_read() -> None:
    """Such are those of /proc: /proc/kmsg waited until the kernel had something to say."""
    assert Path("/proc/version").read_bytes()
    assert files.digest("/proc/version") == files.digest_of(b"")


def test_a_huge_message_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    name = "n" * 100_000
    path.write_text(f"def f({name}):\n    global {name}\n")
    broken = files.broken(str(path))
    assert broken is not None
    assert len(broken.text) <= files.LONGEST_EXCERPT


def test_dropped_bytecode_is_gone_for_every_interpreter(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    (tmp_path / "ab.py").write_text("x = 1\n")
    # Asked for by name: with PYTHONPYCACHEPREFIX the usual place is elsewhere.
    cache = tmp_path / "__pycache__"
    tag = sys.implementation.cache_tag
    ours = [f"a.{tag}.pyc", f"a.{tag}.opt-1.pyc", "a.cpython-399.pyc"]
    for name in (*ours, f"ab.{tag}.pyc"):
        py_compile.compile(str(path), str(cache / name))
    assert files.drop_bytecode(str(path))
    assert os.listdir(cache) == [f"ab.{tag}.pyc"]
    assert files.drop_bytecode(str(path))


def test_without_a_cache_nothing_is_left(tmp_path: Path) -> None:
    assert files.drop_bytecode(str(tmp_path / "a.py"))
    assert files.drop_bytecode("/nowhere/a.py")


def test_bytecode_that_stays_is_told(tmp_path: Path) -> None:
    cached = Path(cache_from_source(str(tmp_path / "a.py")))
    # A directory cannot be unlinked, whoever tries.
    (tmp_path / "__pycache__" / cached.name).mkdir(parents=True)
    assert not files.drop_bytecode(str(tmp_path / "a.py"))
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "__pycache__").write_text("a file in its place")
    assert not files.drop_bytecode(str(tmp_path / "b" / "a.py"))


def test_of_many_files_those_that_do_not_compile_are_named(tmp_path: Path) -> None:
    texts = {"good.py": "x = 1\n", "bad.py": "x =\n", "worse.py": "x = (\n", "data.txt": "x =\n"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    found = files.all_broken(str(tmp_path / name) for name in [*texts, "missing.py"])
    assert [one.path for one in found] == [str(tmp_path / "bad.py"), str(tmp_path / "worse.py")]


def test_a_source_that_compiles_is_proven_by_signature_and_digest(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    assert files.proof(str(path)) == (files.signature(str(path)), files.digest(str(path)))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", "x = (\n"),
        ("a.py", "return\n"),  # not known before the code is made
        ("a.py", "x = '\\d'\n"),  # a warning, which the program's filters may turn into an error
        ("a.py", "x = 1 is 1\n"),
        ("a.py", "x = '\0'\n"),
        ("a.py", ""),  # half of a save
        ("a.py", "x = 1\n" + "#" * files.LARGEST_PROVEN),
        ("a.txt", "x = 1\n"),
    ],
)
def test_any_other_file_is_not(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert files.proof(str(path)) is None


@pytest.mark.parametrize("path", ODD)
def test_what_is_no_file_is_not_proven(path: str) -> None:
    assert files.proof(path) is None


def test_a_source_that_is_written_meanwhile_is_not_proven(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    read = files._content

    def reads(name: str) -> bytes | None:
        content = read(name)
        path.write_text("x = 22\n")
        return content

    monkeypatch.setattr(files, "_content", reads)
    assert files.proof(str(path)) is None
