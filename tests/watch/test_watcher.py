"""The watcher's thread with a real channel, real files and an app that records its calls."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from autoreload.core.protocol import Message
from autoreload.system import files
from autoreload.system.channel import Channel, pair
from autoreload.watch.app import Settings
from autoreload.watch.boot import QUIET_S
from autoreload.watch.traces import Traces
from autoreload.watch.watcher import Watcher
from tests.children import started
from tests.fakes import FakeApp
from tests.waiting import until

QUIET = {"loaded", "noticed", "probed", "settled"}
"""Words that come when they come."""


class Bench:
    """A watcher with all that it talks to; `hint` is the outer's."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder = folder
        self.channel, theirs = pair()
        self.inner = Channel(theirs)
        self.traces = Traces()
        self.app = FakeApp()
        self.watcher = Watcher(self.inner, self.traces, self.app, settings)
        self.traces.on_load = self.watcher.loaded
        self.heard: list[Message] = []

    def load(self, name: str, text: str) -> Path:
        """A file that the program has read."""
        path = self.folder / name
        path.write_text(text)
        self.traces.read(str(path))
        return path

    def hint(self) -> None:
        """A hint, and what was said before it was answered; a look follows the answer."""
        self.channel.send("look")
        self.wait_for("here")

    def look(self) -> None:
        """One whole look: the second hint is answered after the look that the first asked for."""
        self.hint()
        self.hint()

    def wait_for(self, word: str) -> Message:
        """The next message of this kind."""
        before = len(self.said(word))

        def fact() -> bool:
            while message := self.channel.receive():
                self.heard.append(message)
                if message.word == word and len(self.said(word)) > before:
                    return True
            return False

        until(fact, describe=lambda: f"no {word!r} in {self.heard}, {self.app.calls}")
        return self.said(word)[before]

    def said(self, word: str) -> list[Message]:
        return [message for message in self.heard if message.word == word]

    def words(self) -> list[str]:
        """What was said besides answers, in order."""
        return [one.word for one in self.heard if one.word not in QUIET | {"here"}]

    def close(self) -> None:
        self.watcher.park()
        self.channel.close()
        self.inner.close()
        # A watcher lives as long as its process: it never gives these back.
        for end in (self.watcher._wake_read, self.watcher._wake_write):
            os.close(end)


@contextmanager
def bench(folder: Path, **settings: object) -> Iterator[Bench]:
    # The tests' own modules are loaded too, and may be edited while the tests run.
    settings.setdefault("is_ignored", lambda path: not path.startswith(str(folder)))
    made = Bench(folder, Settings(**settings))  # type: ignore[arg-type]  # by name
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Bench]:
    """A watcher that looks when it is told, and hardly ever by itself."""
    with bench(tmp_path, poll_s=600.0) as made:
        yield made


def test_a_lone_save_is_one_restart_with_its_file(watched: Bench) -> None:
    path = watched.load("a.py", "x = 1\n")
    watched.watcher.start()
    path.write_text("x = 2\n")
    watched.channel.send("look")
    message = watched.wait_for("restart")
    assert message.texts("paths") == [str(path)]
    assert message.number("count") == 1
    assert message.number("noticed") > 0
    until(lambda: watched.app.calls, describe=lambda: watched.heard)
    assert watched.app.first_calls()[0] == "stop restart=True"
    watched.hint()
    assert watched.words() == ["restart"]


def test_nothing_changed_is_nothing_said(watched: Bench) -> None:
    path = watched.load("a.py", "x = 1\n")
    (watched.folder / "b.py").write_text("never loaded")
    watched.watcher.start()
    watched.look()
    watched.look()
    assert watched.words() == []
    path.write_text("x = 2\n")
    watched.channel.send("look")
    watched.wait_for("restart")


