"""The map is drawn from docstrings, into the one fence that is marked."""

from pathlib import Path

import pytest

from tests.package_map import drawn, texts, with_map


def test_the_map_reads_docstrings(tmp_path: Path) -> None:
    core = tmp_path / "autoreload" / "core"
    inner = tmp_path / "autoreload" / "inner"
    for folder in (core, inner):
        folder.mkdir(parents=True)
    (core.parent / "cli.py").write_text('"""Click."""\n')
    (core.parent / "__init__.py").write_text('"""All."""\n')
    (core / "__init__.py").write_text('"""Pure."""\n')
    (core / "changes.py").write_text('"""Compare.\n\nAt length.\n"""\nNAME = "a name"\n')
    (inner / "__init__.py").write_text("")
    (inner / "run.py").write_text("")
    found = drawn(tmp_path)
    assert found == (
        "autoreload/__init__.py      All.\n"
        "autoreload/cli.py           Click.\n"
        "autoreload/core/            Pure.\n"
        "autoreload/core/changes.py  Compare.\n"
    )
    assert "a name" in texts(tmp_path)
    before = "Rooms:\n\n<!-- map -->\n```text\nold\n```\n\n```sh\nls\n```\n"
    assert with_map(before, found) == before.replace("old\n", found)
    with pytest.raises(ValueError, match="found 0"):
        with_map("no map here\n", found)
