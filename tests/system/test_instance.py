"""The place of an autorun: one owner at a time, and nothing of a dead one in the way."""

import os
import signal
from pathlib import Path

import pytest

from autoreload.system import instance
from autoreload.system.instance import Instance, Taken
from tests.children import started


def folder(tmp_path: Path) -> str:
    return str(tmp_path / "runtime")


def test_it_is_there_until_it_is_closed(tmp_path: Path) -> None:
    one = Instance(folder(tmp_path), "shop")
    assert sorted(os.listdir(folder(tmp_path))) == ["shop.lock", "shop.sock"]
    assert instance.is_owned(one.path)
    one.close()
    assert os.listdir(folder(tmp_path)) == []


def test_a_second_one_is_told_who_has_it(tmp_path: Path) -> None:
    one = Instance(folder(tmp_path), "shop")
    with pytest.raises(Taken) as taken:
        Instance(folder(tmp_path), "shop")
    assert (taken.value.pid, taken.value.path) == (os.getpid(), one.path)
    Instance(folder(tmp_path), "other").close()
    one.close()


def test_what_the_dead_left_is_taken_over(tmp_path: Path) -> None:
    script = (
        "import sys, signal\n"
        "from autoreload.system.instance import Instance\n"
        "one = Instance(sys.argv[1], 'shop')\n"
        "print('up', flush=True)\n"
        "signal.pause()\n"
    )
    with started(script, folder(tmp_path)) as child:
        assert child.line() == "up"
        with pytest.raises(Taken):
            Instance(folder(tmp_path), "shop")
        child.send(signal.SIGKILL)
        child.wait()
    assert "shop.sock" in os.listdir(folder(tmp_path))
    one = Instance(folder(tmp_path), "shop")
    one.close()


def test_a_leftover_is_cleared_away_by_whoever_looks(tmp_path: Path) -> None:
    Path(folder(tmp_path)).mkdir(mode=0o700)
    for name in ("shop.sock", "shop.lock"):
        (tmp_path / "runtime" / name).write_text("")
    assert not instance.is_owned(str(tmp_path / "runtime" / "shop.sock"))
    assert os.listdir(folder(tmp_path)) == []


def test_what_is_anothers_by_now_is_left(tmp_path: Path) -> None:
    one = Instance(folder(tmp_path), "shop")
    os.unlink(one.path)
    Path(one.path).write_text("another's")
    one.close()
    assert os.listdir(folder(tmp_path)) == ["shop.sock"]


def test_a_link_is_no_place(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    (tmp_path / "runtime").symlink_to(elsewhere)
    with pytest.raises(PermissionError):
        Instance(folder(tmp_path), "shop")


def test_where_it_is(tmp_path: Path) -> None:
    assert instance.folder({"XDG_RUNTIME_DIR": str(tmp_path)}) == str(tmp_path / "autorun")
    for useless in ("", "relative", str(tmp_path / "missing")):
        found = instance.folder({"XDG_RUNTIME_DIR": useless})
        assert found == f"/tmp/autorun-{os.getuid()}"
