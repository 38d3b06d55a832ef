"""Globs of `--watch` and `--ignore`: `*`, `?`, `[abc]`, and `**` for any number of folders.

A pattern with a slash in it is taken from the root where autorun was started, one without matches
a name at any depth, as in gitignore; a pattern that names a folder means all that is in it.
"""

import os.path
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
    text = pattern.replace(os.path.sep, "/").rstrip("/")
    text = text.removeprefix("./")
    if text.startswith("~"):
        text = os.path.expanduser(text)
    base = root.replace(os.path.sep, "/").rstrip("/")
    if text.startswith("/"):
        start = ""
    elif "/" in text:
        start = re.escape(base) + "/"
    else:
        start = "(?:.*/)?"
    return f"(?s:{start}{_body(text)}(?:/.*)?)\\Z"


def _body(text: str) -> str:
    parts = []
    position = 0
    while position < len(text):
        rest = text[position:]
        if rest.startswith("**/"):
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
        elif rest[0] == "[" and (end := rest.find("]", 2)) > 0:
            inside = rest[1:end].replace("\\", "\\\\")
            if inside.startswith(("!", "^")):
                inside = "^" + inside[1:]
            parts.append(f"[{inside}]")
            position += end + 1
        else:
            parts.append(re.escape(rest[0]))
            position += 1
    return "".join(parts)
