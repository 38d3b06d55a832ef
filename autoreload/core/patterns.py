"""Globs of `--watch` and `--ignore`: `*`, `?`, `[abc]`, and `**` for any number of folders.

A pattern with a slash in it is taken from the root where autorun was started, one without matches
a name at any depth, as in gitignore; a pattern that names a folder means all that is in it. Only
`**` crosses a slash. A class that is none, such as `[z-a]`, stands for its own letters, and an
empty pattern names nothing.
"""

import os.path
import posixpath
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


class Patterns:
    """A list of globs, one question."""

    def __init__(self, patterns: "Iterable[str]", root: str) -> None:
        self._found = [re.compile(expression(pattern, root)) for pattern in patterns]

    def match(self, path: str) -> bool:
        """Whether an absolute path, or a folder above it, is named by one of the patterns."""
        plain = path.replace(os.path.sep, "/")
        return any(pattern.match(plain) for pattern in self._found)


def expression(pattern: str, root: str) -> str:
    """The regular expression, for a whole absolute path with forward slashes."""
    if not pattern:
        return "(?!)"
    is_absolute = os.path.isabs(text := os.path.expanduser(pattern))
    text = text.replace(os.path.sep, "/").rstrip("/")
    if is_absolute:
        start = ""
    elif "/" in text or text in (".", ".."):
        base, text = _climbed(root.replace(os.path.sep, "/").rstrip("/"), text)
        start = re.escape(base)
    else:
        start = "(?:.*/)?"
    return f"(?s:{start}{_body(text)}(?:/.*)?)\\Z"


def _climbed(base: str, text: str) -> tuple[str, str]:
    """The folder that a relative pattern begins in, and the rest of it with a slash in front."""
    parts = [part for part in text.split("/") if part not in ("", ".")]
    while parts and parts[0] == "..":
        base = posixpath.dirname(base).rstrip("/")
        del parts[0]
    return base, "".join(f"/{part}" for part in parts)


def _body(text: str) -> str:
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
