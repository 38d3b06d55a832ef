"""What an interpreter read, in interpreters of their own: the loader is replaced for good."""

import json
import os
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from autoreload.system.files import digest, digest_of, signature
from tests.children import output, run

# What is known in the end is printed as the last line.
TRACE = """
import json, os, sys
from autoreload.watch.traces import Traces
traces = Traces(frozenset(json.loads(os.environ.get("DISTRUSTED", "[]"))))
traces.since = float(os.environ.get("SINCE", "3e9"))
traces.install()
"""

SHOW = """
print(json.dumps({path: [one.signature, one.digest] for path, one in traces.loaded.items()}))
"""


def traced(code: str, folder: Path, **more: str) -> tuple[list[str], dict[str, Any]]:
    """Run code with traces; the lines that it printed, and what was loaded."""
    *lines, last = output(f"{TRACE}{code}\n{SHOW}", cwd=folder, **more).splitlines()
    return lines, json.loads(last)


def record(path: Path) -> list[Any]:
    """A file as it should be told, once its bytes are known."""
    return [list(signature(str(path)) or ()), digest(str(path))]


def rewrite(path: Path, text: str) -> None:
    """A save within the same second and of equal size."""
    at = path.stat().st_mtime
    size = path.stat().st_size
    path.write_text(text)
    assert path.stat().st_size == size
    os.utime(path, (at, at))


def write_old(path: Path, text: str) -> None:
    """A file whose bytecode is trusted."""
    path.write_text(text)
    os.utime(path, (1_700_000_000, 1_700_000_000))


def write_fresh(path: Path, text: str) -> None:
    """A file that stays young however slow the machine is."""
    path.write_text(text)
    os.utime(path, (4_000_000_000, 4_000_000_000))


