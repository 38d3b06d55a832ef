"""What a program reads while it starts, and what it writes: in interpreters of their own."""

import json
import os
import textwrap
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.children import output

LISTEN = """
import codecs, io, json, os, pathlib, sqlite3, subprocess, sys, tempfile, threading
from autoreload.watch.reads import Reads
from autoreload.watch.traces import Traces
home = os.getcwd() + os.sep
def short(path):
    return os.fsencode(path.removeprefix(home)).decode("latin-1")
traces, written = Traces(), []
reads = Reads(traces, [home], written=[home + "earlier.json"], on_written=written.append)
traces.install()
reads.install()
"""

REPORT = """
data = {short(path): one for path, one in traces.loaded.items() if one.is_data}
sys.stdout.write("\\0" + json.dumps({
    "read": sorted(path for path, one in data.items() if one.signature),
    "missing": sorted(path for path, one in data.items() if not one.signature),
    "links": {short(place): says for place, says in traces.links.said.items()},
    "written": sorted(map(short, written)),
    "reasons": {path: one.reason for path, one in data.items()},
}))
"""


class Heard(NamedTuple):
    """What a program was heard to do; paths are relative to its folder."""

    read: list[str]
    missing: list[str]
    links: dict[str, str]
    written: list[str]
    reasons: dict[str, str]


def heard(folder: Path, code: str, **environment: str) -> Heard:
    """Run code in a folder with everything that it opens heard."""
    whole = LISTEN + textwrap.dedent(code) + REPORT
    told = json.loads(output(whole, cwd=folder, **environment).rpartition("\0")[2])
    return Heard(**told)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with some files of data."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("config.json", "app.yaml", "b\udcff.txt"):
        (folder / name).write_text("{}")
    return folder


@pytest.mark.parametrize(
    "statement",
    [
        "open('config.json').close()",
        "open('config.json', 'rb').close()",
        "open(home + 'config.json').close()",
        "open(b'config.json').close()",
        "open('./nowhere/../config.json'.replace('nowhere/../', '')).close()",
        "io.open('config.json').close()",
        "codecs.open('config.json', encoding='utf-8').close()",
        "json.load(open('config.json'))",
        "pathlib.Path('config.json').read_text()",
        "open(pathlib.Path('config.json')).close()",
        "os.close(os.open('config.json', os.O_RDONLY))",
        "os.close(os.open(b'config.json', os.O_RDONLY | os.O_CLOEXEC))",
        "io.FileIO('config.json').close()",
        "io.open_code(home + 'config.json').close()",
        "os.chdir('/'); open(home + 'config.json').close()",
    ],
)
def test_every_way_of_opening_is_heard(project: Path, statement: str) -> None:
    found = heard(project, statement)
    assert (found.read, found.missing, found.written) == (["config.json"], [], [])


def test_each_file_is_one_and_the_signature_is_that_before_reading(project: Path) -> None:
    code = """
    status = os.stat("config.json")
    with open("config.json") as file:
        os.utime("config.json", (1, 1))
    open("config.json").close()
    known = traces.loaded[home + "config.json"]
    assert known.signature == (status.st_mtime_ns, status.st_size, status.st_ino)
    """
    assert heard(project, code).read == ["config.json"]


def test_a_link_is_the_file_that_it_leads_to(project: Path) -> None:
    """And is known itself: it may be turned to another file."""
    (project / "link.json").symlink_to("config.json")
    found = heard(project, "open('link.json').close()")
    assert (found.read, found.links) == (["config.json"], {"link.json": "config.json"})


