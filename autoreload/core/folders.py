"""Folders that are nobody's own code: version control, environments, caches."""

SKIPPED = frozenset(
    {
        ".git",
        ".hg",
        ".svn",
        ".jj",
        ".venv",
        "venv",
        "node_modules",
        "__pycache__",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".hypothesis",
        ".tox",
        ".nox",
        ".idea",
        ".vscode",
        "site-packages",
        "dist-packages",
    }
)
"""Folders that are never entered, and of which no file is watched by itself."""

VIRTUAL = frozenset({"/proc", "/sys", "/dev"})
"""Folders of the system that hold no files, whatever they look like: some wait when they are read.

Who names one of them, or something in it, gets it.
"""