def test_a_touch_restarts_nothing_and_is_said_once(watched: Bench) -> None:
    path = watched.load("a.py", "x = 1\n")
    watched.watcher.start()
    os.utime(path, ns=(1, 1))
    watched.channel.send("look")
    assert watched.wait_for("same").texts("paths") == [str(path)]
    # The outer's list takes the new signature too.
    entry = (str(path), files.signature(str(path)), files.digest(str(path)), "the target")
    assert watched.wait_for("loaded").fields["files"] == [entry]
    watched.look()
    assert watched.words() == ["same"]
    assert watched.app.calls == []


def replace(path: Path, text: str) -> None:
    fresh = path.with_name("fresh.tmp")
    fresh.write_text(text)
    os.replace(fresh, path)


def rewrite_older(path: Path, text: str) -> None:
    path.write_text(text)
    os.utime(path, (1, 1))


def truncate_then_write(path: Path, text: str) -> None:
    path.write_text("")
    path.write_text(text)


def delete_then_create(path: Path, text: str) -> None:
    path.unlink()
    path.write_text(text)


@pytest.mark.parametrize(
    "save", [Path.write_text, replace, rewrite_older, truncate_then_write, delete_then_create]
)
def test_every_way_of_saving_is_seen(watched: Bench, save: Callable[[Path, str], object]) -> None:
    path = watched.load("a.py", "x = 1\n")
    watched.watcher.start()
    save(path, "x = 2\n")
    watched.channel.send("look")
    assert watched.wait_for("restart").texts("paths") == [str(path)]


def test_a_save_that_does_not_compile_is_held_once_until_it_does(watched: Bench) -> None:
    path = watched.load("a.py", "x = 1\n")
    watched.watcher.start()
    path.write_text("x = (1 +* 2)\n")
    watched.channel.send("look")
    held = watched.wait_for("held")
    assert (held.text("path"), held.number("line"), held.text("source")) == (
        str(path),
        1,
        "x = (1 +* 2)",
    )
    watched.look()
    assert watched.words() == ["held"]
    assert watched.app.calls == []
    path.write_text("x = 3\n")
    watched.channel.send("look")
    watched.wait_for("restart")
    assert watched.words() == ["held", "restart"]


def test_an_empty_file_is_taken_for_half_a_save(watched: Bench) -> None:
    """On a busy machine the code without the module was started: nothing compiles as well."""
    path = watched.load("a.py", "x = 1\n")
    watched.watcher.start()
    path.write_text("")
    watched.hint()
    path.write_text("x = (\n")
    watched.wait_for("held")
    assert watched.words() == ["held"]


def test_what_breaks_while_a_save_settles_is_held(tmp_path: Path) -> None:
    """Sources are compiled once in a wait, and again when they are no longer the same."""
    with bench(tmp_path, delay_s=1.0, poll_s=600.0) as watched:
        path = watched.load("a.py", "x = 1\n")
        watched.watcher.start()
        path.write_text("x = 2\n")
        watched.channel.send("look")
        watched.wait_for("noticed")
        path.write_text("x = 2\ny = (\n")
        assert watched.wait_for("held").number("line") == 2
        assert watched.app.calls == []


def test_another_error_is_held_anew(watched: Bench) -> None:
    path = watched.load("a.py", "x = 1\n")
    watched.watcher.start()
    for line, text in ((1, "x = (\n"), (2, "x = 1\ny = )\n")):
        path.write_text(text)
        watched.channel.send("look")
        assert watched.wait_for("held").number("line") == line


def test_an_undone_save_is_told(watched: Bench) -> None:
    path = watched.load("a.py", "x = 1\n")
    watched.watcher.start()
    path.write_text("x = (\n")
    watched.channel.send("look")
    watched.wait_for("held")
    path.write_text("x = 1\n")
    watched.channel.send("look")
    assert watched.wait_for("same").texts("paths") == [str(path)]
    assert watched.wait_for("same").flag("unheld")
    assert watched.app.calls == []


def test_without_holding_a_broken_file_restarts(tmp_path: Path) -> None:
    with bench(tmp_path, hold=False, poll_s=600.0) as watched:
        path = watched.load("a.py", "x = 1\n")
        watched.watcher.start()
        path.write_text("x = (\n")
        watched.channel.send("look")
        watched.wait_for("restart")
        assert watched.words() == ["restart"]


