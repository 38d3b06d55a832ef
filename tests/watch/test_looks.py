"""What a program asks for with a stat, in interpreters of their own."""

from pathlib import Path

import pytest

from tests.children import output

LOOK = """
import os
from autoreload.watch.looks import Looks
looks = Looks(os.getcwd() + os.sep)
looks.install()
"""


@pytest.mark.parametrize(
    ("asks", "then", "found"),
    [
        ("os.path.exists('a')", "open('a', 'w')", "a"),
        ("import pathlib; pathlib.Path('a').is_dir()", "os.mkdir('a')", "a"),
        ("os.path.exists(b'a')", "os.mkdir('a')", "a"),
        ("os.path.getmtime('here')", "os.utime('here', (1, 1))", ""),
        ("os.path.exists('here')", "os.unlink('here')", "here"),
        ("os.path.exists('..')", "", ""),
        ("os.path.exists('\\0')", "", ""),
        ("os.stat(0)", "", ""),
        ("looks.close(); os.path.exists('a')", "os.mkdir('a')", ""),
    ],
)
def test_whether_it_is_there_is_noted(tmp_path: Path, asks: str, then: str, found: str) -> None:
    (tmp_path / "here").touch()
    shows = "print(os.path.basename(looks.changed()))"
    assert output(f"{LOOK}{asks}\n{then}\n{shows}", cwd=tmp_path).strip() == found


def test_the_standard_library_trusts_it_as_before(tmp_path: Path) -> None:
    """`shutil` looks whether `os.stat` is one of those that take a descriptor of a folder."""
    asks = "import shutil; print(shutil.rmtree.avoids_symlink_attacks)"
    assert output(f"{LOOK}{asks}", cwd=tmp_path) == output(asks, cwd=tmp_path)
