"""autorun: runs a program and serves the new code as soon as a file is saved."""

from autoreload.inner.hooks import is_active, leave

__all__ = ["is_active", "leave"]
__version__ = "0.1.0"
