"""How far a run goes before its turn: every case an interpreter of its own, with installed modules
and a project. The word `go` lies in the channel from the start, so `turn` shows where it waits."""

import py_compile
import sys
from pathlib import Path

import pytest

from autoreload.core import protocol
from tests.children import Done, run

BEGIN = """
import os, sys
from autoreload.inner.ahead import Ahead, forget_listings, installed
from autoreload.system.channel import Channel, pair
from autoreload.watch.traces import Traces

sys.path[:0] = [os.getcwd(), os.path.join(os.getcwd(), "site-packages")]
ours, theirs = pair()
inner = Channel(theirs)
traces = Traces()
traces.install()
"""

BAD = "a b"
"""What does not compile."""

AHEAD = (
    BEGIN
    + """
{before}
ahead = Ahead(inner, traces, {modules}, lambda turn: print("turn", turn.text("what")))
traces.before_project = lambda path: ahead.wait()
ahead.run()
print("over")
"""
)


def said(
    folder: Path,
    files: dict[str, str],
    modules: list[str],
    *,
    before: str = "ours.send('go', what='now')",
    after: str = "",
) -> Done:
    """Let a run with these installed modules go ahead; what it printed."""
    (folder / "site-packages").mkdir(exist_ok=True)
    (folder / "ours.py").write_text("print('project')")
    for name, text in files.items():
        (folder / "site-packages" / name).write_text(text)
        if text != BAD:
            # As installed code is: writing bytecode would be waited for.
            py_compile.compile(str(folder / "site-packages" / name))
    code = AHEAD.format(before=before, modules=modules) + after
    return run(code, cwd=folder, flags=["-u"])


def lines(done: Done) -> list[str]:
    assert done.code == 0, done
    return done.out.splitlines()


def test_installed_modules_are_imported_in_order_before_its_turn(tmp_path: Path) -> None:
    files = {
        "one.py": "print('one')",
        "two.py": "import one, json, decimal\nprint('two')",
        "three.py": "print('three')",
    }
    done = said(tmp_path, files, ["two", "three", "one"])
    assert lines(done) == ["one", "two", "three", "turn now", "over"]


HARMLESS = {
    "our own messages": "import marshal; marshal.loads(marshal.dumps(1))",
    "imports": "import html.parser, sqlite3, email.message",
    "a C extension": "import _decimal, _ctypes",
    "its own data": "open(__file__).read(); open(__file__, 'rb').read()",
    "a folder": "import os; os.listdir('.'); list(os.scandir('.')); os.stat('ours.py')",
    "code": "exec(compile('a = 1', 'x', 'exec')); eval('1'); type('T', (), {})",
    "environment": "import os; os.environ.get('HOME')",
    "dataclasses": "import dataclasses; dataclasses.make_dataclass('D', ['a'])",
    "a lock": "import threading; threading.Lock(); threading.local()",
    "marshal": "import marshal; marshal.loads(bytes([ord('N')]))",
}

RISKY = {
    "a file of the project": "open('ours.py')",
    "a file of the project, as bytes": "open(b'ours.py')",
    "a file of the project by os": "import os; os.close(os.open('ours.py', os.O_RDONLY))",
    "a descriptor": "open(0, closefd=False)",
    "a file that is not there": "try: open('x.env')\nexcept OSError: pass",
    "a module of the project": "import ours",
    "writing": "open(__file__ + '.cache', 'w').close()",
    "appending": "open(__file__, 'a').close()",
    "writing by os": "import os; os.close(os.open(__file__ + '2', os.O_WRONLY | os.O_CREAT))",
    "a folder of its own": "import os; os.makedirs('made')",
    "removing": "import os; open(__file__ + '3', 'w').close(); os.remove(__file__ + '3')",
    "renaming": "import os; os.rename('ours.py', 'ours2.py')",
    "a socket": "import socket; socket.socket().close()",
    "a name": "import socket; socket.gethostbyname('localhost')",
    "a process": "import subprocess; subprocess.run(['true'])",
    "a shell": "import os; os.system('true')",
    "a fork": "import os\nif not os.fork(): os._exit(0)\nos.wait()",
    # Before 3.12 nothing is heard of the start of a thread, but of what it does.
    "a thread": "import os, threading\n"
    "t = threading.Thread(target=os.mkdir, args=['made']); t.start(); t.join()",
    "a signal": "import os; os.kill(os.getpid(), 0)",
    "the environment": "import os; os.environ['A'] = 'b'",
    "the working directory": "import os; os.chdir('.')",
    "a database": "import sqlite3; sqlite3.connect(':memory:').close()",
    "what is its own": "import sys; sys.audit('some.event')",
}


@pytest.mark.parametrize("case", HARMLESS)
def test_it_goes_on_for_what_nobody_can_tell(tmp_path: Path, case: str) -> None:
    text = f"print('before')\n{HARMLESS[case]}\nprint('after')"
    assert lines(said(tmp_path, {"some.py": text}, ["some"])) == [
        "before",
        "after",
        "turn now",
        "over",
    ]


