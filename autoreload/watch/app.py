"""The program as the watcher sees it, and what the watcher is told at the start."""

from autoreload.core.changes import LONE_WAIT_S, Change, patience

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    class App(Protocol):
        """The program in the main thread, as the watcher sees it."""

        def is_called(self) -> bool:
            """Whether the program's own code has begun."""

        def is_idle(self) -> bool:
            """Whether it waits for something, and not for the processor or a disk."""

        def stop(self, *, restart: bool) -> None:
            """Ask it to end as a user would."""

        def proceed(self) -> None:
            """Go on with what the stop waits for, if anything."""

        def is_debugged(self) -> bool:
            """Whether a debugger in it waits for its user."""

        def forgo_checkpoints(self) -> None:
            """Let the next run begin anew."""

        def nudge(self) -> None:
            """Wake a main thread that missed the request."""

        def force(self) -> None:
            """End the process now."""

        def kept_by(self) -> list[str]:
            """The threads that keep it from ending."""

        def stacks(self) -> str:
            """Where every thread of it is."""

        def alone(self) -> int:
            """The program has closed our descriptors, and no word goes in or out; the parent."""
            ...

        def orphaned(self) -> None:
            """The outer is gone: end everything."""

        def ready(self) -> None:
            """It is up: what it reads from now on is its own affair."""

        def note_imports(self) -> None:
            """It has had time to import what it imports late."""

        def refresh(self, paths: list[str]) -> str:
            """Let the framework read files again; its name, or nothing when it did not."""

        def cached(self) -> list[tuple[str, str]] | None:
            """Directories and patterns that the framework caches; None when it is too early."""


class Settings:
    """What the outer tells the watcher at the start."""

    __slots__ = ("delay_s", "hold", "is_ignored", "lone_wait_s", "poll_s", "stop_timeout_s")

    def __init__(
        self,
        *,
        delay_s: float = 0.0,
        poll_s: float = 0.0,
        hold: bool = True,
        stop_timeout_s: float = 3.0,
        is_ignored: "Callable[[str], bool] | None" = None,
        lone_wait_s: float = LONE_WAIT_S,
    ) -> None:
        self.delay_s = delay_s
        self.poll_s = poll_s
        self.hold = hold
        self.stop_timeout_s = stop_timeout_s
        self.is_ignored = is_ignored
        self.lone_wait_s = lone_wait_s
        """What a save of one file waits for a second one."""

    def unheed(self, paths: list[str]) -> None:
        """Ignore these files as well, which the program writes itself, again and again."""
        ignored, unheeded = self.is_ignored, frozenset(paths)
        if unheeded:
            self.is_ignored = lambda path: path in unheeded or bool(ignored and ignored(path))

    def patience(self, changes: "list[Change]", is_broken: bool, looks: int) -> float:
        """Seconds until these changes are looked at again."""
        return patience(
            changes, is_broken, looks, delay_s=self.delay_s, lone_wait_s=self.lone_wait_s
        )
