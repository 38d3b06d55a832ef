"""Patterns as git reads them in .gitignore: which files of a tree are ignored.

The rules are those of gitignore(5): the last pattern that matches decides, `!` takes back, a slash
at the end means folders only, one at the start or in the middle ties the pattern to its folder,
`**` between slashes stands for any number of folders; and what lies in an ignored folder stays
ignored. Tested against `git check-ignore`.
"""

# `re` is imported where a pattern is compiled: without one, no start waits for that.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_POSIX = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": " \\t",
    "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9",
    "graph": "\\x21-\\x7e",
    "lower": "a-z",
    "print": "\\x20-\\x7e",
    "punct": "!-/:-@\\[-`{-~",
    "space": "\\s",
    "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}


def of_option(patterns: "Iterable[str]", root: str) -> "Ignored":
    """The patterns of --ignore: as in a .gitignore at the root; absolute paths mean themselves."""
    ignored = Ignored()
    for pattern in patterns:
        sign = "!" if pattern.startswith("!") else ""
        text = pattern.removeprefix(sign)
        below = text.removeprefix(root.rstrip("/") + "/")
        ignored.add([pattern if below == text else f"{sign}/{below}"], root)
        if text.startswith("/") and below == text:
            ignored.add([pattern], "/")
    return ignored


def escaped(path: str) -> str:
    """A pattern of --ignore that means this very path."""
    import re

    return re.sub(r"([\\*?\[\]!# ])", r"\\\1", path)


class _Rule:
    __slots__ = ("base", "expression", "folders_only", "negated")

    def __init__(self, base: str, expression: str, *, negated: bool, folders_only: bool) -> None:
        import re

        self.base = base
        self.expression = re.compile(expression, re.DOTALL)
        self.negated = negated
        self.folders_only = folders_only


class Ignored:
    """The patterns of one or more files, each for the folder that it stands in."""

    def __init__(self) -> None:
        self._rules: list[_Rule] = []

    def __bool__(self) -> bool:
        return bool(self._rules)

    def add(self, lines: "Iterable[str]", base: str) -> None:
        """Add patterns for what lies below a folder; deeper folders are added after higher ones."""
        prefix = base.rstrip("/") + "/"
        for line in lines:
            rule = _rule(line, prefix)
            if rule is not None:
                self._rules.append(rule)

    def match(self, path: str, *, is_folder: bool = False, below: str = "") -> bool:
        """Whether an absolute path is ignored, by itself or with a folder above it.

        The folder `below` and those above it count as not ignored, whatever the patterns say.
        """
        start = min((len(rule.base) for rule in self._rules), default=0)
        start = max(start, len(below.rstrip("/")) + 1)
        end = path.find("/", start)
        while end > 0:
            if self.match_itself(path[:end], is_folder=True):
                return True
            end = path.find("/", end + 1)
        return self.match_itself(path, is_folder=is_folder)

    def match_itself(self, path: str, *, is_folder: bool) -> bool:
        """The same for a path of which every folder above is known not to be ignored."""
        for rule in reversed(self._rules):
            if (
                path.startswith(rule.base)
                and (is_folder or not rule.folders_only)
                and rule.expression.fullmatch(path, len(rule.base))
            ):
                return not rule.negated
        return False


def _rule(line: str, base: str) -> _Rule | None:
    text = line.rstrip("\n").removesuffix("\r")
    while text.endswith(" ") and not text.endswith("\\ "):
        text = text[:-1]
    if not text or text.startswith("#"):
        return None
    negated = text.startswith("!")
    text = text[1:] if negated else text
    folders_only = text.endswith("/")
    text = text[:-1] if folders_only else text
    if not text:
        return None
    tied = "/" in text
    body = _body(text.removeprefix("/"), tied=tied)
    if body is None:
        return None
    expression = body if tied else f"(?:.*/)?{body}"
    return _Rule(base, expression, negated=negated, folders_only=folders_only)


def _body(text: str, *, tied: bool) -> str | None:
    """The regular expression; None for a pattern that matches nothing."""
    import re

    parts: list[str] = []
    # git compares what stands before the first wildcard by itself, and only then reads the rest
    # as a pattern of its own (dir.c, match_pathname): so `ab**/c` begins anew behind `ab`.
    wild = (place for place, letter in enumerate(text) if letter in "*?[\\")
    plain = next(wild, len(text)) if tied else 0
    position = 0
    while position < len(text):
        rest = text[position:]
        begins = position in (0, plain) or text[position - 1] == "/"
        if rest[0] == "*":
            stars = len(rest) - len(rest.lstrip("*"))
            after = rest[stars:]
            if stars > 1 and begins and not after:
                parts.append(".*")
            elif stars > 1 and begins and after.startswith("/"):
                parts.append("(?:.*/)?")
                position += 1
            else:
                parts.append("[^/]*")
            position += stars
        elif rest[0] == "?":
            parts.append("[^/]")
            position += 1
        elif rest[0] == "[":
            found = _class(rest)
            if found is None:
                return None
            parts.append(found[0])
            position += found[1]
        elif rest[0] == "\\":
            if len(rest) == 1:
                return None
            parts.append(re.escape(rest[1]))
            position += 2
        else:
            parts.append(re.escape(rest[0]))
            position += 1
    return "".join(parts)


def _class(rest: str) -> tuple[str, int] | None:
    """A class in brackets and its length, as wildmatch.c reads it; None when it has no end."""
    import re

    position = 1
    negated = rest[1:2] in ("!", "^")
    position += negated
    items: list[str] = []
    previous = ""
    first = True
    while True:
        if position >= len(rest):
            return None
        letter = rest[position]
        if letter == "]" and not first:
            break
        first = False
        if letter == "[" and rest[position + 1 : position + 2] == ":":
            end = rest.find("]", position + 2)
            if end < 0:
                return None
            if rest[end - 1] == ":" and end - 1 >= position + 2:
                name = rest[position + 2 : end - 1]
                if name not in _POSIX:
                    return None
                items.append(_POSIX[name])
                previous = ""
                position = end + 1
                continue
            items.append(re.escape("["))
            previous = "["
            position += 1
            continue
        if letter == "-" and previous and rest[position + 1 : position + 2] not in ("", "]"):
            position += 1
            high = rest[position]
            if high == "\\":
                position += 1
                if position >= len(rest):
                    return None
                high = rest[position]
            if previous <= high:
                items.append(f"{re.escape(previous)}-{re.escape(high)}")
            previous = ""
            position += 1
            continue
        if letter == "\\":
            position += 1
            if position >= len(rest):
                return None
            letter = rest[position]
        items.append(re.escape(letter))
        previous = letter
        position += 1
    inside = "".join(items)
    if not inside:
        return ("[^/]" if negated else "(?!)"), position + 1
    return f"(?!/)[{'^' if negated else ''}{inside}]", position + 1
