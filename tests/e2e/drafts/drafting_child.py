"""One author or approver who works until killed, and notes in a file what is begun and what is acknowledged.

Each line is JSON: {"begin": "keep", "marker": ...} and then {"ack": id, "digest": ...}, or {"refused": ...}.
"""

import json
import random
import sys
from pathlib import Path
from typing import IO, Any

from policies.approving.authority import Authority
from policies.approving.kept_draft import KeptDraft
from policies.change import Approve
from policies.errors import ChangeRefused, UnknownDraft
from policies.instant import parse_instant
from policies.revision import Draft
from retriever.bootstrap import Asof
from retriever.config import Settings

AUTHORS, APPROVERS = ("Bo Chen", "Cy Doe"), ("Ann Lee", "Eve Ito")
POLICIES = ("P-1", "P-2", "P-3")


def note(file: IO[str], **line: Any) -> None:
    file.write(json.dumps(line) + "\n")
    file.flush()


def draft(policy_id: str, marker: str) -> Draft:
    return Draft(policy_id, f"Title {marker}", f"The word of {marker}.", "child", parse_instant("2024-01-01"))


def write(asof: Asof, person: str, chance: random.Random, file: IO[str], seed: int, n: int) -> None:
    """Keeps a draft, or edits one of their own, and mostly hands it in."""
    mine = [kept for kept in asof.drafts().all() if kept.state != "published" and kept.written_by(person)]
    marker = f"marker{seed}x{n}"
    if mine and chance.random() < 0.6:
        old = chance.choice(mine)
        note(file, begin="edit", id=old.id, marker=marker)
        kept = asof.drafts().edit(old.id, draft(old.policy_id, marker), person)
    else:
        note(file, begin="keep", marker=marker)
        kept = asof.drafts().keep(draft(chance.choice(POLICIES), marker), person)
    note(file, ack=kept.id, digest=kept.digest(), marker=marker)
    if chance.random() < 0.9:
        asof.drafts().submit(kept.id, person)


def decide(asof: Asof, person: str, chance: random.Random, file: IO[str]) -> None:
    """Reads a draft that was handed in, and approves it, now or for later, or publishes or rejects it."""
    waiting: list[KeptDraft] = [kept for kept in asof.drafts().all() if kept.state in ("submitted", "approved")]
    if not waiting:
        return
    kept, who = chance.choice(waiting), Authority(person, approves=True)
    how = "release" if kept.state == "approved" else chance.choice(("approve", "approve", "later", "reject"))
    note(file, begin=how, id=kept.id, digest=kept.digest(), person=person)
    if how == "later":
        asof.drafts().approve_for_later(kept.id, who, kept.digest(), "later")
    elif how == "reject":
        asof.drafts().reject(kept.id, who, "no")
    else:
        written = asof.write([Approve(kept.id, who, kept.digest() if how == "approve" else None)], authority=who)
        note(file, ack=kept.id, tx=written.events[0].tx)


def main(home: Path, person: str, seed: int, path: Path) -> None:
    chance = random.Random(seed)
    asof = Asof(Settings(home))
    asof.encoder.encode("warm")
    with path.open("a", encoding="utf-8") as file:
        note(file, begin="work")
        n = 0
        while True:
            n += 1
            try:
                if person in AUTHORS:
                    write(asof, person, chance, file, seed, n)
                else:
                    decide(asof, person, chance, file)
            except (ChangeRefused, UnknownDraft) as error:
                note(file, refused=str(error))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