def test_only_python_is_compiled(watched: Bench) -> None:
    path = watched.load("a.toml", "x = 1\n")
    watched.watcher.start()
    path.write_text("x = (\n")
    watched.channel.send("look")
    watched.wait_for("restart")
    assert watched.words() == ["restart"]


def test_a_deleted_file_restarts(watched: Bench) -> None:
    path = watched.load("a.py", "x = 1\n")
    watched.watcher.start()
    path.unlink()
    watched.channel.send("look")
    assert watched.wait_for("restart").texts("kinds") == ["deleted"]


def test_a_file_that_was_missing_restarts_when_it_comes(watched: Bench) -> None:
    path = watched.folder / "a.py"
    watched.traces.record(str(path), None, reason="missing")
    watched.watcher.start()
    watched.look()
    path.write_text("x = 1\n")
    watched.channel.send("look")
    assert watched.wait_for("restart").texts("kinds") == ["created"]


def test_a_burst_is_one_restart(watched: Bench) -> None:
    paths = [watched.load(f"{name}.py", "x = 1\n") for name in "abcdefgh"]
    watched.watcher.start()
    for path in paths:
        path.write_text("x = 2\n")
        watched.channel.send("look")
    message = watched.wait_for("restart")
    assert set(message.texts("paths")) <= {str(path) for path in paths}
    assert message.number("count") == len(message.texts("paths"))
    watched.hint()
    watched.hint()
    assert watched.words() == ["restart"]
    assert watched.app.calls.count("stop restart=True") == 1


def test_several_files_at_once_are_named_together(watched: Bench) -> None:
    paths = [watched.load(f"{name}.py", "x = 1\n") for name in "abc"]
    for path in paths:
        path.write_text("x = 2\n")
    watched.watcher.start()
    watched.channel.send("look")
    assert watched.wait_for("restart").texts("paths") == [str(path) for path in paths]


def test_a_hundred_files_are_counted_and_the_first_named(watched: Bench) -> None:
    paths = [watched.load(f"a{number:03}.py", "x = 1\n") for number in range(100)]
    for path in paths:
        path.write_text("x = 2\n")
    watched.watcher.start()
    watched.channel.send("look")
    message = watched.wait_for("restart")
    assert message.texts("paths") == [str(path) for path in paths[:50]]
    assert message.number("count") == 100


def test_an_ignored_file_is_not_looked_at(tmp_path: Path) -> None:
    with bench(
        tmp_path, poll_s=600.0, is_ignored=lambda path: path.endswith("settings.py")
    ) as watched:
        ignored = watched.load("settings.py", "x = 1\n")
        path = watched.load("a.py", "x = 1\n")
        watched.watcher.start()
        ignored.write_text("x = 2\n")
        path.write_text("x = 2\n")
        watched.channel.send("look")
        assert watched.wait_for("restart").texts("paths") == [str(path)]


@pytest.mark.parametrize("restart", [True, False])
def test_the_app_is_stopped_once_and_as_asked(watched: Bench, restart: bool) -> None:
    watched.watcher.start()
    watched.channel.send("stop", restart=restart)
    watched.channel.send("stop", restart=not restart)
    watched.hint()
    assert [one for one in watched.app.calls if one.startswith("stop")] == [
        f"stop restart={restart}"
    ]


def test_an_app_that_does_not_end_is_nudged_told_and_forced(tmp_path: Path) -> None:
    with bench(tmp_path, stop_timeout_s=1.2) as watched:
        watched.watcher.start()
        watched.channel.send("stop", restart=False)
        assert watched.wait_for("slow").texts("threads") == ["worker (a.py:3)"]
        until(lambda: "force" in watched.app.calls, describe=lambda: watched.app.calls)
        assert watched.app.first_calls() == ["stop restart=False", "nudge", "force"]
        watched.hint()
        assert watched.words() == ["slow"]


def test_an_app_that_ends_is_looked_at_no_more(watched: Bench) -> None:
    path = watched.load("a.py", "x = 1\n")
    watched.watcher.start()
    watched.channel.send("stop", restart=False)
    watched.hint()
    path.write_text("x = 2\n")
    watched.look()
    assert watched.words() == []


