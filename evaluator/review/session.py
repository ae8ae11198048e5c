"""A session at a terminal: one case after the other, until the reviewer stops or nothing is left."""

from collections.abc import Callable

from evaluator.review.judgement import Judgement
from evaluator.review.queue import Asked

KEYS = {"p": Judgement.PASS, "f": Judgement.FAIL, "u": Judgement.UNKNOWN}
UNDO = ("z", "b")
PROMPT = "[p]ass, [f]ail, [u]nknown, [s]kip, [z] undo the last label, [q]uit: "


def run(
    following: Callable[[set[str]], Asked | None],
    show: Callable[[Asked], None],
    record: Callable[[Asked, Judgement, str], object],
    undo: Callable[[], bool],
    read: Callable[[str], str],
) -> int:
    """How many labels were recorded and not undone. `following` gives the next case that is not among those skipped.

    `undo` says whether there was a label to undo; its case is asked again.
    """
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
            if key in UNDO:
                recorded -= undo()
                continue
            reason = _reason(read)
        except (EOFError, KeyboardInterrupt):
            break
        record(asked, KEYS[key], reason)
        recorded += 1
    return max(recorded, 0)


def _chosen(read: Callable[[str], str]) -> str:
    while True:
        key = read(PROMPT).strip().lower()[:1]
        if key in (*KEYS, "s", "q", *UNDO):
            return key


def _reason(read: Callable[[str], str]) -> str:
    while True:
        if reason := read("reason: ").strip():
            return reason
