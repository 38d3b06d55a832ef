"""What the outer found is kept while a debugger waits in the app."""

import time

from autoreload.core.protocol import Message
from autoreload.outer.found import Restart
from autoreload.outer.prompts import ANSWER_S, Prompts


class Child:
    """A run that can be told something, and answers nothing by itself."""

    def __init__(self, *, channel: object = "a channel", greeted: bool = True) -> None:
        self.channel = channel
        self.greeted = greeted
        self.told: list[str] = []

    def tell(self, word: str) -> None:
        self.told.append(word)


def sift(prompts: Prompts, found: Restart | None, child: Child | None) -> list[str] | None:
    done = prompts.sift(found, child)  # type: ignore[arg-type]  # a fake
    return None if done is None else done.paths


def prompt(*, on: bool) -> Message:
    return Message("prompt", 1, {"on": on})


def test_without_an_app_that_can_be_asked_it_is_done_at_once() -> None:
    for child in (None, Child(channel=None), Child(greeted=False)):
        assert sift(Prompts(), Restart(["a"], 1.0), child) == ["a"]


def test_an_app_without_a_debugger_says_so() -> None:
    prompts, child = Prompts(), Child()
    assert sift(prompts, Restart(["a"], 1.0), child) is None
    assert child.told == ["prompts"]
    assert prompts.hear(prompt(on=False)) == []
    assert prompts.timeouts(time.monotonic()) == [0.0]
    assert sift(prompts, None, child) == ["a"]
    assert sift(prompts, None, child) is None


def test_a_debugger_is_waited_for_however_long_it_takes() -> None:
    prompts, child = Prompts(), Child()
    assert sift(prompts, Restart(["a"], 2.0), child) is None
    assert prompts.hear(prompt(on=True)) == ["a"]
    assert prompts.timeouts(time.monotonic()) == []
    assert sift(prompts, Restart(["b", "a"], 1.0), child) is None
    assert prompts.hear(prompt(on=True)) == ["a", "b"]
    # What the inner has found as well is no third one, and nothing is said twice.
    assert prompts.hear(Message("later", 1, {"paths": ["a"]})) == []
    assert prompts.hear(Message("later", 1, {"paths": ["a", "c"]})) == ["a", "b", "c"]
    assert sift(prompts, None, child) is None
    assert prompts.hear(prompt(on=False)) == []
    assert sift(prompts, None, child) == ["a", "b"]
    assert child.told == ["prompts", "prompts"]


def test_one_that_does_not_answer_is_not_waited_for() -> None:
    prompts, child = Prompts(), Child()
    assert sift(prompts, Restart(["a"], 1.0), child) is None
    (left,) = prompts.timeouts(time.monotonic())
    assert 0 < left <= ANSWER_S
    assert prompts.timeouts(time.monotonic() + ANSWER_S) == [0.0]
    prompts._asked_at = time.monotonic() - ANSWER_S
    assert sift(prompts, None, child) == ["a"]


def test_a_watcher_that_is_kept_from_running_is_not_asked() -> None:
    child = Child()
    assert sift(Prompts(), Restart(["a"], 1.0, is_unanswered=True), child) == ["a"]
    assert child.told == []


def test_an_app_that_ended_meanwhile_is_started_again_and_a_new_run_knows_it_all() -> None:
    prompts, child = Prompts(), Child()
    sift(prompts, Restart(["a"], 1.0), child)
    prompts.hear(prompt(on=True))
    assert sift(prompts, None, None) == ["a"]
    sift(prompts, Restart(["a"], 1.0), child)
    assert prompts.hear(Message("later", 1, {"paths": ["b"]})) == ["a", "b"]
    prompts.forget()
    assert prompts.hear(Message("later", 1, {"paths": ["b"]})) == ["b"]
    assert sift(prompts, None, None) is None
