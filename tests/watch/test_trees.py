"""Files that are watched by name: which are found, and what has become of them."""

import os
from pathlib import Path

import pytest

from autoreload.core.gitignore import Ignored, of_option
from autoreload.core.patterns import Patterns
from autoreload.system import files
from autoreload.watch.trees import MOST_FILES, MOST_SUBSCRIBED, Tree, base_of


def tree(root: Path, *wanted: str, ignored: tuple[str, ...] = ()) -> Tree:
    return Tree(
        str(root),
        Patterns(wanted, str(root)) if wanted else None,
        of_option(ignored, str(root)),
    )


def make(root: Path, *names: str) -> list[str]:
    """Files of that names, which are what they contain."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    return [str(root / name) for name in names]


def names(root: Path, paths: "list[str] | set[str] | dict[str, object]") -> list[str]:
    return sorted(os.path.relpath(path, root) for path in paths)


def test_every_file_below_is_found(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "deep/er/b.html", "deep/c")
    found = tree(tmp_path)
    assert names(tmp_path, {*found.found}) == ["a.py", "deep/c", "deep/er/b.html"]
    assert names(tmp_path, found.directories) == [".", "deep", "deep/er"]
    assert not found.is_cut
    for path, record in found.found.items():
        assert (record.signature, record.digest) == (files.signature(path), files.digest(path))


def test_only_what_is_wanted_is_found(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "a.html", "deep/a.html", "locale/de/a.po")
    assert names(tmp_path, {*tree(tmp_path, "*.html").found}) == ["a.html", "deep/a.html"]
    assert names(tmp_path, {*tree(tmp_path, "locale", "./a.py").found}) == [
        "a.py",
        "locale/de/a.po",
    ]


def test_what_is_ignored_is_not_found_nor_entered(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "a.log", "build/a.py", "deep/build/er/a.py")
    found = tree(tmp_path, ignored=("build", "*.log"))
    assert names(tmp_path, {*found.found}) == ["a.py"]
    assert names(tmp_path, found.directories) == [".", "deep"]


@pytest.mark.parametrize(
    "name",
    [
        ".git/HEAD",
        "deep/node_modules/a.js",
        "__pycache__/a.cpython-311.pyc",
        ".venv/a.py",
        "a.pyc",
        ".a.py.swp",
        "a.py~",
        "4913",
        "a.tmp",
        "#a.py#",
        "a.py___jb_tmp___",
        "a.py___jb_old___",
    ],
)
def test_what_nobody_edits_is_not_found(tmp_path: Path, name: str) -> None:
    make(tmp_path, name, "a.py")
    found = tree(tmp_path)
    assert names(tmp_path, {*found.found}) == ["a.py"]
    assert not found.is_wanted(str(tmp_path / name))
    assert found.look() == []


def test_an_environment_of_any_name_is_not_entered(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "my-env/pyvenv.cfg", "my-env/lib/b.py")
    assert names(tmp_path, {*tree(tmp_path).found}) == ["a.py"]


def test_links_to_files_are_followed_and_to_folders_not(tmp_path: Path) -> None:
    make(tmp_path, "project/a.py", "other/b.py", "other/c.py")
    (tmp_path / "project" / "b.py").symlink_to(tmp_path / "other" / "b.py")
    (tmp_path / "project" / "linked").symlink_to(tmp_path / "other")
    (tmp_path / "project" / "itself").symlink_to(tmp_path / "project")
    (tmp_path / "project" / "broken.py").symlink_to(tmp_path / "nowhere.py")
    root = tmp_path / "project"
    found = tree(root)
    assert names(root, {*found.found}) == ["a.py", "b.py"]
    (tmp_path / "other" / "b.py").write_text("changed")
    assert names(root, found.look()) == ["b.py"]


def test_a_link_to_a_folder_that_comes_later_is_not_followed_either(tmp_path: Path) -> None:
    make(tmp_path, "project/a.py", "other/b.py")
    root = tmp_path / "project"
    found = tree(root)
    for name, target in (("linked", tmp_path / "other"), ("itself", root), ("loop", root / "loop")):
        (root / name).symlink_to(target)
        assert found.look([str(root / name)]) == []
    assert found.look() == []
    assert names(root, found.directories) == ["."]


@pytest.mark.parametrize("by_hint", [True, False])
def test_for_a_command_a_link_to_a_folder_counts_when_it_is_turned(
    tmp_path: Path, by_hint: bool
) -> None:
    make(tmp_path, "one/a.py", "two/a.py", ".gitignore")
    (tmp_path / ".gitignore").write_text("out\n")
    for name in ("current", "out", "node_modules"):
        (tmp_path / name).symlink_to("one")
    found = Tree(str(tmp_path), None, Ignored(), heeds_git=True)
    for name in ("current", "out", "node_modules"):
        (tmp_path / name).unlink()
        (tmp_path / name).symlink_to("two")
    current = str(tmp_path / "current")
    assert found.is_wanted(current)
    hints = [current, str(tmp_path / "out")] if by_hint else None
    assert found.look(hints) == [current]
    assert found.look(hints) == []
    (tmp_path / "current").unlink()
    assert found.look(hints) == [current]
    assert found.look(hints) == []
    assert not tree(tmp_path).look()


def test_what_is_gone_before_it_is_looked_at_is_nothing(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    found = tree(tmp_path)
    assert found.look([str(tmp_path / "gone.py"), str(tmp_path / "gone" / "b.py")]) == []
    assert names(tmp_path, {*found.found}) == ["a.py"]


def test_only_folders_on_the_way_to_what_is_wanted_are_entered(tmp_path: Path) -> None:
    """`--watch ~/a.yaml` looked through the whole home directory for it."""
    make(tmp_path, "a.yaml", "deep/a.yaml", "src/b/a.yaml", "src/b/c/a.yaml")
    assert names(tmp_path, tree(tmp_path, "./a.yaml").directories) == ["."]
    assert names(tmp_path, tree(tmp_path, "src/*/a.yaml").directories) == [".", "src", "src/b"]
    found = tree(tmp_path, "src/b")
    assert names(tmp_path, found.directories) == [".", "src", "src/b", "src/b/c"]
    assert names(tmp_path, {*found.found}) == ["src/b/a.yaml", "src/b/c/a.yaml"]
    assert found.is_wanted(str(tmp_path / "src"))
    assert not found.is_wanted(str(tmp_path / "deep"))


def test_folders_of_the_system_that_hold_no_files_are_not_entered() -> None:
    found = tree(Path("/"), "/*/version")
    assert not {"/proc", "/sys", "/dev"} & found.directories
    assert str(tree(Path("/proc"), "/proc/version").directories) == "{'/proc'}"


def test_of_too_many_folders_the_first_are_subscribed(tmp_path: Path) -> None:
    """Each costs a thread, and at some number of them the system gave no further one."""
    for number in range(MOST_SUBSCRIBED + 5):
        make(tmp_path, f"{number}/a.py")
    found = tree(tmp_path)
    assert len(found.directories) == MOST_SUBSCRIBED
    assert len(found.found) == MOST_SUBSCRIBED + 5
    assert not found.is_cut
    for number in range(MOST_SUBSCRIBED + 5):
        (tmp_path / str(number) / "a.py").write_text("changed")
    assert len(found.look()) == MOST_SUBSCRIBED + 5


def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    os.mkfifo(tmp_path / "fifo.py")
    found = tree(tmp_path)
    assert names(tmp_path, {*found.found}) == ["a.py"]
    assert found.look([str(tmp_path / "fifo.py")]) == []


def test_a_tree_that_is_not_there_is_empty_until_it_comes(tmp_path: Path) -> None:
    root = tmp_path / "later"
    found = tree(root)
    assert (found.found, found.look()) == ({}, [])
    make(root, "a.py")
    assert names(root, found.look()) == ["a.py"]


@pytest.mark.parametrize("by_path", [True, False])
def test_a_look_tells_each_change_once(tmp_path: Path, by_path: bool) -> None:
    make(tmp_path, "a.py", "b.py", "c.py", "d.py")
    found = tree(tmp_path)
    (tmp_path / "a.py").write_text("changed")
    (tmp_path / "b.py").unlink()
    os.utime(tmp_path / "c.py", (1, 1))
    make(tmp_path, "new.py", "deep/new.py", "noise.tmp")
    hints = [str(tmp_path / name) for name in ("a.py", "b.py", "c.py", "new.py", "deep")]
    found_now = found.look(hints if by_path else None)
    assert names(tmp_path, found_now) == ["a.py", "b.py", "deep/new.py", "new.py"]
    assert found.look(hints) == []
    assert found.look() == []
    assert names(tmp_path, {*found.found}) == ["a.py", "c.py", "d.py", "deep/new.py", "new.py"]
    assert str(tmp_path / "deep") in found.directories


def test_only_the_named_paths_are_looked_at(tmp_path: Path) -> None:
    paths = make(tmp_path, "a.py", "b.py")
    found = tree(tmp_path)
    for path in paths:
        Path(path).write_text("changed")
    assert found.look([paths[1], "/elsewhere/a.py"]) == [paths[1]]
    assert found.look() == [paths[0]]


def test_a_file_that_is_deleted_and_comes_again_is_told_twice(tmp_path: Path) -> None:
    (path,) = make(tmp_path, "a.py")
    found = tree(tmp_path)
    os.unlink(path)
    assert found.look([path]) == [path]
    make(tmp_path, "a.py")
    assert found.look([path]) == [path]


def test_the_same_bytes_are_no_change_even_after_many_saves(tmp_path: Path) -> None:
    """What was read of earlier saves counted, until nothing more was read and a touch restarted."""
    path = tmp_path / "big.json"
    found = tree(tmp_path)
    for number in range(40):
        path.write_bytes(bytes([number]) * 1_000_000)
        assert found.look([str(path)]) == [str(path)]
    os.utime(path, (1, 1))
    assert found.look([str(path)]) == []


def test_the_same_bytes_are_not_known_of_too_large_a_file(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(bytes(1_100_000))
    found = tree(tmp_path)
    os.utime(path, (1, 1))
    assert found.look() == [str(path)]


def test_of_too_many_files_the_first_are_watched(tmp_path: Path) -> None:
    """Each sweep took one file more and told it as new: the app was restarted for ever."""
    for number in range(MOST_FILES + 5):
        (tmp_path / str(number)).touch()
    found = tree(tmp_path)
    assert found.is_cut
    assert found.seen == MOST_FILES + 5
    assert len(found.found) == MOST_FILES
    assert found.look() == []
    assert len(found.found) == MOST_FILES


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.html", True),
        ("deep/er/a.html", True),
        ("a.py", False),
        ("deep", True),  # a folder that comes may have wanted files in it
        (".git/a.html", False),
        ("a.html~", False),
        ("skip/a.html", False),
        ("/elsewhere/a.html", False),
    ],
)
def test_which_events_are_wanted(tmp_path: Path, path: str, expected: bool) -> None:
    (tmp_path / "deep").mkdir()
    found = tree(tmp_path, "*.html", ignored=("skip",))
    assert found.is_wanted(str(tmp_path / path)) == expected


@pytest.mark.parametrize(
    ("pattern", "base"),
    [
        ("*.html", "."),
        ("**/*.html", "."),
        ("a.py", "."),
        ("no/such/folder", "no/such"),
        ("src/*.py", "src"),
        ("src/**/a.py", "src"),
        ("src/[ab]/a.py", "src"),
        ("src/a?/b.py", "src"),
        ("src", "src"),
        ("src/", "src"),
        ("./src", "src"),
        (".", "."),
        ("..", ".."),
        ("../shared/*.py", "../shared"),
    ],
)
def test_where_a_pattern_begins(tmp_path: Path, pattern: str, base: str) -> None:
    root = tmp_path / "project"
    (root / "src").mkdir(parents=True)
    assert base_of(pattern, str(root)) == os.path.normpath(root / base)


def test_where_an_absolute_pattern_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert base_of(f"{tmp_path}/*.py", "/nowhere") == str(tmp_path)
    assert base_of("~/*.py", "/nowhere") == str(tmp_path)
    assert base_of("/*.py", "/nowhere") == base_of("//", "/nowhere") == "/"


@pytest.mark.parametrize("pattern", [".", "./", "src", "./src/*.py", "src/**", "**/a.py", "*.py"])
def test_what_a_pattern_names_is_found_from_its_base(tmp_path: Path, pattern: str) -> None:
    """`--watch .` matched no file."""
    make(tmp_path, "src/a.py")
    found = Tree(base_of(pattern, str(tmp_path)), Patterns([pattern], str(tmp_path)), Ignored())
    assert names(tmp_path, {*found.found}) == ["src/a.py"]


GITIGNORE = "# a comment\n\n*.log\nbuild/\n/data\n/\n!keep.log\n\udcff\n"


def heedful(root: Path, *ignored: str) -> Tree:
    """A tree that heeds the .gitignore files in it."""
    return Tree(str(root), None, of_option(ignored, str(root)), heeds_git=True)


def test_what_git_ignores_is_left_alone(tmp_path: Path) -> None:
    kept = ["a.py", "deep/a.py", "keep.log", "src/data/a.py"]
    left = ["a.log", "deep/a.log", "deep/build/a.py", "data/a.py"]
    make(tmp_path, *kept, *left)
    (tmp_path / ".gitignore").write_text(GITIGNORE, errors="surrogateescape")
    found = heedful(tmp_path)
    assert names(tmp_path, {*found.found}) == [".gitignore", *kept]
    assert names(tmp_path, found.directories) == [".", "deep", "src", "src/data"]
    for name in left:
        assert not found.is_wanted(str(tmp_path / name)), name
    make(tmp_path, "new.log", "deep/build/new.py", "deep/new.py")
    assert names(tmp_path, found.look()) == ["deep/new.py"]


def test_only_a_tree_of_everything_heeds_git(tmp_path: Path) -> None:
    """Who names a tree with --watch wants what git ignores too."""
    make(tmp_path, "a.log")
    (tmp_path / ".gitignore").write_text("*.log\n")
    assert names(tmp_path, {*tree(tmp_path).found}) == [".gitignore", "a.log"]


def test_a_deeper_gitignore_decides_for_what_is_below_it(tmp_path: Path) -> None:
    make(
        tmp_path, "a.log", "deep/a.log", "deep/keep.log", "deep/er/keep.log", "deep/b.txt", "b.txt"
    )
    (tmp_path / ".gitignore").write_text("*.log\n")
    (tmp_path / "deep" / ".gitignore").write_text("!keep.log\n/b.txt\n")
    (tmp_path / "deep" / "er" / ".gitignore").write_text("keep.log\n")
    found = heedful(tmp_path)
    assert names(tmp_path, {*found.found}) == [
        ".gitignore",
        "b.txt",
        "deep/.gitignore",
        "deep/er/.gitignore",
        "deep/keep.log",
    ]


def test_what_lies_in_an_ignored_folder_cannot_be_taken_back(tmp_path: Path) -> None:
    make(tmp_path, "build/keep.py", "out/keep.py", "out/other.py")
    (tmp_path / ".gitignore").write_text("build/\n!build/keep.py\nout/*\n!out/keep.py\n")
    (tmp_path / "build" / ".gitignore").write_text("!keep.py\n")
    found = heedful(tmp_path)
    assert names(tmp_path, {*found.found}) == [".gitignore", "out/keep.py"]
    assert not found.is_wanted(str(tmp_path / "build" / "keep.py"))


def test_an_option_beats_what_git_takes_back(tmp_path: Path) -> None:
    make(tmp_path, "a.log", "keep.log")
    (tmp_path / ".gitignore").write_text("*.log\n!keep.log\n")
    assert names(tmp_path, {*heedful(tmp_path, "keep.log").found}) == [".gitignore"]


def test_a_gitignore_in_a_folder_that_comes_later_is_heeded(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    found = heedful(tmp_path)
    make(tmp_path, "deep/a.py", "deep/a.log")
    (tmp_path / "deep" / ".gitignore").write_text("*.log\n")
    assert names(tmp_path, found.look([str(tmp_path / "deep")])) == ["deep/.gitignore", "deep/a.py"]