def test_the_framework_reads_again_what_it_caches(watched: Bench) -> None:
    watched.app.refreshes = "Django"
    watched.watcher.start()
    watched.channel.send("refresh", paths=["a.html"])
    message = watched.wait_for("refreshed")
    assert (message.texts("paths"), message.text("by")) == (["a.html"], "Django")
    assert watched.app.calls == ["refresh a.html"]


def test_what_no_framework_takes_restarts(watched: Bench) -> None:
    watched.watcher.start()
    watched.channel.send("refresh", paths=["a.html"])
    assert watched.wait_for("restart").texts("paths") == ["a.html"]
    until(
        lambda: watched.app.calls[:2] == ["refresh a.html", "stop restart=True"],
        describe=lambda: watched.app.calls,
    )


def test_without_events_a_save_is_found_all_the_same(tmp_path: Path) -> None:
    with bench(tmp_path) as watched:
        path = watched.load("a.py", "x = 1\n")
        watched.watcher.start()
        path.write_text("x = 2\n")
        assert watched.wait_for("restart").texts("paths") == [str(path)]


def test_an_event_that_never_came_costs_no_edit(tmp_path: Path) -> None:
    with bench(tmp_path) as watched:
        path = watched.load("a.py", "x = 1\n")
        watched.watcher.start()
        watched.channel.send("events", on=True)
        watched.look()
        path.write_text("x = 2\n")
        assert watched.wait_for("restart").texts("paths") == [str(path)]


def test_a_file_that_is_loaded_is_told_with_its_signature(watched: Bench) -> None:
    path = watched.load("a.py", "x = 1\n")
    message = watched.wait_for("loaded")
    assert message.fields["files"] == [
        (str(path), files.signature(str(path)), files.digest(str(path)), "the target")
    ]


def test_when_it_is_quiet_the_missing_digests_and_the_caches_are_told(tmp_path: Path) -> None:
    with bench(tmp_path) as watched:
        watched.app.caches = [("/templates", "**/*")]
        path = watched.folder / "a.py"
        path.write_text("x = 1\n")
        watched.traces.record(str(path), files.signature(str(path)), reason="read")
        first = watched.wait_for("loaded")
        assert first.fields["files"] == [(str(path), files.signature(str(path)), None, "read")]
        watched.watcher.start()
        watched.wait_for("settled")
        told = watched.wait_for("loaded").fields["files"]
        assert isinstance(told, list)
        # The tests' own modules are also there, they come by a loader of pytest's.
        assert (str(path), files.signature(str(path)), files.digest(str(path)), "read") in told
        message = watched.wait_for("watch")
        assert (message.text("directory"), message.text("pattern")) == ("/templates", "**/*")
        assert len(watched.said("settled")) == 1


def test_a_program_that_waits_for_the_processor_has_not_settled(tmp_path: Path) -> None:
    """On a busy machine its silence says nothing: it may be about to read the next file."""
    with bench(tmp_path) as watched:
        watched.app.idle = False
        watched.watcher.start()
        watched.load("a.py", "x = 1\n")
        until(lambda: time.monotonic() - watched.traces.last_load > 3 * QUIET_S)
        assert not watched.watcher._boot.is_settled
        watched.app.idle = True
        watched.wait_for("settled")


def test_the_end_of_the_outer_is_the_end_of_the_app(watched: Bench) -> None:
    watched.watcher.start()
    watched.channel.close()
    assert watched.app.gone.wait(30)
    assert watched.app.calls == ["orphaned"]


