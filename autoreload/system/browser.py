"""Opens a page in the user's browser, which lives on without us."""

import os
import sys


def open_page(url: str) -> bool:
    """Whether the browser could be asked to."""
    try:
        os.posix_spawn(
            sys.executable,
            [sys.executable, "-m", "webbrowser", url],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDWR, 0),
                (os.POSIX_SPAWN_DUP2, 0, 1),
                (os.POSIX_SPAWN_DUP2, 0, 2),
            ],
            setpgroup=0,  # a Ctrl-C is not for it
        )
    except OSError:
        return False
    return True
