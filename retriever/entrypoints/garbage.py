"""How seldom a process of ours looks for garbage: what it reads stays, and there is much of it."""

import gc

COLLECTED_AFTER = 5_000
"""New objects that may belong to a cycle, until the young ones are looked through; the interpreter's own is 700.

With its own, opening a ledger takes a fifth longer: each look finds nothing (`scripts/bench recorded`).
"""

OLDER, ALL = 10, 160
"""Looks at the young ones until those that stayed are looked through too, and how many such looks until all are.

Nothing else runs meanwhile, so each look is at few objects (`scripts/bench alive`).
"""


def collect_seldom() -> None:
    """Lets this process look for garbage seldom, from now on."""
    gc.set_threshold(COLLECTED_AFTER, OLDER, ALL)