@pytest.mark.parametrize("case", RISKY)
def test_it_waits_right_before_anything_else(tmp_path: Path, case: str) -> None:
    """In the middle of the import, which then goes on; once."""
    text = f"print('before')\n{RISKY[case]}\nprint('after')"
    found = lines(said(tmp_path, {"some.py": text, "more.py": "print('more')"}, ["some", "more"]))
    assert [line for line in found if line != "project"] == ["before", "turn now", "after", "over"]
    assert "project" not in found or found.index("project") > found.index("turn now")


@pytest.mark.parametrize(
    "failing", ["1 / 0", "raise SystemExit(5)", "raise KeyboardInterrupt", "import nothing", BAD]
)
def test_an_import_that_fails_ends_it_and_is_left_to_the_program(
    tmp_path: Path, failing: str
) -> None:
    files = {"some.py": failing, "more.py": "print('more')"}
    after = (
        "\ntry:\n    import some\nexcept BaseException as error:\n    print(type(error).__name__)"
    )
    found = lines(said(tmp_path, files, ["some", "more"], after=after))
    names = ["ZeroDivisionError", "SystemExit", "KeyboardInterrupt", "ModuleNotFoundError"]
    assert found[:2] == ["turn now", "over"]
    assert found[2] in [*names, "SyntaxError"]


@pytest.mark.parametrize(
    "text", ["print('before')", "print('before'); open('ours.py'); print('after')"]
)
def test_without_an_outer_it_ends_and_nothing_of_the_program_has_run(
    tmp_path: Path, text: str
) -> None:
    done = said(tmp_path, {"some.py": text}, ["some"], before="ours.close()")
    assert (done.code, done.out, done.err) == (0, "before\n", "")


@pytest.mark.skipif(sys.platform != "linux", reason="it is known by its name there")
def test_who_has_imported_what_is_written_since_gives_way_to_another_run(tmp_path: Path) -> None:
    before = """
import time
if os.fork() == 0:
    while open(f"/proc/{os.getppid()}/comm").read() != "standby\\n":
        time.sleep(0.01)
    with open("site-packages/some.py", "a") as file:
        file.write("#")
    ours.send("go", what="now")
    os._exit(0)
"""
    done = said(tmp_path, {"some.py": "print('some')"}, ["some"], before=before)
    assert (done.code, done.out) == (protocol.SENTINEL, "some\n"), done


def test_other_words_do_not_let_it_go_on(tmp_path: Path) -> None:
    before = "ours.send('look'); ours.send('events', on=True); ours.send('go', what='now')"
    found = lines(said(tmp_path, {"some.py": ""}, ["some"], before=before))
    assert found == ["turn now", "over"]


def test_after_its_turn_nothing_is_in_the_way(tmp_path: Path) -> None:
    after = "\nimport subprocess\nimport ours\nahead.wait()\nprint(len(ahead._modules))"
    found = lines(said(tmp_path, {"some.py": ""}, ["some"], after=after))
    assert found == ["turn now", "over", "project", "1"]


def test_what_is_installed_is_told_in_the_order_of_its_imports(tmp_path: Path) -> None:
    """Neither the project's modules nor what is built in, nor what was there before."""
    (tmp_path / "site-packages").mkdir()
    (tmp_path / "site-packages" / "late.py").write_text("import early\nfrom package import part")
    (tmp_path / "site-packages" / "early.py").write_text("")
    package = tmp_path / "site-packages" / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "part.py").write_text(
        "import sys\nsys.modules['other name'] = sys.modules[__name__]"
    )
    (tmp_path / "ours.py").write_text("import late, itertools, zlib")
    done = run(
        BEGIN + "known = frozenset(sys.modules)\nimport ours\n"
        "print(*[name for name in installed(traces.scope, known) if name != 'zlib'])",
        cwd=tmp_path,
    )
    assert lines(done) == ["early package package.part late"]


def test_listings_of_the_project_are_forgotten_and_no_others(tmp_path: Path) -> None:
    """A module that was saved while the run waited would not have been found."""
    (tmp_path / "site-packages").mkdir()
    done = run(
        BEGIN
        + """
import importlib.util
importlib.util.find_spec("fresh")
finders = sys.path_importer_cache
folder = os.getcwd()
status = os.stat(folder)
open("fresh.py", "w").close()
os.utime(folder, ns=(status.st_atime_ns, status.st_mtime_ns))
before = importlib.util.find_spec("fresh")
forget_listings(traces.scope)
print(before, importlib.util.find_spec("fresh") is not None)
print(finders[folder + "/site-packages"]._path_mtime != -1)
""",
        cwd=tmp_path,
    )
    assert lines(done) == ["None True", "True"]
