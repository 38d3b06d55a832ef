"""Whether git is in the middle of rewriting the tree that a file belongs to."""

import os
import time

_STATES = ("rebase-merge", "rebase-apply", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD")
_NAMES = {"rebase-merge": "rebase", "rebase-apply": "rebase", "MERGE_HEAD": "merge"}

STIRS_S = 1.0
"""A rebase or merge that has touched nothing for this long waits for its user."""

_folders: dict[str, str | None] = {}


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
    for state in _STATES:
        if os.path.exists(os.path.join(folder, state)) and _has_stirred(folder, state):
            return _NAMES.get(state, "cherry-pick")
    return None


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
    if directory not in _folders:
        marker = os.path.join(directory, ".git")
        parent = os.path.dirname(directory)
        if os.path.isdir(marker):
            _folders[directory] = marker
        elif os.path.isfile(marker):
            _folders[directory] = _linked(marker)
        else:
            _folders[directory] = None if parent == directory else _git_folder(parent)
    return _folders[directory]


def _linked(marker: str) -> str | None:
    try:
        with open(marker, encoding="utf-8", errors="surrogateescape") as file:
            text = file.read().strip()
    except OSError:
        return None
    target = text.removeprefix("gitdir:").strip()
    return os.path.normpath(os.path.join(os.path.dirname(marker), target)) if target else None
