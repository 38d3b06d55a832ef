"""Whether git is in the middle of rewriting the tree that a file belongs to."""

import os
import time

_STATES = {
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
}

STIRS_S = 1.0
"""A rebase or merge that has touched nothing for this long waits for its user."""

_folders: dict[str, str] = {}


def busy(path: str) -> str | None:
    """What git is doing to the tree of a file: `git`, `rebase`, `merge` or the like, or nothing.

    git holds `index.lock` while it writes the tree (gitrepository-layout(5)). A rebase or a merge
    that has stopped at a conflict may last for days, so of those only what has just moved counts.
    """
    folder = _git_folder(os.path.dirname(path))
    if folder is None:
        return None
    if os.path.exists(os.path.join(folder, "index.lock")):
        return "git"
    for state, name in _STATES.items():
        if os.path.exists(os.path.join(folder, state)) and _has_stirred(folder, state):
            return name
    return None


def folders_above(directory: str) -> list[str]:
    """The folders of the same repository above a directory, the top first; none outside of one."""
    found: list[str] = []
    folder = directory
    while not os.path.exists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return []
        folder = above
        found.insert(0, folder)
    return found


def _has_stirred(folder: str, state: str) -> bool:
    newest = 0.0
    for name in (state, "HEAD", "index"):
        try:
            newest = max(newest, os.stat(os.path.join(folder, name)).st_mtime)
        except OSError:
            continue
    return time.time() - newest < STIRS_S


def _git_folder(directory: str) -> str | None:
    """The folder that holds the repository's state, also of a linked worktree."""
    if directory in _folders:
        return _folders[directory]
    marker = os.path.join(directory, ".git")
    parent = os.path.dirname(directory)
    if os.path.isdir(marker):
        found: str | None = marker
    elif os.path.isfile(marker):
        found = _linked(marker)
    else:
        found = None if parent == directory else _git_folder(parent)
    if found is not None:  # what is not there may come, with `git init`
        _folders[directory] = found
    return found


def _linked(marker: str) -> str | None:
    try:
        with open(marker, encoding="utf-8", errors="surrogateescape") as file:
            text = file.read().strip()
    except OSError:
        return None
    target = text.removeprefix("gitdir:").strip()
    return os.path.normpath(os.path.join(os.path.dirname(marker), target)) if target else None
