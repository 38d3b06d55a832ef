"""Modules that take so long that a checkpoint is left behind them."""

from autoreload.core.checkpoints import SPACING_S

PAUSE = f"time.sleep({SPACING_S + 0.04:.3f})"
"""Longer than checkpoints stand apart, by what a busy machine makes of it."""
SLOW = f"import os, time\n{PAUSE}\nBORN = os.urandom(4).hex()\n"
"""It shows whether it was run again."""
