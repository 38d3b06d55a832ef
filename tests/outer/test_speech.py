"""What is said at once, what a moment later, and what not at all."""

from autoreload.core.options import Options
from autoreload.core.wording import Line
from autoreload.outer.speech import LONGEST_PENDING_S, RETRY_S, Speech
from autoreload.system.terminal import Voice


class Heard(Voice):
    """A voice that writes nowhere; each write is one entry."""

    def __init__(self) -> None:
        super().__init__(colour=False)
        self.writes: list[list[str]] = []
        self.late = False

    @property
    def is_late(self) -> bool:
        return self.late

    def say(self, *lines: Line) -> None:
        self.writes.append([line.text for line in lines])

    def flush(self, wait_s: float = 0.0) -> None:
        self.late = False


def speech(*, is_quiet: bool = False) -> tuple[Speech, Heard]:
    voice = Heard()
    return Speech(voice, Options(quiet=is_quiet)), voice


def test_lines_of_one_event_are_one_write() -> None:
    said, heard = speech()
    said.say(Line("one"), Line("two", "dim"))
    said.say()
    assert heard.writes == [["one", "two"]]


def test_quiet_leaves_what_is_wrong() -> None:
    said, heard = speech(is_quiet=True)
    said.say(Line("ready", "good"))
    said.say(Line("ready", "good"), Line("held", "held"), Line("bad", "bad"))
    said.say_later(Line("changed"))
    said.show(Line("asked for", "dim"))
    assert heard.writes == [["held", "bad"], ["asked for"]]


def test_what_is_pending_may_be_taken_back() -> None:
    said, heard = speech()
    said.say_later(Line("changed"), Line("because"))
    assert [line.text for line in said.take_back()] == ["changed", "because"]
    said.say(Line("ready"))
    assert heard.writes == [["ready"]]
    assert not said.take_back()


def test_what_is_pending_comes_before_what_is_said_next() -> None:
    said, heard = speech()
    said.say_later(Line("changed"))
    said.say(Line("failed"))
    assert heard.writes == [["changed", "failed"]]
    said.say_later(Line("first"))
    said.say_later(Line("second"))
    said.show(Line("shown"))
    assert heard.writes[1:] == [["first"], ["second"], ["shown"]]


def test_what_is_pending_is_said_when_it_takes_long() -> None:
    said, heard = speech()
    assert said.timeouts(0) == []
    said.say_later(Line("changed"))
    (due_s,) = said.timeouts(0)
    said.look(due_s - 0.01)
    assert heard.writes == []
    said.look(due_s)
    assert heard.writes == [["changed"]]
    assert LONGEST_PENDING_S < 1


def test_a_reader_that_does_not_read_is_tried_again() -> None:
    said, heard = speech()
    heard.late = True
    assert said.timeouts(0) == [RETRY_S]
    said.look(0)
    assert said.timeouts(0) == []
