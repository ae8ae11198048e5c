"""A session at a terminal: one case after the other, until the reviewer stops or nothing is left."""

from collections.abc import Callable

from evaluator.review.judgement import Judgement
from evaluator.review.queue import Asked

KEYS = {"p": Judgement.PASS, "f": Judgement.FAIL, "u": Judgement.UNKNOWN}
PROMPT = "[p]ass, [f]ail, [u]nknown, [s]kip, [q]uit: "


def run(
    following: Callable[[set[str]], Asked | None],
    show: Callable[[Asked], None],
    record: Callable[[Asked, Judgement, str], object],
    read: Callable[[str], str],
) -> int:
    """How many labels were recorded. `following` gives the next case that is not among those skipped."""
    recorded, skipped = 0, set[str]()
    while (asked := following(skipped)) is not None:
        show(asked)
        try:
            key = _chosen(read)
            if key == "q":
                break
            if key == "s":
                skipped.add(asked.case.id)
                continue
            reason = _reason(read)
        except (EOFError, KeyboardInterrupt):
            break
        record(asked, KEYS[key], reason)
        recorded += 1
    return recorded


def _chosen(read: Callable[[str], str]) -> str:
    while True:
        key = read(PROMPT).strip().lower()[:1]
        if key in (*KEYS, "s", "q"):
            return key


def _reason(read: Callable[[str], str]) -> str:
    while True:
        if reason := read("reason: ").strip():
            return reason