@pytest.fixture
def linked(project: Path) -> Path:
    """A folder with links of all kinds; `current` leads to a release, `shared` out of it."""
    for number in "12":
        (project / "releases" / number / "deep").mkdir(parents=True)
        (project / "releases" / number / "a.yaml").write_text(number)
    (project / "current").symlink_to("releases/1")
    (project / "inside").symlink_to(project / "current" / "deep")
    (project / "stage.yaml").symlink_to("current/a.yaml")
    (project / "now.yaml").symlink_to("stage.yaml")
    (project.parent / "shared").mkdir()
    (project.parent / "shared" / ".env").write_text("")
    (project / ".env").symlink_to("../shared/.env")
    (project / "state").symlink_to("../shared")
    return project


@pytest.mark.parametrize(
    ("name", "read", "links"),
    [
        ("current/a.yaml", "releases/1/a.yaml", ["current"]),
        ("./current/./deep/..//a.yaml", "releases/1/a.yaml", ["current"]),
        ("current/../2/a.yaml", "releases/2/a.yaml", ["current"]),
        ("inside/../a.yaml", "releases/1/a.yaml", ["current", "inside"]),
        ("now.yaml", "releases/1/a.yaml", ["current", "now.yaml", "stage.yaml"]),
        (".env", "{above}/shared/.env", [".env"]),
        ("state/.env", "{above}/shared/.env", ["state"]),
    ],
)
def test_the_links_on_the_way_are_known(
    linked: Path, name: str, read: str, links: list[str]
) -> None:
    found = heard(linked, f"open({name!r}).close()")
    assert (found.read, sorted(found.links)) == ([read.format(above=linked.parent)], links)


@pytest.mark.parametrize("name", ["current/none.yaml", "dangling", "itself"])
def test_what_a_link_does_not_lead_to_is_missing_by_way_of_it(linked: Path, name: str) -> None:
    (linked / "dangling").symlink_to("releases/1/none.yaml")
    (linked / "itself").symlink_to("itself")
    found = heard(linked, f"try:\n    open({name!r})\nexcept OSError:\n    pass")
    expected = name if name == "itself" else "releases/1/none.yaml"
    assert (found.missing, [*found.links]) == ([expected], [name.partition("/")[0]])


@pytest.mark.parametrize(
    ("code", "written"),
    [
        ("open('now.yaml').close(); open('now.yaml', 'a').close()", "releases/1/a.yaml"),
        ("open('now.yaml', 'a').close(); open('now.yaml').close()", "releases/1/a.yaml"),
        ("open('now.yaml').close(); open('releases/1/a.yaml', 'w').close()", "releases/1/a.yaml"),
        ("open('.env').close(); open('.env', 'w').close()", "{above}/shared/.env"),
        ("open('.env').close(); reads.close(); open('.env', 'a').close()", "{above}/shared/.env"),
        ("open('.env').close(); open('../shared/.env', 'w').close()", "{above}/shared/.env"),
        ("open('../shared/.env', 'w').close(); open('.env').close()", None),
    ],
)
def test_what_is_written_by_way_of_a_link_is_never_watched(
    linked: Path, code: str, written: str | None
) -> None:
    """Nor are the links that led to nothing else; what lies elsewhere is told of if it counted."""
    found = heard(linked, code)
    assert (found.read, found.links) == ([], {})
    assert found.written == ([written.format(above=linked.parent)] if written else [])


@pytest.mark.parametrize(
    "turn",
    [
        "os.remove('current'); os.symlink('releases/2', 'current')",
        "os.symlink('releases/2', 'new'); os.replace('new', 'current')",
        "pathlib.Path('new').symlink_to('releases/2'); pathlib.Path('new').rename('current')",
    ],
)
@pytest.mark.parametrize("is_before", [True, False])
def test_a_link_that_the_program_turns_is_its_own(linked: Path, turn: str, is_before: bool) -> None:
    read = "open('current/a.yaml').close()"
    code = f"{turn}\n    {read}" if is_before else f"{read}\n    {turn}"
    found = heard(linked, code.replace("\n    ", "\n"))
    assert found.links == {}
    assert found.read == [f"releases/{2 if is_before else 1}/a.yaml"]
    assert "current" in found.written


