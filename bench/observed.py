"""autorun with a clock beside its channel: `python bench/observed.py LOG [OPTIONS] TARGET`.

Every message between outer and inner is noted with the moment at which the outer sends or receives
it, by the clock that all processes share. The product itself measures nothing.
"""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

if __name__ == "__main__":
    del sys.path[0]  # this folder: its modules are none of the program's

from autoreload.entry import main
from autoreload.system.channel import Channel


def observe(log: Path) -> None:
    """Note every message from now on."""
    file = log.open("a", buffering=1)

    def note(word: str) -> None:
        file.write(f"{time.monotonic()} {word}\n")

    send: Callable[..., bool] = Channel.send
    receive: Callable[[Channel], Any] = Channel.receive

    def noted_send(self: Channel, word: str, **fields: object) -> bool:
        done = send(self, word, **fields)
        note(f">{word}")
        return done

    def noted_receive(self: Channel) -> Any:
        message = receive(self)
        if message is not None:
            note(f"<{message.word}")
        return message

    Channel.send = noted_send  # type: ignore[method-assign]
    Channel.receive = noted_receive  # type: ignore[method-assign]


if __name__ == "__main__":
    observe(Path(sys.argv[1]))
    sys.exit(main(sys.argv[2:]))