ALONE = """
    import os, select, signal
    from autoreload.system.channel import Channel, pair
    from autoreload.watch.traces import Traces
    from autoreload.watch.watcher import Settings, Watcher
    class Counted(Channel):
        turns = 0
        def receive(self):
            self.turns += 1
            return super().receive()
    class App:
        def is_called(self):
            return True
        def is_idle(self):
            return True
        def cached(self):
            return None
        def alone(self):
            return os.getppid()
        def orphaned(self):
            print("orphaned")
            os._exit(0)
    if os.fork():
        signal.pause()
    outer, theirs = pair()
    inner = Counted(theirs)
    Watcher(inner, Traces(), App(), Settings()).start()
    os.closerange(3, 4096)
    turns = inner.turns
    while inner.turns < turns + 3:
        select.select([], [], [], 0.01)
    print("alone")
    signal.pause()
"""


def test_an_app_that_closes_every_descriptor_goes_on_until_the_outer_is_gone() -> None:
    """The closed channel was taken for the end of the outer, and the app was ended."""
    with started(ALONE) as child:
        assert child.line() == "alone"
        child.process.kill()
        assert child.line() == "orphaned"


def test_a_park_and_a_start_lose_no_edit(watched: Bench) -> None:
    path = watched.load("a.py", "x = 1\n")
    watched.watcher.start()
    watched.watcher.park()
    path.write_text("x = 2\n")
    watched.channel.send("look")
    while message := watched.channel.receive():
        assert message.word in QUIET, "it is not parked"
    watched.watcher.start()
    assert watched.wait_for("restart").texts("paths") == [str(path)]


def test_while_a_debugger_waits_changes_are_kept_and_said_once(watched: Bench) -> None:
    path, other = watched.load("a.py", "x = 1\n"), watched.load("b.py", "x = 1\n")
    watched.app.is_at_prompt = True
    watched.watcher.start()
    path.write_text("x = 2\n")
    watched.channel.send("look")
    assert watched.wait_for("later").texts("paths") == [str(path)]
    watched.look()
    other.write_text("x = 2\n")
    watched.channel.send("look")
    assert sorted(watched.wait_for("later").texts("paths")) == [str(path), str(other)]
    path.write_text("x = 1\n")
    other.write_text("x = 1\n")
    watched.channel.send("look")
    while not watched.wait_for("same").flag("unheld"):
        pass
    watched.look()
    assert watched.app.calls == []
    path.write_text("x = 3\n")
    watched.channel.send("look")
    watched.wait_for("later")
    watched.app.is_at_prompt = False  # which no hint tells of
    assert watched.wait_for("restart").texts("paths") == [str(path)]
    assert len(watched.said("later")) == 3


def test_the_outer_is_told_whether_a_debugger_waits_and_when_it_does_no_more(
    watched: Bench,
) -> None:
    watched.watcher.start()
    watched.channel.send("prompts")
    assert not watched.wait_for("prompt").flag("on")
    watched.app.is_at_prompt = True
    watched.channel.send("prompts")
    assert watched.wait_for("prompt").flag("on")
    watched.app.is_at_prompt = False
    assert not watched.wait_for("prompt").flag("on")
    assert watched.words() == ["prompt"] * 3


def test_what_no_framework_reads_again_is_kept_as_well(watched: Bench) -> None:
    watched.app.is_at_prompt = True
    watched.watcher.start()
    watched.channel.send("refresh", paths=["/a.html"])
    assert watched.wait_for("later").texts("paths") == ["/a.html"]
    watched.app.is_at_prompt = False
    assert watched.wait_for("restart").texts("paths") == ["/a.html"]
    assert watched.app.calls.count("refresh /a.html") == 2


def test_a_restart_that_the_program_asks_for_waits_for_what_compiles(watched: Bench) -> None:
    path = watched.load("a.py", "x = 1\n")
    watched.watcher.start()
    path.write_text("x = (\n")
    watched.channel.send("look")
    watched.wait_for("held")
    watched.channel.send("again")
    watched.look()
    assert watched.words() == ["held"]
    path.write_text("x = 1\n")
    watched.channel.send("look")
    assert watched.wait_for("restart").texts("paths") == []
    until(lambda: len(watched.app.first_calls()) > 1, describe=lambda: watched.app.calls)
    assert watched.app.first_calls()[:2] == ["forgo", "stop restart=True"]