def test_another_link_on_the_way_is_still_watched(linked: Path) -> None:
    found = heard(linked, "os.remove('now.yaml'); os.symlink('stage.yaml', 'now.yaml')\n"
                  "open('now.yaml').close()")  # fmt: skip
    assert sorted(found.links) == ["current", "stage.yaml"]
    assert found.read == ["releases/1/a.yaml"]


def test_what_the_program_removes_is_its_own(project: Path) -> None:
    """A note that is read once and taken away; it would have been started again without it."""
    found = heard(project, "open('config.json').close(); os.remove('config.json')")
    assert (found.read, found.missing, found.written) == ([], [], ["config.json"])


def test_what_the_framework_reads_again_goes_with_its_links(linked: Path) -> None:
    code = "open('current/a.yaml').close()\ntraces.release('releases', '*.yaml')"
    found = heard(linked, code)
    assert (found.read, found.links) == ([], {})


def test_a_name_that_is_no_utf8(project: Path) -> None:
    code = "open(b'b\\xff.txt').close(); open('b\\udcff.txt').close(); os.stat(b'b\\xff.txt')"
    assert heard(project, code).read == ["b\xff.txt"]


def test_what_is_not_there_is_missing(project: Path) -> None:
    code = """
    for name in (".env", b"deep/local.yaml", pathlib.Path("config.toml")):
        try:
            open(name)
        except FileNotFoundError:
            pass
    """
    assert heard(project, code).missing == [".env", "config.toml", "deep/local.yaml"]


def test_the_reason_names_the_line_of_the_program(project: Path) -> None:
    (project / "ware.py").write_text("import pathlib\n\npathlib.Path('config.json').read_text()\n")
    (project / "late.py").write_text("import json\njson.load(open('gone.json'))\n")
    code = """
    sys.path.insert(0, home)
    import ware
    try:
        import late
    except FileNotFoundError:
        pass
    """
    assert heard(project, code).reasons == {
        "config.json": f"read by {project}/ware.py:3",
        "gone.json": f"missing, looked for by {project}/late.py:2",
    }


@pytest.mark.parametrize(
    "code",
    [
        "for mode in 'rar': open('config.json', mode).close()",
        "open('config.json', 'r+').close()",
        "open('config.json', 'w').close(); open('config.json').close()",
        "open('config.json').close(); open('config.json', 'w').close()",
        "open('config.json').close(); pathlib.Path('config.json').write_text('')",
        "open('config.json').close(); os.close(os.open('config.json', os.O_RDWR))",
        "open('config.json').close(); os.close(os.open('config.json', os.O_WRONLY | os.O_APPEND))",
        "open('config.json').close(); os.close(os.open('config.json', os.O_CREAT))",
        """
        open("config.json").close()
        open("beside.tmp", "w").close()
        os.replace("beside.tmp", "config.json")
        open("config.json").close()
        """,
        "open('config.json').close(); reads.close(); open('config.json', 'a').close()",
        "import shutil; open('config.json').close(); shutil.copy('app.yaml', 'config.json')",
    ],
)
def test_what_the_program_writes_is_never_watched(project: Path, code: str) -> None:
    found = heard(project, code)
    assert "config.json" not in found.read + found.missing
    assert "config.json" in found.written


def test_what_was_missing_and_is_then_written_by_the_program_is_its_own(project: Path) -> None:
    code = """
    try:
        open("state.json")
    except FileNotFoundError:
        open("state.json", "w").close()
    open("state.json").close()
    """
    found = heard(project, code)
    assert (found.read, found.missing, found.written) == ([], [], ["state.json"])


