"""Many edits in any way and at any time: the last version is what runs in the end."""

EDITS = 200

PROGRAM = """
import time
import first
from package import second
print(f"{first.VERSION} {second.VERSION} end", flush=True)
time.sleep(100)
"""

MODULE = """
import select
select.select([], [], [], {boot:.3f})
VERSION = {version:04d}
"""
