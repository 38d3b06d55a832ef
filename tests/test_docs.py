"""The pages below `docs` keep their word: links, command lines, and what is drawn from the code.

`python tests/test_docs.py --write` draws the map of the package and the reference anew.
"""

import json
import os
import re
import shlex
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))


from autoreload import cli  # noqa: E402
from autoreload.client import cli as client  # noqa: E402
from autoreload.core import commandline, settings, variables  # noqa: E402
from tests import package_map, reference, said  # noqa: E402

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
ADVICE = "draw it anew: python tests/test_docs.py --write"

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]\n]+\]\(([^)\s]+)\)")
LINE = re.compile(
    r"(?:^|&& |; |- )(?:\$ |>>> )?(?:[A-Z_]+=\S+ )*(autorun [^#;&|>\n]*)", re.MULTILINE
)
SPAN = re.compile(r"`(autorun [^`\n]+)`")


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def anchors(page: Path) -> set[str]:
    """The names that the headings of a page have in links, as GitHub makes them."""
    text = FENCE.sub("", page.read_text("utf-8"))
    found = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in found}


def typed(text: str) -> Iterator[str]:
    """Every line of autorun that a page gives to be typed."""
    for language, block in FENCE.findall(text):
        if language in ("sh", "console", "yaml", "dockerfile", "ini"):
            yield from LINE.findall(block.replace("\\\n", " "))
    yield from SPAN.findall(FENCE.sub("", text))


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("AUTORUN"):
            monkeypatch.delenv(name)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(FENCE.sub("", page.read_text("utf-8"))):
        if link.startswith(("https://", "http://")):
            continue
        path, _, anchor = link.partition("#")
        leads_to = (page.parent / path).resolve() if path else page
        assert leads_to.exists(), f"{named(page)}: {link}"
        if anchor:
            assert anchor in anchors(leads_to), f"{named(page)}: {link}, {anchors(leads_to)}"


def test_every_page_can_be_reached() -> None:
    reached: set[Path] = set()
    ways = [ROOT / "README.md"]
    while ways:
        page = ways.pop()
        reached.add(page)
        for link in LINK.findall(page.read_text("utf-8")):
            there = (page.parent / link.partition("#")[0]).resolve()
            if there.suffix == ".md" and there.exists() and there not in {*reached, *ways}:
                ways.append(there)
    assert not {*PAGES} - reached


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_lines_can_be_typed(page: Path) -> None:
    """Options exist and have good values, commands and their options too."""
    for line in typed(page.read_text("utf-8")):
        words = shlex.split(line)[1:]
        if any(word.startswith("[") or "…" in word for word in words):
            continue  # a pattern of lines, and no line
        try:
            check(words)
        except Exception as error:
            pytest.fail(f"{named(page)}: {line!r}: {error}", pytrace=False)


def check(words: list[str]) -> None:
    """Raise what autorun would complain of."""
    if words and words[0] in client.group.commands:
        client.group.commands[words[0]].make_context(words[0], words[1:])
        return
    split = commandline.split(words, cli.arity)
    given = cli.parse([one for one in split.options if one not in ("--help", "-h", "--version")])
    assert given is not None
    cli.options(given.values, lambda field: field)
    assert not split.target or split.target[0] not in commandline.RESERVED, "no such command"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_files_of_other_programs_can_be_read(page: Path) -> None:
    for language, block in FENCE.findall(page.read_text("utf-8")):
        if language == "json":
            json.loads(block)
        elif language == "toml":
            found = tomllib.loads(block)
            table = found.get("tool", {}).get("autorun", found)
            settings.checked(settings.Table("autorun.toml", table, block), cli.settings())
        elif language == "python" and page.name != "tutorial.md":  # which breaks its own
            compile(block, named(page), "exec")


def test_an_editor_finds_errors_by_the_pattern() -> None:
    page = (DOCS / "how-to" / "debugging.md").read_text("utf-8")
    tasks = next(json.loads(block) for _, block in FENCE.findall(page) if "problemMatcher" in block)
    matcher = tasks["tasks"][0]["problemMatcher"]
    broken = said.sections()["Broken code"]
    for name, message in (("held", "SyntaxError: '("), ("crashed", "NameError: name")):
        line = f"[autorun] {next(one for one in broken if one.name == name).lines[0]}"
        found = re.match(matcher["pattern"]["regexp"], line)
        assert found, line
        assert found.group(1, 2) == ("shop/views.py", "9" if name == "held" else "12")
        assert found[4].startswith(message)
        assert re.match(matcher["background"]["endsPattern"], line)
    changes = said.sections()["Changes"]
    line = next(one for one in changes if one.name == "changed").lines[0]
    assert re.match(matcher["background"]["beginsPattern"], f"[autorun] {line}")


@pytest.mark.parametrize("name", reference.PAGES)
def test_the_reference_is_the_code(name: str) -> None:
    assert (DOCS / "reference" / name).read_text("utf-8") == reference.drawn(name), ADVICE


def test_nothing_else_is_in_the_reference() -> None:
    assert {page.name for page in (DOCS / "reference").glob("*.md")} == {*reference.PAGES}


def test_every_line_is_explained() -> None:
    assert not said.unsaid(), "say in tests/said.py what they mean"


def test_every_variable_is_explained() -> None:
    """All that the package mentions, less the variables of options."""
    mentioned = package_map.texts(ROOT)
    found = {one for one in mentioned if re.fullmatch(r"_?AUTORUN(_[A-Z]+)+|RELOAD_ENV", one)}
    explained = {*reference.READ, *reference.SET, *reference.PASSED}
    options = {f"AUTORUN_{one.field.upper()}" for one in cli.settings()}
    assert not found - explained - options, "say in tests/reference.py what they are"
    assert explained >= variables.FOR_APP


def test_the_map_is_the_package() -> None:
    text = (DOCS / "internals.md").read_text("utf-8")
    assert package_map.with_map(text, package_map.drawn(ROOT)) == text, ADVICE


def main(arguments: list[str]) -> int:
    if arguments != ["--write"]:
        print("usage: python tests/test_docs.py --write", file=sys.stderr)
        return 2
    for name in [name for name in os.environ if name.startswith("AUTORUN")]:
        del os.environ[name]
    page = DOCS / "internals.md"
    page.write_text(package_map.with_map(page.read_text("utf-8"), package_map.drawn(ROOT)), "utf-8")
    reference.write(DOCS / "reference")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
