"""autorun: runs a program and serves the new code as soon as a file is saved."""

import autoreload.watch as _folder  # before the function: the first import of it takes the name
from autoreload.inner.hooks import (
    changes,
    ignore,
    is_active,
    leave,
    on_reload,
    ready,
    restart,
    watch,
)

__all__ = ["changes", "ignore", "is_active", "leave", "on_reload", "ready", "restart", "watch"]
del _folder
__version__ = "0.1.0"
