"""Garbage looked for only among what is new: in a process of its own, for other tests freeze what they load."""

import subprocess
import sys

NESTED = """
import gc
from chipledger.core.collecting import settled

counts = [gc.get_freeze_count()]
with settled():
    counts.append(gc.get_freeze_count())
    with settled():
        counts.append(gc.get_freeze_count())
    counts.append(gc.get_freeze_count())
counts.append(gc.get_freeze_count())
print(*(count > 0 for count in counts))
"""


def test_what_was_set_aside_is_let_go_by_the_outermost_block_alone() -> None:
    told = subprocess.run([sys.executable, "-c", NESTED], capture_output=True, text=True, check=True)

    assert told.stdout.split() == ["False", "True", "True", "True", "False"]
