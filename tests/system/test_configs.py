"""Which config file counts, and what is said of one that cannot be read."""

import os
from pathlib import Path

import pytest

from autoreload.core.options import OptionsProblem
from autoreload.system import configs

OURS = "[tool.autorun]\ntarget = 'here'\n"


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A repository with a folder in a folder."""
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    (tmp_path / "repository" / "a" / "b").mkdir(parents=True)
    return tmp_path / "repository"


def found(folder: Path, home: str = "/nowhere") -> str | None:
    table = configs.find(str(folder), home).table
    return None if table is None else os.path.relpath(table.path, folder)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, None),
        ({"pyproject.toml": OURS}, "../../pyproject.toml"),
        ({"autorun.toml": ""}, "../../autorun.toml"),
        ({"autorun.toml": "", "pyproject.toml": OURS}, "../../autorun.toml"),
        ({"autorun.toml": "", "a/b/pyproject.toml": OURS}, "pyproject.toml"),
        ({"pyproject.toml": OURS, "a/pyproject.toml": "[tool.x]\n"}, "../../pyproject.toml"),
        ({"pyproject.toml": OURS, "a/pyproject.toml": "# no [tool.autorun]\n"}, "../../pyproject"),
        ({"pyproject.toml": "[tool.x\n"}, None),
        ({"pyproject.toml": "[ tool.autorun ]\n"}, None),
        ({"pyproject.toml": "[tool . autorun]\n"}, None),
        ({"../autorun.toml": "", "../pyproject.toml": OURS}, None),
    ],
)
def test_the_nearest_file_that_has_the_table_counts(
    top: Path, files: dict[str, str], expected: str | None
) -> None:
    for name, text in files.items():
        write(top / name, text)
    if expected == "../../pyproject":
        expected += ".toml"
    if files.get("pyproject.toml") == "[ tool.autorun ]\n":
        expected = "../../pyproject.toml"
    assert found(top / "a" / "b") == expected


def test_the_table_knows_its_place(top: Path) -> None:
    write(top / "pyproject.toml", f"[project]\nname = 'x'\n\r\n{OURS}")
    table = configs.find(str(top / "a"), "/nowhere").table
    assert table is not None
    assert (table.folder, table.values) == (str(top), {"target": "here"})
    assert table.where("target") == "pyproject.toml:5"


def test_a_file_that_is_passed_over_is_named(top: Path) -> None:
    write(top / "pyproject.toml", OURS)
    assert configs.find(str(top), "/").passed_over == ""
    write(top / "autorun.toml", "")
    assert configs.find(str(top), "/").passed_over == str(top / "pyproject.toml")


def test_the_home_directory_is_not_looked_in_from_below(tmp_path: Path) -> None:
    home = tmp_path / "home"
    write(home / "autorun.toml", "")
    write(home / "project" / "deep" / "app.py", "")
    assert found(home / "project" / "deep", str(home)) is None
    assert found(home / "project" / "deep") == "../../autorun.toml"
    assert found(home, str(home)) == "autorun.toml"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a folder to somebody else")
def test_a_file_above_in_somebody_elses_folder_is_left_alone(tmp_path: Path) -> None:
    """Whoever may write to a shared folder like /tmp would say what is run below it."""
    write(tmp_path / "shared" / "autorun.toml", "target = 'theirs'")
    write(tmp_path / "shared" / "mine" / "app.py", "")
    assert found(tmp_path / "shared" / "mine") == "../autorun.toml"
    os.chown(tmp_path / "shared", 65534, 65534)
    assert found(tmp_path / "shared" / "mine") is None


def test_what_was_looked_at_may_appear_or_change_later(top: Path) -> None:
    assert list(configs.find(str(top / "a"), "/nowhere").looked) == [
        str(top / "a" / "autorun.toml"),
        str(top / "a" / "pyproject.toml"),
    ]
    write(top / "autorun.toml", "")
    looked = configs.find(str(top / "a"), "/nowhere").looked
    assert [path for path, seen in looked.items() if seen] == [str(top / "autorun.toml")]
    assert len(looked) == 4


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"a = 1\nb c\n", "autorun.toml:2:3: expected '=' after a key in a key/value pair"),
        (b"a = [\n", "autorun.toml: invalid value"),
        (b"a = 1\na = 2\n", "autorun.toml:2:6: cannot overwrite a value"),
        (b"# gr\xfc\xdfe\n", "autorun.toml:1: is not UTF-8"),
        (b"a = " + b"[" * 100_000, "autorun.toml: is nested too deeply"),
        (b"#" * (configs.LARGEST + 1), "autorun.toml is larger than 8 MB"),
        (b"\xef\xbb\xbfa = 1\n", None),
    ],
)
def test_a_broken_file_is_one_sentence(top: Path, content: bytes, sentence: str | None) -> None:
    (top / "autorun.toml").write_bytes(content)
    if sentence is None:
        assert found(top) == "autorun.toml"
        return
    with pytest.raises(OptionsProblem) as problem:
        configs.find(str(top), "/nowhere")
    assert str(problem.value).startswith(sentence)
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize("text", ["[[tool.autorun]]\n", "[tool]\nautorun = 1  # tool.autorun\n"])
def test_a_table_that_is_none_is_told(top: Path, text: str) -> None:
    write(top / "pyproject.toml", text)
    with pytest.raises(OptionsProblem, match=r"^pyproject.toml: \[tool.autorun\] is to be one"):
        configs.find(str(top), "/nowhere")


@pytest.mark.parametrize("name", ["autorun.toml", "pyproject.toml"])
def test_what_is_no_file_is_none(top: Path, name: str) -> None:
    """A pipe would be waited for."""
    os.mkfifo(top / name)
    assert found(top) is None
    os.unlink(top / name)
    (top / name).mkdir()
    assert found(top) is None
    (top / name).rmdir()
    (top / name).symlink_to("nowhere")
    assert found(top) is None


def test_a_file_that_nobody_can_read_is_told(top: Path) -> None:
    (top / "pyproject.toml").symlink_to("pyproject.toml")
    assert found(top) is None
    (top / "autorun.toml").symlink_to("autorun.toml")
    with pytest.raises(OptionsProblem, match=r"autorun\.toml cannot be read: too many levels"):
        found(top)


def test_a_file_may_be_named(top: Path) -> None:
    write(top / "dev.toml", "target = 'a'")
    write(top / "pyproject.toml", "[tool.x]\n")
    table = configs.named(str(top / "dev.toml")).table
    assert table is not None
    assert table.values == {"target": "a"}
    for path, sentence in {
        top / "none.toml": "is not there",
        top / "a": "is a folder",
        top / "pyproject.toml": r"has no \[tool.autorun\]",
    }.items():
        with pytest.raises(OptionsProblem, match=sentence):
            configs.named(str(path))
