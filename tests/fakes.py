"""Small things with the methods of real ones, which record what was asked of them."""

import os
import threading


class FakeApp:
    """A program in the main thread that does nothing, and says so."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.is_up = True
        self.idle = True
        self.is_at_prompt = False
        self.refreshes = ""
        """The framework that reads files again; empty: none does."""
        self.caches: list[tuple[str, str]] | None = None
        self.gone = threading.Event()

    def is_idle(self) -> bool:
        return self.idle

    def is_called(self) -> bool:
        return self.is_up

    def stop(self, *, restart: bool) -> None:
        self.calls.append(f"stop restart={restart}")

    def note_imports(self) -> None:
        """Nobody wants to know."""

    def proceed(self) -> None:
        """There is nothing to wait for."""

    def is_debugged(self) -> bool:
        return self.is_at_prompt

    def forgo_checkpoints(self) -> None:
        self.calls.append("forgo")

    def nudge(self) -> None:
        self.calls.append("nudge")

    def force(self) -> None:
        self.calls.append("force")

    def kept_by(self) -> list[str]:
        return ["worker (a.py:3)"]

    def stacks(self) -> str:
        return "MainThread:"

    def alone(self) -> int:
        self.calls.append("alone")
        return os.getppid()

    def orphaned(self) -> None:
        self.calls.append("orphaned")
        self.gone.set()

    def ready(self) -> None:
        self.calls.append("ready")

    def refresh(self, paths: list[str]) -> str:
        self.calls.append(f"refresh {' '.join(paths)}")
        return self.refreshes

    def cached(self) -> list[tuple[str, str]] | None:
        return self.caches

    def first_calls(self) -> list[str]:
        """What was asked for once; nudge and force are repeated until the process is gone."""
        return list(dict.fromkeys(self.calls))