def test_what_an_earlier_run_wrote_is_not_watched_by_this_one(project: Path) -> None:
    code = """
    try:
        open("earlier.json")
    except FileNotFoundError:
        pass
    """
    assert heard(project, code).missing == []


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_a_database_and_what_lies_beside_it_are_written(project: Path, mode: str) -> None:
    code = f"""
    open("config.json").close()
    open("data.db", "a").close()
    base = sqlite3.connect("data.db")
    base.execute("PRAGMA journal_mode={mode}")
    base.execute("CREATE TABLE a (b)")
    base.execute("INSERT INTO a VALUES (1)")
    for ending in ("", "-journal", "-wal", "-shm"):
        try:
            open("data.db" + ending, "rb").close()
        except FileNotFoundError:
            pass
    base.commit()
    base.close()
    open("data.db", "rb").close()
    """
    found = heard(project, code)
    assert (found.read, found.missing) == (["config.json"], [])
    assert found.written == ["data.db", "data.db-journal", "data.db-shm", "data.db-wal"]


@pytest.mark.parametrize("name", [":memory:", "", b":memory:"], ids=repr)
def test_a_database_in_memory_is_no_file(project: Path, name: object) -> None:
    assert heard(project, f"sqlite3.connect({name!r}).close()").written == []


def test_a_database_by_its_path_as_bytes_or_path(project: Path) -> None:
    code = "sqlite3.connect(b'a.db').close(); sqlite3.connect(pathlib.Path('b.db')).close()"
    found = heard(project, code)
    assert {"a.db", "b.db"} <= set(found.written)


def test_a_database_behind_a_link_has_its_journal_where_the_link_leads(project: Path) -> None:
    (project / "real").mkdir()
    (project / "link.db").symlink_to("real/data.db")
    code = """
    base = sqlite3.connect(home + "link.db")
    base.execute("CREATE TABLE a (b)")
    base.execute("INSERT INTO a VALUES (1)")
    assert os.path.exists("real/data.db-journal")
    """
    found = heard(project, code)
    assert found.written == [f"real/data.db{one}" for one in ("", "-journal", "-shm", "-wal")]


def test_a_database_is_looked_up_once(project: Path) -> None:
    code = """
    looked, realpath = [], os.path.realpath
    os.path.realpath = lambda path, **how: looked.append(path) or realpath(path, **how)
    for _ in range(3):
        sqlite3.connect(home + "a.db").close()
    assert looked == [home + "a.db"], looked
    sqlite3.connect("a.db").close()
    os.chdir("..")
    sqlite3.connect("a.db").close()
    assert len(looked) == 3, "what the name means depends on where the program is"
    """
    assert "a.db" in heard(project, code).written


def test_a_thread_is_heard_as_well(project: Path) -> None:
    code = """
    thread = threading.Thread(target=lambda: open("config.json").close())
    thread.start()
    thread.join()
    """
    assert heard(project, code).read == ["config.json"]


def test_a_thread_without_a_line_of_python_is_heard(project: Path) -> None:
    """The line was looked for further up than there are frames, and the opening failed."""
    code = """
    import _thread
    failed = []
    sys.unraisablehook = failed.append
    def count():
        return len(traces.loaded)
    before = count()
    _thread.start_new_thread(open, ("config.json",))
    import select
    for _ in range(3000):
        if count() > before or failed:
            break
        select.select([], [], [], 0.01)
    assert not failed, failed
    """
    assert heard(project, code).read == ["config.json"]


