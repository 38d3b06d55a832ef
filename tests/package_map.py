"""The map of the package: every file with what it is for, as its docstring says it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

MAP = re.compile(r"(?<=^<!-- map -->\n)(```\w*\n)(.*?)(?=^```$)", re.MULTILINE | re.DOTALL)

# Reading order: the doors, the words, then what stands on them.
FOLDERS = ("autoreload", "core", "system", "watch", "inner", "outer", "client")


def drawn(root: Path) -> str:
    """List every file that is not empty with its docstring's first line, one a line.

    A folder's `__init__` stands for the folder.
    """
    rows: list[tuple[str, str]] = []
    for file, tree in parsed(root):
        sentence = (ast.get_docstring(tree) or "").partition("\n")[0]
        path = file.relative_to(root).as_posix()
        rows.append((re.sub(r"(?<=/)(\w+/)__init__\.py$", r"\1", path), sentence))
    width = max(len(path) for path, _ in rows)
    return "".join(f"{path:{width}}  {sentence}".rstrip() + "\n" for path, sentence in rows)


def texts(root: Path) -> set[str]:
    """Every text that stands in the code by itself."""
    return {
        node.value
        for _, tree in parsed(root)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def parsed(root: Path) -> Iterator[tuple[Path, ast.Module]]:
    """Every file of the package in reading order, unless it is empty."""
    for file in sorted((root / "autoreload").rglob("*.py"), key=reading_order):
        if source := file.read_text("utf-8"):
            yield file, ast.parse(source)


def reading_order(file: Path) -> tuple[int, str]:
    folder = file.parent.name
    return FOLDERS.index(folder) if folder in FOLDERS else len(FOLDERS), file.as_posix()


def with_map(text: str, map_: str) -> str:
    """Put the map into its fence, which follows the comment `<!-- map -->`."""
    text, count = MAP.subn(lambda found: found[1] + map_, text)
    if count != 1:
        raise ValueError(
            f"a page needs one fenced block directly after a line '<!-- map -->', found {count}"
        )
    return text