# --- a hint that names what was saved ------------------------------------------------------------


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[Bench]:
    """One whose lone saves wait for nothing, as where a checkpoint goes on."""
    with bench(tmp_path, poll_s=600.0, lone_wait_s=0.0) as made:
        yield made


def test_a_proven_save_is_acted_on_before_anything_else_is_compared(hasty: Bench) -> None:
    saved, other = hasty.load("a.py", "x = 1\n"), hasty.load("b.py", "x = 1\n")
    hasty.watcher.start()
    for path in (saved, other):
        path.write_text("x = 22\n")
    hasty.channel.send("look", paths=[str(saved)], proof=files.proof(str(saved)))
    assert hasty.wait_for("restart").texts("paths") == [str(saved)]
    assert hasty.said("here") == []


def test_a_named_save_without_a_proof_is_compiled_here(hasty: Bench) -> None:
    path = hasty.load("a.py", "x = 1\n")
    hasty.watcher.start()
    path.write_text("x = (\n")
    assert files.proof(str(path)) is None
    hasty.channel.send("look", paths=[str(path)], proof=None)
    assert hasty.wait_for("held").text("path") == str(path)
    path.write_text("x = 2\n")
    hasty.channel.send("look", paths=[str(path)], proof=None)
    assert hasty.wait_for("restart").texts("paths") == [str(path)]


def test_a_proof_of_what_is_loaded_is_a_touch(hasty: Bench) -> None:
    path = hasty.load("a.py", "x = 1\n")
    hasty.watcher.start()
    path.write_text("x = 1\n")
    hasty.channel.send("look", paths=[str(path)], proof=files.proof(str(path)))
    assert hasty.wait_for("same").texts("paths") == [str(path)]
    hasty.wait_for("here")  # and a whole look follows
    hasty.look()
    assert hasty.words() == ["same"]


def test_several_files_of_one_hint_are_named_together(hasty: Bench) -> None:
    paths = [hasty.load(name, "x = 1\n") for name in ("a.py", "b.py")]
    hasty.watcher.start()
    for path in paths:
        path.write_text("x = 22\n")
    hasty.channel.send("look", paths=[str(path) for path in paths], proof=None)
    assert hasty.wait_for("restart").texts("paths") == [str(path) for path in paths]


def test_while_a_save_is_held_a_proof_of_another_is_not_enough(hasty: Bench) -> None:
    broken, other = hasty.load("a.py", "x = 1\n"), hasty.load("b.py", "x = 1\n")
    hasty.watcher.start()
    broken.write_text("x = (\n")
    hasty.hint()
    hasty.wait_for("held")
    other.write_text("x = 22\n")
    hasty.channel.send("look", paths=[str(other)], proof=files.proof(str(other)))
    hasty.wait_for("here")
    hasty.look()
    assert hasty.said("restart") == []
    broken.write_text("x = 2\n")
    hasty.channel.send("look", paths=[str(broken)], proof=files.proof(str(broken)))
    assert hasty.wait_for("restart").number("count") == 2


@pytest.mark.parametrize("proof", [None, 1, (), ((1, 2), 3), ((1, 2, 3), "4"), ((1, 2, 3, 4), 5)])
def test_an_odd_proof_is_none(hasty: Bench, proof: object) -> None:
    path = hasty.load("a.py", "x = 1\n")
    hasty.watcher.start()
    path.write_text("x = 2\n")
    hasty.channel.send("look", paths=[str(path)], proof=proof)
    assert hasty.wait_for("restart").texts("paths") == [str(path)]


def test_a_proof_that_comes_while_files_settle_is_answered_at_once(tmp_path: Path) -> None:
    """The outer takes a watcher that says nothing for one that cannot run, and restarts itself."""
    with bench(tmp_path, poll_s=600.0, delay_s=600.0) as slow:
        paths = [slow.load(name, "x = 1\n") for name in ("a.py", "b.py")]
        slow.watcher.start()
        for path in paths:
            path.write_text("x = 22\n")
        slow.hint()
        slow.wait_for("noticed")
        slow.channel.send("look", paths=[str(paths[0])], proof=files.proof(str(paths[0])))
        slow.wait_for("here")
