"""The door: RELOAD_ENV and a channel open the inner, anything else the command line.

It is run as a file for the inner, so that neither the current directory nor a file of the user's
named like a module of the standard library comes between us and what we import.
"""

import sys


def main() -> None:
    """Open the inner, a callable to run in this process, or the command line."""
    import os

    if os.environ.get("RELOAD_ENV") == "true" and "AUTORUN_CHANNEL" in os.environ:
        from autoreload.inner.run import main as open_inner

        if open_inner():
            return
    if sys.argv[1:2] == ["--call"]:
        from autoreload.inner.launch import call_and_exit

        call_and_exit(sys.argv[2], sys.argv[3:])
    # The outer imports nothing of the user's: with PYTHONPATH=. it would meet a click.py of theirs.
    sys.path[:] = _without_the_users(sys.path)
    from autoreload.entry import main as open_command_line

    sys.exit(open_command_line(sys.argv[1:]))


def _enter() -> None:
    """Import from the standard library and our own place only, then give the path back."""
    import os

    born_with = frozenset(sys.modules)
    if not sys.flags.safe_path and sys.path:
        del sys.path[0]  # this folder for the inner, the current directory for -m
    path = list(sys.path)
    sys.path[:] = _without_the_users(path)
    try:
        from autoreload.inner import disguise

        disguise.born_with(born_with)
        if "AUTORUN_CHANNEL" in os.environ:
            from autoreload.inner import run  # noqa: F401  # all that the inner needs at once
    finally:
        sys.path[:] = path


def _without_the_users(path: list[str]) -> list[str]:
    """The standard library, our own place, and what is installed."""
    import os

    standard = os.path.dirname(os.__file__)
    return [
        *(one for one in path if one.startswith(standard) and "site-packages" not in one),
        os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
        *(one for one in path if "site-packages" in one or "dist-packages" in one),
    ]


if __name__ == "__main__":
    _enter()
    main()
