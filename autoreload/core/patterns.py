"""Globs of `--watch` and `--ignore`: `*`, `?`, `[abc]`, and `**` for any number of folders.

A pattern with a slash in it is taken from the root where autorun was started, one without matches
a name at any depth, as in gitignore; a pattern that names a folder means all that is in it. Only
`**` crosses a slash. A class that is none, such as `[z-a]`, stands for its own letters, and an
empty pattern names nothing.
"""

import os.path
import posixpath

# `re` is imported where a pattern is compiled: without one, no start waits for that.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Iterable


class Patterns:
    """A list of globs, one question."""

    def __init__(self, patterns: "Iterable[str]", root: str) -> None:
        patterns = tuple(patterns)
        self._found = [_compiled(expression(pattern, root)) for pattern in patterns]
        self._leading = [_compiled(leading(pattern, root)) for pattern in patterns]

    def match(self, path: str) -> bool:
        """Whether an absolute path, or a folder above it, is named by one of the patterns."""
        plain = path.replace(os.path.sep, "/")
        return any(pattern.match(plain) for pattern in self._found)

    def leads(self, folder: str) -> bool:
        """Whether anything below an absolute path can be named by one of the patterns."""
        plain = folder.replace(os.path.sep, "/").rstrip("/")
        return any(pattern.match(plain) for pattern in self._leading)


def _compiled(text: str) -> "re.Pattern[str]":
    import re

    return re.compile(text)


def expression(pattern: str, root: str) -> str:
    """The regular expression, for a whole absolute path with forward slashes."""
    import re

    if not pattern:
        return "(?!)"
    base, text = _anchored(pattern, root)
    start = "(?:.*/)?" if base is None else re.escape(base)
    return f"(?s:{start}{_body(text)}(?:/.*)?)\\Z"


def leading(pattern: str, root: str) -> str:
    """The regular expression for the folders on the way to what a pattern names, and those in it.

    From a part on that may hold a slash, by `**` or in a class, the pattern leads anywhere.
    """
    import re

    if not pattern:
        return "(?!)"
    base, text = _anchored(pattern, root)
    if base is None:
        return ""
    steps = [f"/{re.escape(part)}" for part in base.split("/")[1:]]
    rest = text[1:]
    while rest:
        part, slash, after = rest.partition("/")
        if "**" in part or not _body(rest).startswith(_body(part) + slash):
            break
        steps.append(f"/{_body(part)}")
        rest = after
    # Each step may be the last one, and behind all of them is whatever the pattern names.
    return f"(?s:{''.join(f'(?:{step}' for step in steps)}(?:/.*)?{')?' * len(steps)})\\Z"


def _anchored(pattern: str, root: str) -> tuple[str | None, str]:
    """Where a pattern begins and the rest of it; None if that is at any depth."""
    is_absolute = os.path.isabs(text := os.path.expanduser(pattern))
    text = text.replace(os.path.sep, "/").rstrip("/")
    if is_absolute:
        return _climbed("", text)
    if "/" in text or text in (".", ".."):
        return _climbed(root.replace(os.path.sep, "/").rstrip("/"), text)
    return None, text


def _climbed(base: str, text: str) -> tuple[str, str]:
    """The folder that a pattern begins in, and the rest of it with a slash in front."""
    parts: list[str] = []
    for part in text.split("/"):
        if part == ".." and parts and parts[-1] != "**":
            del parts[-1]
        elif part == ".." and not parts:
            base = posixpath.dirname(base).rstrip("/")
        elif part not in ("", "."):
            parts.append(part)
    return base, "".join(f"/{part}" for part in parts)


def _body(text: str) -> str:
    import re

    parts = []
    position = 0
    while position < len(text):
        rest = text[position:]
        at_start = position == 0 or text[position - 1] == "/"
        if rest.startswith("**/") and at_start:
            parts.append("(?:.*/)?")
            position += 3
        elif rest.startswith("**"):
            parts.append(".*")
            position += 2
        elif rest[0] == "*":
            parts.append("[^/]*")
            position += 1
        elif rest[0] == "?":
            parts.append("[^/]")
            position += 1
        elif rest[0] == "[" and (found := _class(rest)):
            parts.append(found[0])
            position += found[1]
        else:
            parts.append(re.escape(rest[0]))
            position += 1
    return "".join(parts)


def _class(rest: str) -> tuple[str, int] | None:
    """The class that a text begins with, and how many letters it takes; None for an invalid one."""
    import re

    first = 2 if rest[1:2] in ("!", "^") else 1
    end = rest.find("]", first + 1)  # one that comes first is a letter
    if end < 0:
        return None
    items = []
    position = first
    while position < end:
        low = high = rest[position]
        if rest[position + 1] == "-" and position + 2 < end:
            high = rest[position + 2]
            position += 2
        if low > high:
            return None
        items.append(f"{re.escape(low)}-{re.escape(high)}")
        position += 1
    return f"(?!/)[{'^' if first == 2 else ''}{''.join(items)}]", end + 1