@pytest.mark.parametrize(
    "code",
    [
        "number = os.open('/dev/null', os.O_RDONLY); open(number).close()",
        "open('/dev/null').close(); open('/proc/self/stat').close()",
        "os.close(os.open('.', os.O_RDONLY))",
        "os.close(os.open(home, os.O_RDONLY | os.O_DIRECTORY))",
        "os.mkfifo('pipe'); os.close(os.open('pipe', os.O_RDONLY | os.O_NONBLOCK))",
        "tempfile.TemporaryFile().close()",
        "list(os.scandir()); os.listdir(); os.path.exists('absent'); os.stat('app.yaml')",
        "open(0, closefd=False).close()",
    ],
)
def test_what_is_no_file_of_data(project: Path, code: str) -> None:
    found = heard(project, code)
    assert (found.read, found.missing) == ([], [])


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("open('a\\0b')", "ValueError"),
        ("open('\\ud800')", "UnicodeEncodeError"),
        ("open('\\ud800', 'w')", "UnicodeEncodeError"),
        ("open(1.5)", "TypeError"),
        ("open('.')", "IsADirectoryError"),
        ("open('x' * 5000)", "OSError"),
        ("open('x' * 5000, 'w')", "OSError"),
        ("open('loop')", "OSError"),
        ("os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone'); open('a')", "FileNotFoundError"),
        (
            "os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone'); open('a', 'w')",
            "FileNotFoundError",
        ),
    ],
)
def test_a_mistake_is_told_as_without_us(project: Path, statement: str, error: str) -> None:
    (project / "loop").symlink_to("loop")
    code = f"""
    import traceback
    try:
        {statement}
    except Exception as problem:
        assert type(problem).__name__ == {error!r}, repr(problem)
        frames = traceback.extract_tb(problem.__traceback__)
        assert not [one for one in frames if "reads" in one.filename], frames
    else:
        raise AssertionError("no error")
    """
    heard(project, code)


def test_after_the_start_nothing_more_is_watched(project: Path) -> None:
    code = """
    open("config.json").close()
    reads.close()
    open("app.yaml").close()
    try:
        open("absent.yaml")
    except FileNotFoundError:
        pass
    """
    found = heard(project, code)
    assert (found.read, found.missing) == (["config.json"], [])


@pytest.mark.parametrize(
    "name",
    [
        ".git/config",
        ".hg/hgrc",
        ".venv/pyvenv.cfg",
        "venv/lib/a.txt",
        "lib/site-packages/package/a.json",
        "node_modules/package/package.json",
        "__pycache__/a.json",
        "deep/.mypy_cache/a.json",
        "../elsewhere/a.json",
        "../project-too/a.json",
    ],
)
def test_what_is_nobodys_own_is_left_alone(project: Path, name: str) -> None:
    path = project / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    code = f"""
    open("config.json").close()
    open({name!r}).close()
    open({name!r}, "a").close()
    """
    found = heard(project, code)
    assert (found.read, found.missing, found.written) == (["config.json"], [], [])


def test_bytecode_is_not_read_as_data(project: Path) -> None:
    (project / "a.pyc").touch()
    assert heard(project, "open('a.pyc', 'rb').close()").read == []


def test_the_standard_library_and_its_data_are_left_alone(project: Path) -> None:
    code = """
    open(os.__file__).close()
    import wsgiref.simple_server
    import pydoc_data
    open(os.path.join(os.path.dirname(pydoc_data.__file__), "_pydoc.css")).close()
    """
    found = heard(project, code)
    assert (found.read, found.missing) == ([], [])


def test_a_module_is_loaded_and_not_read(project: Path) -> None:
    (project / "ware.py").write_text("")
    code = """
    sys.path.insert(0, home)
    import ware
    assert not traces.loaded[home + "ware.py"].is_data
    """
    found = heard(project, code)
    assert (found.read, found.written) == ([], [])


def test_what_a_program_compiles_by_itself_is_read(project: Path) -> None:
    (project / "plugins").mkdir()
    (project / "plugins" / "a.py").write_text("x = 1\n")
    code = """
    for path in sorted(pathlib.Path("plugins").glob("*.py")):
        exec(compile(path.read_text(), str(path), "exec"))
    """
    assert heard(project, code).read == [os.path.join("plugins", "a.py")]


def test_a_source_that_the_program_writes_and_imports_stays_watched(project: Path) -> None:
    """Somebody else may edit it as well, and what is loaded is never stale."""
    code = """
    with open("made.py", "w") as file:
        file.write("x = 1")
    sys.path.insert(0, home)
    import made
    assert home + "made.py" in traces.loaded
    """
    assert heard(project, code).written == ["made.py"]
