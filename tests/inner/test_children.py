"""Children of multiprocessing report what they load, whatever way they are started."""

from pathlib import Path

import pytest

from tests.children import output

TELL = """
    import multiprocessing
    import multiprocessing.spawn
    import sys

    from autoreload.inner import children
    from autoreload.system.channel import Channel, pair

    import work

    ours, theirs = pair()
    inner = Channel(theirs)
    children.connect(inner)
    children.trace_spawned(multiprocessing.spawn)
    {before}
    process = multiprocessing.get_context("{method}").Process(target=work.{target})
    process.start()
    process.join(30)
    print("ended", process.exitcode)
    heard = {{}}
    while {reads} and (message := ours.receive()) is not None:
        loads = message.fields.get("files", [])  # of installed packages there is no file
        names = [path.rpartition("/")[2] for path, *_ in loads]
        heard.setdefault(message.pid, []).extend(names)
    for names in heard.values():
        print(*sorted(set(names)))
"""

WORK = """
def load():
    import loaded


def nothing():
    pass


def again():
    import multiprocessing

    process = multiprocessing.get_context("spawn").Process(target=load)
    process.start()
    process.join(30)
"""


def told(
    folder: Path, *, target: str, method: str = "spawn", before: str = "", reads: bool = True
) -> list[str]:
    """How the child ended, then a line for each process that told what it loaded."""
    (folder / "work.py").write_text(WORK)
    (folder / "loaded.py").write_text("")
    code = TELL.format(target=target, method=method, before=before, reads=reads)
    return output(code, cwd=folder).splitlines()


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_a_child_tells_what_it_loads(tmp_path: Path, method: str) -> None:
    said = told(tmp_path, target="load", method=method)
    assert said == ["ended 0", "loaded.py work.py"]


def test_a_child_of_a_child_tells_it_too(tmp_path: Path) -> None:
    said = told(tmp_path, target="again")
    assert said[0] == "ended 0"
    assert sorted(said[1:]) == ["loaded.py work.py", "work.py"]


def test_a_child_is_heard_even_if_all_its_files_are_foreign(tmp_path: Path) -> None:
    """Sanic's manager, a process of the standard library, was taken for one without our traces."""
    (tmp_path / "work.py").write_text("")
    said = output(
        TELL.format(
            target="__name__",
            method="spawn",
            before="import time; work.__name__ = time.time",
            reads=True,
        ),
        cwd=tmp_path,
    ).splitlines()
    assert said == ["ended 0", ""]


@pytest.mark.parametrize("before", ["ours.close()", "inner.close()"])
def test_without_a_channel_children_run_all_the_same(tmp_path: Path, before: str) -> None:
    said = told(tmp_path, target="load", before=before, reads=False)
    assert said == ["ended 0"]


def test_what_was_not_connected_is_not_touched(tmp_path: Path) -> None:
    said = output("""
        import multiprocessing.spawn as spawn
        from autoreload.inner import children

        before = spawn.get_preparation_data
        children.trace_spawned(spawn)
        print(spawn.get_preparation_data is before)
    """)
    assert said == "True\n"
