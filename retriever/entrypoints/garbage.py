"""How seldom a process of ours looks for garbage: what it reads stays, and there is much of it."""

import gc

COLLECTED_AFTER = 20_000
"""New objects that may belong to a cycle, until the young ones are looked through; the interpreter's own is 700.

With its own, opening a ledger takes a fifth longer: each look finds nothing (`scripts/bench recorded`).
"""


def collect_seldom() -> None:
    """Lets this process look for garbage seldom, from now on."""
    gc.set_threshold(COLLECTED_AFTER, 20, 20)
