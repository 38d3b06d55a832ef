"""Links on the way to files: where they lead, whether they were turned, and who needs them."""

import os
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from autoreload.watch.links import MOST_FOLLOWED, Links, follow

NAMES = st.sampled_from(["a", "b", "c", "d"])
PARTS = st.lists(st.one_of(NAMES, st.sampled_from(["..", "."])), min_size=1, max_size=4)


def exists(path: str) -> bool:
    try:
        os.stat(path)
    except OSError:
        return False
    return True


@settings(max_examples=150, deadline=None)
@given(
    made=st.lists(
        st.tuples(st.lists(NAMES, min_size=1, max_size=3), st.none() | PARTS, st.booleans()),
        max_size=8,
    ),
    asked=PARTS,
)
def test_where_a_path_leads_is_where_the_kernel_goes(
    made: list[tuple[list[str], list[str] | None, bool]], asked: list[str]
) -> None:
    """Folders and links in any order, loops among them: what the kernel can open, we find."""
    with tempfile.TemporaryDirectory() as folder:
        root = os.path.realpath(folder)
        for parts, says, is_absolute in made:
            place = Path(root, *parts)
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                if says is None:
                    place.mkdir()
                else:
                    place.symlink_to(Path(root, *says) if is_absolute else Path(*says))
            except (OSError, RuntimeError):
                continue  # something of the name is there, or a loop is on the way
        path = os.path.join(root, *asked)
        real, links = follow(path)
        assert len(links) <= MOST_FOLLOWED
        assert dict(links) == {place: os.readlink(place) for place, _ in links}
        assert all(
            os.path.realpath(os.path.dirname(one)) == os.path.dirname(one) for one, _ in links
        )
        if exists(path):
            assert os.path.samefile(real, path)
            assert real == os.path.realpath(path)


def test_a_way_with_links_to_links_in_the_middle(tmp_path: Path) -> None:
    (tmp_path / "releases" / "2").mkdir(parents=True)
    (tmp_path / "releases" / "stable").symlink_to("2")
    (tmp_path / "current").symlink_to(tmp_path / "releases" / "stable")
    real, links = follow(f"{tmp_path}/./current/../2//a.py")
    assert real == f"{tmp_path}/releases/2/a.py"
    assert links == (
        (f"{tmp_path}/current", f"{tmp_path}/releases/stable"),
        (f"{tmp_path}/releases/stable", "2"),
    )


def linked(folder: Path) -> tuple[Links, str]:
    """A link `now` to one of two places."""
    for name in ("one", "two"):
        (folder / name).mkdir()
        (folder / name / "a.py").write_text(name)
    (folder / "now").symlink_to("one")
    links = Links()
    _, way = follow(f"{folder}/now/a.py")
    assert links.note(way, f"{folder}/now/a.py", f"{folder}/one/a.py") == [(f"{folder}/now", "one")]
    assert links.note(way, f"{folder}/now/b.py", f"{folder}/one/b.py") == []
    return links, f"{folder}/now"


def turn(place: str, says: str) -> None:
    os.unlink(place)
    os.symlink(says, place)


def test_only_another_place_is_a_turn(tmp_path: Path) -> None:
    links, place = linked(tmp_path)
    for says in ("one", "./one", "two/../one", str(tmp_path / "one")):
        turn(place, says)
        assert links.turned() == links.turned([place]) == [], says
    turn(place, "two")
    assert links.turned() == links.turned([place, "/else"]) == [place]
    assert links.turned(["/else"]) == []
    turn(place, "nowhere")
    assert links.turned() == [place]
    os.unlink(place)
    assert links.turned() == [place]
    os.mkdir(place)
    assert links.turned() == [place]
    os.rmdir(place)
    os.symlink("one", place)
    assert links.turned() == []


def test_a_file_is_in_use_while_a_link_leads_to_it(tmp_path: Path) -> None:
    links, place = linked(tmp_path)
    assert links.is_in_use(f"{tmp_path}/one/a.py")
    assert links.is_in_use(f"{tmp_path}/two/a.py"), "nothing is known against it"
    turn(place, "two")
    assert not links.is_in_use(f"{tmp_path}/one/a.py")


def test_a_link_goes_with_the_last_file_that_it_led_to(tmp_path: Path) -> None:
    links, place = linked(tmp_path)
    assert links.led(place) == {f"{tmp_path}/one/a.py", f"{tmp_path}/one/b.py"}
    assert links.folders() == {str(tmp_path)}
    assert links.leave(f"{tmp_path}/one/a.py") == []
    assert links.is_wanted(place)
    assert links.leave(f"{tmp_path}/one/b.py") == [place]
    assert not links.is_wanted(place)
    assert links.leave(f"{tmp_path}/one/b.py") == []


def test_when_a_link_was_made(tmp_path: Path) -> None:
    links, place = linked(tmp_path)
    os.utime(place, (1, 2_000_000_000), follow_symlinks=False)
    assert links.made_at(f"{tmp_path}/one/a.py") == 2_000_000_000
    assert links.made_at(f"{tmp_path}/two/a.py") == 0
