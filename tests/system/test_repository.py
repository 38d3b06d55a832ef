"""What git is doing to a tree, asked of real repositories."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from autoreload.system import repository
from autoreload.system.repository import busy
from tests.git import IDENTITY


def git(folder: Path, *words: str) -> int:
    """Run git; its exit code."""
    return subprocess.run(
        ["git", *words],
        cwd=folder,
        env={**os.environ, **IDENTITY},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    ).returncode


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with two branches that are at odds over one file."""
    folder = tmp_path / "project"
    (folder / "deep").mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    for branch, text in (("main", "first"), ("other", "theirs"), ("main", "ours")):
        if branch == "other":
            git(folder, "checkout", "--quiet", "-b", "other")
        else:
            git(folder, "checkout", "--quiet", branch)
        (folder / "deep" / "a.py").write_text(text)
        git(folder, "add", ".")
        assert git(folder, "commit", "--quiet", "-m", text) == 0
    return folder


def rest(folder: Path) -> None:
    """Let what is in a git folder look as if nothing had moved for a while."""
    long_ago = time.time() - 10 * repository.STIRS_S
    for path in folder.rglob("*"):
        os.utime(path, (long_ago, long_ago))


def test_nobody_is_at_work(project: Path) -> None:
    assert busy(str(project / "deep" / "a.py")) is None
    assert busy(str(project / "not" / "there.py")) is None


def test_a_file_without_a_repository(tmp_path: Path) -> None:
    assert busy(str(tmp_path / "a.py")) is None
    assert busy("/a.py") is None


def test_the_lock_of_the_index(project: Path) -> None:
    lock = project / ".git" / "index.lock"
    lock.touch()
    assert busy(str(project / "deep" / "a.py")) == "git"
    rest(project / ".git")
    assert busy(str(project / "deep" / "a.py")) == "git"
    lock.unlink()
    assert busy(str(project / "deep" / "a.py")) is None


@pytest.mark.parametrize(
    ("words", "end", "expected"),
    [
        (["rebase", "other"], "rebase", "rebase"),
        (["rebase", "--apply", "other"], "rebase", "rebase"),
        (["merge", "other"], "merge", "merge"),
        (["cherry-pick", "other"], "cherry-pick", "cherry-pick"),
    ],
)
def test_what_stops_at_a_conflict_counts_while_it_stirs(
    project: Path, words: list[str], end: str, expected: str
) -> None:
    path = str(project / "deep" / "a.py")
    assert git(project, *words) != 0, "there is no conflict"
    for name in ("HEAD", "index"):
        os.utime(project / ".git" / name)  # git has just written them, however slow this machine is
    assert busy(path) == expected
    rest(project / ".git")
    assert busy(path) is None, "its user may be at it for days"
    assert git(project, end, "--abort") == 0
    assert busy(path) is None


def test_a_revert_is_told_from_a_cherry_pick(project: Path) -> None:
    assert git(project, "revert", "other") != 0, "there is no conflict"
    os.utime(project / ".git" / "HEAD")
    assert busy(str(project / "deep" / "a.py")) == "revert"


def test_a_linked_worktree_has_a_state_of_its_own(project: Path) -> None:
    linked = project.parent / "linked"
    assert git(project, "worktree", "add", "--quiet", str(linked), "other") == 0
    state = project / ".git" / "worktrees" / "linked"
    (state / "index.lock").touch()
    assert busy(str(linked / "deep" / "a.py")) == "git"
    assert busy(str(project / "deep" / "a.py")) is None


def test_a_submodule_names_its_folder_relatively(project: Path) -> None:
    """`gitdir: ../.git/modules/sub`, as git writes it there."""
    state = project / ".git" / "modules" / "sub"
    state.mkdir(parents=True)
    (project / "sub").mkdir()
    (project / "sub" / ".git").write_text("gitdir: ../.git/modules/sub\n")
    (state / "index.lock").touch()
    assert busy(str(project / "sub" / "a.py")) == "git"
    assert busy(str(project / "a.py")) is None


@pytest.mark.parametrize("text", [b"", b"gitdir:\n", b"gitdir: /nowhere\n", b"\xff\0\n"])
def test_a_marker_that_leads_nowhere(tmp_path: Path, text: bytes) -> None:
    (tmp_path / ".git").write_bytes(text)
    assert busy(str(tmp_path / "a.py")) is None


def test_a_repository_that_is_made_later_is_found(tmp_path: Path) -> None:
    """`git init` in a project that runs: the answer of before was kept for ever."""
    path = str(tmp_path / "a.py")
    assert busy(path) is None
    assert git(tmp_path, "init", "--quiet") == 0
    (tmp_path / ".git" / "index.lock").touch()
    assert busy(path) == "git"
