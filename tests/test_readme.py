"""The README keeps its word: set-up commands, options, and the map of the package.

`python tests/test_readme.py --write` draws the map anew.
"""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"

COMMAND = re.compile(r"^<!-- (run|test) -->\n```sh\n(.+?)^```$", re.MULTILINE | re.DOTALL)
MAP = re.compile(r"(?<=^<!-- map -->\n)(```\w*\n)(.*?)(?=^```$)", re.MULTILINE | re.DOTALL)

# Reading order: the doors, the words, then what stands on them.
FOLDERS = ("autoreload", "core", "system", "watch", "inner", "outer", "apps")


def package_map(root: Path) -> str:
    """List every file that is not empty with its docstring's first line, one a line.

    A folder's `__init__` stands for the folder.
    """
    rows: list[tuple[str, str]] = []
    for file in sorted((root / "autoreload").rglob("*.py"), key=reading_order):
        if not (source := file.read_text("utf-8")):
            continue
        sentence = (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]
        path = file.relative_to(root).as_posix()
        rows.append((re.sub(r"(?<=/)(\w+/)__init__\.py$", r"\1", path), sentence))
    width = max(len(path) for path, _ in rows)
    return "".join(f"{path:{width}}  {sentence}".rstrip() + "\n" for path, sentence in rows)


def reading_order(file: Path) -> tuple[int, str]:
    folder = file.parent.name
    return FOLDERS.index(folder) if folder in FOLDERS else len(FOLDERS), file.as_posix()


def with_map(text: str, drawn: str) -> str:
    """Put the map into its fence, which follows the comment `<!-- map -->`."""
    text, count = MAP.subn(lambda found: found[1] + drawn, text)
    if count != 1:
        raise ValueError(
            f"{README.name} needs one fenced block directly after a line '<!-- map -->', "
            f"found {count}"
        )
    return text


def is_named(option: str, text: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text) is not None


@pytest.fixture
def text() -> str:
    return README.read_text("utf-8")


def test_two_commands_are_marked(text: str) -> None:
    marks = [line for line in text.splitlines() if line in ("<!-- run -->", "<!-- test -->")]
    fences = [f"<!-- {name} -->" for name, _ in COMMAND.findall(text)]
    assert sorted(marks) == ["<!-- run -->", "<!-- test -->"]
    assert fences == marks, "a mark stands on the line before its ```sh"


def test_every_option_is_named(text: str) -> None:
    import click

    from autoreload.cli import command

    options = [
        spelling
        for parameter in command.get_params(click.Context(command))
        if isinstance(parameter, click.Option) and not parameter.hidden
        for spelling in (*parameter.opts, *parameter.secondary_opts)
    ]
    assert "--help" in options
    unnamed = [option for option in options if not is_named(option, text)]
    assert not unnamed, f"the README does not name {', '.join(unnamed)}"


def test_the_map_is_the_package(text: str) -> None:
    found = MAP.search(text)
    assert found, "no fenced block directly after a line '<!-- map -->'"
    advice = "draw it anew: python tests/test_readme.py --write"
    assert found[2] == package_map(ROOT), advice


def test_the_map_reads_docstrings(tmp_path: Path) -> None:
    core = tmp_path / "autoreload" / "core"
    inner = tmp_path / "autoreload" / "inner"
    for folder in (core, inner):
        folder.mkdir(parents=True)
    (core.parent / "cli.py").write_text('"""Click."""\n')
    (core.parent / "__init__.py").write_text('"""All."""\n')
    (core / "__init__.py").write_text('"""Pure."""\n')
    (core / "changes.py").write_text('"""Compare.\n\nAt length.\n"""\n')
    (inner / "__init__.py").write_text("")
    (inner / "run.py").write_text("")
    drawn = package_map(tmp_path)
    assert drawn == (
        "autoreload/__init__.py      All.\n"
        "autoreload/cli.py           Click.\n"
        "autoreload/core/            Pure.\n"
        "autoreload/core/changes.py  Compare.\n"
    )
    before = "Rooms:\n\n<!-- map -->\n```text\nold\n```\n\n```sh\nls\n```\n"
    assert with_map(before, drawn) == before.replace("old\n", drawn)
    with pytest.raises(ValueError, match="found 0"):
        with_map("no map here\n", drawn)


def main(arguments: list[str]) -> int:
    if arguments != ["--write"]:
        print("usage: python tests/test_readme.py --write", file=sys.stderr)
        return 2
    README.write_text(with_map(README.read_text("utf-8"), package_map(ROOT)), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
