"""The end of a run that another follows, in interpreters of their own."""

from pathlib import Path

from tests.children import run

OWED = """
import atexit, logging, threading
from autoreload.inner.leaving import leave

text = open("text", "w"); text.write("kept")
binary = open("binary", "wb"); binary.write(b"kept")
both = open("both", "w+"); both.write("kept")
go = threading.Event()
threading.Thread(target=lambda: (go.wait(), print("thread"))).start()
atexit.register(print, "first registered")
atexit.register(lambda: 1 / 0)
atexit.register(print, "last registered")
threading.Timer(0.05, go.set).start()
leave(3, part=lambda code: print("at last", flush=True))
"""


def test_a_program_is_given_all_that_it_is_owed(tmp_path: Path) -> None:
    """Threads end, then atexit backwards, then what stood in buffers is written."""
    done = run(OWED, cwd=tmp_path)
    assert done.code == 3
    assert done.out.splitlines() == ["thread", "last registered", "first registered", "at last"]
    assert "ZeroDivisionError" in done.err
    assert [(tmp_path / name).read_text() for name in ("text", "binary", "both")] == ["kept"] * 3


def test_streams_that_are_gone_do_not_matter(tmp_path: Path) -> None:
    code = """
    import sys
    from autoreload.inner.leaving import leave
    sys.stdout.close()
    sys.stderr = None
    leave(3, part=lambda code: None)
    """
    assert run(code, cwd=tmp_path).code == 3