def test_what_is_imported_is_recorded(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    paths = [tmp_path / "package" / "__init__.py", tmp_path / "package" / "b.py", tmp_path / "a.py"]
    for path in paths:
        path.write_text("x = 1\n")
    (tmp_path / "other.py").write_text("x = 1\n")
    _, loaded = traced("import package.b, a", tmp_path)
    assert loaded == {str(path): record(path) for path in paths}
    assert list(loaded) == [str(path) for path in paths]


def test_the_standard_library_and_installed_packages_are_not(tmp_path: Path) -> None:
    for name in ("site-packages", "dist-packages"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name[:4]}_package.py").write_text("x = 1\n")
    (tmp_path / "a.py").write_text("x = 1\n")
    code = """
sys.path += ["site-packages", "dist-packages"]
import colorsys, wave, site_package, dist_package, autoreload.core.lifecycle, a
"""
    _, loaded = traced(code, tmp_path)
    assert list(loaded) == [str(tmp_path / "a.py")]


def test_a_project_that_is_linked_or_editable_is_recorded_where_it_is(tmp_path: Path) -> None:
    """The real path decides; the links are known as well, as they may be turned."""
    packages = tmp_path / "site-packages"
    source = tmp_path / "project"
    editable = tmp_path / "editable"
    for folder in (packages, source / "linked", editable):
        folder.mkdir(parents=True)
    paths = [source / "linked" / "__init__.py", source / "single.py", editable / "edited.py"]
    for path in paths:
        path.write_text("x = 1\n")
    (packages / "linked").symlink_to(source / "linked")
    (packages / "single.py").symlink_to(source / "single.py")
    (packages / "__editable__.pth").write_text(f"{editable}\n")
    code = """
import site
site.addsitedir("site-packages")
import linked, single, edited
"""
    (links,), loaded = traced(f"{code}print(json.dumps(traces.links.said))", tmp_path)
    assert set(loaded) == {str(path) for path in paths}
    assert json.loads(links) == {
        str(packages / "linked"): str(source / "linked"),
        str(packages / "single.py"): str(source / "single.py"),
    }


def test_an_installed_package_that_the_project_links_is_not_recorded(tmp_path: Path) -> None:
    packages = tmp_path / "site-packages"
    packages.mkdir()
    (packages / "a.py").write_text("x = 1\n")
    (tmp_path / "vendored.py").symlink_to(packages / "a.py")
    _, loaded = traced("import vendored", tmp_path)
    assert loaded == {}


def test_a_linked_project_is_recorded_with_its_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.py").write_text("x = 1\n")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    code = "sys.path[:0] = ['link', 'real']\nimport a; del sys.modules['a'], sys.path[0]; import a"
    (links,), loaded = traced(f"{code}\nprint(json.dumps(traces.links.said))", tmp_path)
    assert set(loaded) == {str(tmp_path / "real" / "a.py")}
    assert json.loads(links) == {str(tmp_path / "link"): str(tmp_path / "real")}


@pytest.mark.parametrize("prefix", [False, True])
@pytest.mark.parametrize("turned", ["a.py", "stage.py", "now"])
def test_bytecode_of_what_a_link_led_to_before_is_not_run(
    tmp_path: Path, turned: str, prefix: bool
) -> None:
    """It is found by name, whole seconds and size, which may be those of the other place."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_old(tmp_path / name / "b.py", f"x = {name!r}\n")
    (tmp_path / "now").symlink_to("one")
    (tmp_path / "stage.py").symlink_to("now/b.py")
    (tmp_path / "a.py").symlink_to("stage.py")
    where = {"PYTHONPYCACHEPREFIX": str(tmp_path / "cache")} if prefix else {}
    code = "sys.path.insert(0, 'now')\nimport a, b; print(a.x, b.x)"
    for link in ("now", "stage.py", "a.py"):  # as if made long ago
        os.utime(tmp_path / link, (1_700_000_000, 1_700_000_000), follow_symlinks=False)
    assert traced(code, tmp_path, **where)[0] == ["one one"]
    (tmp_path / turned).unlink()
    (tmp_path / turned).symlink_to("two" if turned == "now" else "two/b.py")
    os.utime(tmp_path / turned, (1_700_000_009, 1_700_000_009), follow_symlinks=False)
    assert traced(code, tmp_path, **where)[0] == ["two two" if turned == "now" else "two one"]


@pytest.mark.parametrize("entry", ["now", "now/deep"])
def test_a_link_on_the_way_to_a_missing_module_is_known(tmp_path: Path, entry: str) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "now").symlink_to("one")
    code = f"sys.path.insert(0, {entry!r})\ntry: import absent\nexcept ImportError: pass\n"
    (links,), _ = traced(f"{code}print(json.dumps(traces.links.said))", tmp_path)
    assert json.loads(links) == {str(tmp_path / "now"): "one"}


def test_only_links_to_data_are_the_programs_own_to_turn(tmp_path: Path) -> None:
    (tmp_path / "now").mkdir()
    write_old(tmp_path / "now" / "a.py", "")
    (tmp_path / "a.py").symlink_to("now/a.py")
    (tmp_path / "b.txt").symlink_to("now/b.txt")
    code = """
import a
dropped = []
traces.on_drop = dropped.extend
home = os.getcwd() + os.sep
real, links = traces.scope.way(home + "b.txt")
traces.follow(links, home + "b.txt", real)
traces.record(real, None, reason="missing", is_data=True)
for name in ("a.py", "b.txt", "else"):
    traces.drop_link(home + name)
print([one.removeprefix(home) for one in dropped], traces.links.turned())
traces.drop(home + "now/b.txt", home + "now/a.py")
print([one.removeprefix(home) for one in dropped])
"""
    lines, loaded = traced(code, tmp_path)
    assert lines == ["['b.txt'] []", "['b.txt', 'now/b.txt']"]
    assert list(loaded) == [str(tmp_path / "now" / "a.py")]


def test_the_signature_is_taken_before_reading(tmp_path: Path) -> None:
    """An edit between stat and read would otherwise be the baseline, and never be seen."""
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    before = list(signature(str(path)) or ())
    # The moment between the two is when the file is told.
    code = """
def save(record):
    if record.digest is None:
        with open(record.path, "w") as file:
            file.write("x = 22\\n")
traces.on_load = save
import a
print(a.x)
"""
    lines, loaded = traced(code, tmp_path)
    assert lines == ["22"]
    assert loaded == {str(path): [before, digest_of(b"x = 22\n")]}


def test_a_module_that_rewrites_itself_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    text = "open(__file__, 'w').write('x = 2')\n"
    path.write_text(text)
    before = list(signature(str(path)) or ())
    _, loaded = traced("import a", tmp_path)
    assert loaded == {str(path): [before, digest_of(text.encode())]}


def test_the_first_signature_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    before = record(path)
    code = """
import a, importlib
with open("a.py", "w") as file:
    file.write("x = 22\\n")
importlib.reload(a)
print(a.x)
"""
    lines, loaded = traced(code, tmp_path)
    assert lines == ["22"]
    assert loaded == {str(path): before}


def test_of_a_module_that_failed_and_is_read_again_the_first_bytes_count(tmp_path: Path) -> None:
    """Bytecode, an edit while the program starts, and the source: the edit was taken for read."""
    path = tmp_path / "a.py"
    write_old(path, "raise ValueError(1)\n")
    tries = "try:\n    import a\nexcept ValueError as error:\n    print(error)\n"
    output(tries, cwd=tmp_path)
    edit = "open('a.py', 'w').write('raise ValueError(2)\\n')\n"
    edit += "sys.path_importer_cache.clear()\n"
    old = list(signature(str(path)) or ())
    lines, loaded = traced(f"{tries}{edit}{tries}", tmp_path)
    assert lines == ["1", "2"]
    assert loaded[str(path)] == [old, None]


PLAIN = "import a; print(a.x)"


def test_of_two_saves_in_one_second_the_second_runs(tmp_path: Path) -> None:
    """Bytecode is found by whole seconds and size: plain python runs the first for ever."""
    path = tmp_path / "a.py"
    write_fresh(path, "x = 1\n")
    assert output(PLAIN, cwd=tmp_path) == "1\n"
    rewrite(path, "x = 2\n")
    assert output(PLAIN, cwd=tmp_path) == "1\n"
    for expected in ("2", "2"):
        lines, loaded = traced(PLAIN, tmp_path)
        assert lines == [expected]
        assert loaded == {str(path): record(path)}


def test_a_fresh_source_leaves_no_bytecode_that_could_become_stale(tmp_path: Path) -> None:
    write_fresh(tmp_path / "a.py", "x = 1\n")
    traced(PLAIN, tmp_path)
    assert not (tmp_path / "__pycache__").exists()


def test_bytecode_that_is_distrusted_does_not_run(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    write_old(path, "x = 1\n")
    assert output(PLAIN, cwd=tmp_path) == "1\n"
    rewrite(path, "x = 2\n")
    assert traced(PLAIN, tmp_path)[0] == ["1"]
    assert traced(PLAIN, tmp_path, DISTRUSTED=json.dumps([str(path)]))[0] == ["2"]


def test_what_was_saved_between_two_runs_does_not_run_from_bytecode(tmp_path: Path) -> None:
    """Nobody had compared it, and its time was that of the text before: a soak met it.

    The bytecode is gone for good: the next run would believe it.
    """
    path = tmp_path / "a.py"
    write_old(path, "x = 1\n")
    assert output(PLAIN, cwd=tmp_path) == "1\n"
    before = time.time() - 60
    rewrite(path, "x = 2\n")
    assert traced(PLAIN, tmp_path, SINCE=str(before + 3600))[0] == ["1"]
    assert traced(PLAIN, tmp_path, SINCE=str(before))[0] == ["2"]
    assert os.listdir(tmp_path / "__pycache__") == []
    assert traced(PLAIN, tmp_path)[0] == ["2"]


def test_old_sources_run_from_bytecode_as_ever(tmp_path: Path) -> None:
    """Their bytes are not read, and so not known until somebody has time."""
    path = tmp_path / "a.py"
    write_old(path, "x = 1\n")
    assert traced(PLAIN, tmp_path)[1] == {str(path): record(path)}
    assert len(os.listdir(tmp_path / "__pycache__")) == 1
    told = list(signature(str(path)) or ())
    assert traced(PLAIN, tmp_path) == (["1"], {str(path): [told, None]})
    assert traced("import a; traces.fill_digests()", tmp_path)[1] == {str(path): record(path)}


def test_bytes_that_were_not_loaded_are_not_taken_for_the_loaded_ones(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    write_old(path, "x = 1\n")
    output(PLAIN, cwd=tmp_path)
    before = list(signature(str(path)) or ())
    code = """
import a
with open("a.py", "w") as file:
    file.write("x = 22\\n")
traces.fill_digests()
"""
    assert traced(code, tmp_path)[1] == {str(path): [before, None]}


def test_what_we_execute_ourselves_is_recorded(tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text("x = 1\n")
    lines, loaded = traced(
        "print(traces.read('script.py'), traces.read(os.__file__)[:0])", tmp_path
    )
    assert lines == [r"b'x = 1\n' b''"]
    assert loaded == {str(path): record(path)}


def test_each_file_is_told_as_it_is_loaded(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.py").write_text("print(__name__)\n")
    code = """
traces.on_load = lambda one: print(os.path.basename(one.path), one.digest is not None)
import a, b
"""
    lines, _ = traced(code, tmp_path)
    assert lines == ["a.py False", "a.py True", "a", "b.py False", "b.py True", "b"]


def test_a_module_can_be_waited_for(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.py").write_text(f"x = {name!r}\nprint('runs', x)\n")
    code = """
traces.on_module["b"] = lambda module: print("then", module.x)
import a, b
print(b.__spec__.loader.__class__.__name__, "exec_module" in vars(a.__spec__.loader))
"""
    lines, _ = traced(code, tmp_path)
    assert lines == ["runs a", "runs b", "then b", "SourceFileLoader False"]


FAILURES = {
    "raises": "def f():\n    1 / 0\n\nf()\n",
    "syntax": "x = 1\nif x:\n    y = (1 +* 2)\n",
    "missing": "import no_such_module\n",
    "nested": "import raises\n",
    "name": "from raises_not import nothing\n",
    "attribute": "from colorsys import nothing\n",
    "encoding": "# -*- coding: nonsense -*-\n",
    "chained": "try:\n    import raises\nexcept ZeroDivisionError as error:\n"
    "    raise RuntimeError('sorry') from error\n",
    "exits": "raise SystemExit('sorry')\n",
}


@pytest.mark.parametrize("name", [*FAILURES, "gone"])
@pytest.mark.parametrize("hooked", [False, True])
def test_a_failed_import_looks_as_under_plain_python(
    tmp_path: Path, name: str, hooked: bool
) -> None:
    for each, text in FAILURES.items():
        (tmp_path / f"{each}.py").write_text(text)
    (tmp_path / "gone.py").symlink_to(tmp_path / "nowhere.py")
    install = "from autoreload.watch.traces import Traces; traces = Traces(); traces.install()"
    if hooked:
        install += f"; traces.on_module[{name!r}] = print"
    plain = run(f"pass\nimport {name}", cwd=tmp_path)
    ours = run(f"{install}\nimport {name}", cwd=tmp_path)
    assert plain.code == 1
    assert ours == plain


def test_a_failed_import_is_recorded(tmp_path: Path) -> None:
    """The next save of that file may be the one that repairs it."""
    for name in ("raises", "syntax"):
        (tmp_path / f"{name}.py").write_text(FAILURES[name])
    code = """
for name in ("raises", "syntax"):
    try:
        __import__(name)
    except (ZeroDivisionError, SyntaxError):
        pass
"""
    _, loaded = traced(code, tmp_path)
    assert list(loaded) == [str(tmp_path / "raises.py"), str(tmp_path / "syntax.py")]


def extension() -> Path | None:
    """Some extension module of this interpreter's that is a file."""
    script = """
import importlib.machinery, importlib.util
for name in ("_heapq", "_bisect", "_json", "_random", "_queue", "_lsprof", "_zoneinfo"):
    spec = importlib.util.find_spec(name)
    if spec and isinstance(spec.loader, importlib.machinery.ExtensionFileLoader):
        print(spec.origin)
        break
"""
    found = output(script).strip()
    return Path(found) if found else None


def test_extension_modules_are_collected(tmp_path: Path) -> None:
    found = extension()
    if found is None:
        pytest.skip("everything is built in here")
    copy = tmp_path / found.name
    copy.write_bytes(found.read_bytes())
    name = found.name.partition(".")[0]
    _, loaded = traced(f"import {name}; traces.collect_modules()", tmp_path)
    assert loaded == {str(copy): [list(signature(str(copy)) or ()), None]}


def test_archives_are_collected(tmp_path: Path) -> None:
    archive = tmp_path / "lib.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("inside.py", "x = 1\n")
        file.writestr("package/__init__.py", "x = 1\n")
    code = f"sys.path.insert(0, {str(archive)!r})\nimport inside, package; traces.collect_modules()"
    _, loaded = traced(code, tmp_path)
    assert loaded == {str(archive): [list(signature(str(archive)) or ()), None]}


def test_bytecode_without_a_source_is_collected(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    output("import py_compile; py_compile.compile('a.py', 'a.pyc')", cwd=tmp_path)
    (tmp_path / "a.py").unlink()
    _, loaded = traced(f"{PLAIN}; traces.collect_modules()", tmp_path)
    path = tmp_path / "a.pyc"
    assert loaded == {str(path): [list(signature(str(path)) or ()), None]}


def test_modules_that_are_no_files_are_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "namespace").mkdir()
    code = """
import types, namespace
made = types.ModuleType("made")
made.__spec__ = types.SimpleNamespace(loader=object(), origin="/nowhere/made.so")
sys.modules.update(made=made, none=None, odd=object())
traces.collect_modules()
"""
    assert traced(code, tmp_path)[1] == {}


MISSED = """
    import json, sys
    from autoreload.watch.traces import Traces
    traces = Traces()
    traces.install()
    sys.path.append("/nowhere/yet")
    for name in ("absent", "package.absent", "os.absent"):
        try:
            __import__(name)
        except ImportError:
            pass
    asked = [folder for folder, names in traces.searches.probes.asked.items() if "absent" in names]
    missing = [path for path, one in traces.loaded.items() if one.signature is None]
    print(json.dumps([asked, missing]))
"""


def test_a_module_that_was_looked_for_in_vain_is_asked_for_wherever_it_may_come(
    tmp_path: Path,
) -> None:
    """Whoever creates it wants it to be taken; what is nobody's own is not looked at."""
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").touch()
    asked, missing = json.loads(output(MISSED, cwd=tmp_path))
    assert {str(tmp_path), str(tmp_path / "package")} <= {*asked}
    assert "site-packages" not in str([asked, missing])
    # A folder of the search path that is not there cannot be asked: its files are missing.
    assert missing == ["/nowhere/yet/absent.py", "/nowhere/yet/absent/__init__.py"]


@pytest.mark.parametrize("entry", ["lib", "lib/", "./lib", "lib/.", "../{0}/lib", "{1}/lib/"])
def test_what_was_found_is_not_found_better_however_the_path_is_written(
    tmp_path: Path, entry: str
) -> None:
    """`sys.path.insert(0, "/project/lib/")` led to restarts without end."""
    (tmp_path / "lib" / "package").mkdir(parents=True)
    (tmp_path / "lib" / "package" / "__init__.py").touch()
    (tmp_path / "lib" / "module.py").touch()
    code = f"""
    import sys
    from autoreload.watch.traces import Traces
    traces = Traces()
    traces.install()
    sys.path.insert(0, {entry.format(tmp_path.name, tmp_path)!r})
    import module, package
    print(traces.searches.probes.better())
    """
    assert output(code, cwd=tmp_path) == "[]\n"


def test_an_import_in_a_folder_that_is_gone(tmp_path: Path) -> None:
    """The search path began with the working directory, and every import failed with it."""
    code = """
    import os, sys
    from autoreload.watch.traces import Traces
    Traces().install()
    assert sys.path[0] == ""
    os.mkdir("gone")
    os.chdir("gone")
    os.rmdir("../gone")
    import colorsys
    try:
        import absent
    except ModuleNotFoundError as problem:
        print(problem)
    """
    assert output(code, cwd=tmp_path) == "No module named 'absent'\n"


def test_a_missing_module_that_the_program_writes_itself_is_loaded_like_any(tmp_path: Path) -> None:
    code = """
try:
    import written
except ImportError:
    open("written.py", "w").write("x = 1")
    sys.path_importer_cache.clear()
    import written
"""
    _, loaded = traced(code, tmp_path)
    path = tmp_path / "written.py"
    assert loaded[str(path)] == record(path)
