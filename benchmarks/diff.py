"""What each revision of the real history changed; whether a changed heading, header or lead-in is shown; the time."""

import hashlib
import random
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Sequence

from benchmarks import _lines_above as above
from benchmarks._data import history, json_lines, parser
from indexer.encoding.embedding import load_encoder
from indexer.text.split import Splitter
from policies.comparing.difference import KINDS, Contextual, Difference, difference
from retriever.inspecting.comparison import contextual

SIDES = ("before", "after")
LOOKED_FOR = {"heading": above.headings, "table header": above.table_headers, "lead-in": above.lead_ins}
PASSAGES, WORDS = 400, 45
"""Of the two revisions that are timed: each passage of the second has every seventh word replaced."""


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--count", type=int, default=0, help="print so many pairs to be read by eye")
    arguments.add_argument("--seed", type=int, default=16, help="which ones (default 16)")
    given = arguments.parse_args()
    encoder = load_encoder()
    splitter = Splitter(encoder.token_offsets, encoder.tokenizer_digest)
    policies: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in json_lines(history(given.data)):
        policies[row["policy_id"]].append(row)
    kinds, looked, hidden = Counter[str](), Counter[str](), Counter[str]()
    regoverned = pairs = 0
    took: list[float] = []
    drawn = []
    for policy_id, rows in policies.items():
        sides = [contextual(row["title"], row["text"], splitter.split(row["text"])) for row in rows]
        for number in range(1, len(rows)):
            began = time.perf_counter()
            found = difference(sides[number - 1], sides[number])
            took.append(time.perf_counter() - began)
            pairs += 1
            kinds.update(found.counts())
            regoverned += found.counts()["regoverned"] > 0
            name = f"{policy_id}@{number} {policy_id}@{number + 1}"
            for kind, line, side in _changed(rows[number - 1]["text"], rows[number]["text"]):
                looked[kind] += 1
                if not _shows(found, line, side):
                    hidden[kind] += 1
                    print(f"HIDDEN {kind}, {name}, {side}: {line}")
            drawn.append((name, found, sides[number - 1], sides[number]))
    print(f"{pairs:,} pairs of consecutive revisions, {regoverned} with regoverned passages")
    print(", ".join(f"{kinds[kind]:,} {kind}" for kind in KINDS))
    for kind in LOOKED_FOR:
        print(f"{kind}s that came or went: {looked[kind]:,}, not shown: {hidden[kind]}")
    print(f"comparing: median {statistics.median(took) * 1e3:.1f} ms, slowest {max(took) * 1e3:.0f} ms")
    before, after = _reworded(given.seed, [word for rows in policies.values() for word in rows[0]["text"].split()])
    times = []
    for _ in range(5):
        began = time.perf_counter()
        sides = [contextual("Rules", text, splitter.split(text)) for text in (before, after)]
        split = time.perf_counter()
        assert difference(*sides).counts()["reworded"] > PASSAGES * 0.9
        times.append((split - began, time.perf_counter() - split))
    structure, compared = (statistics.median(part) * 1e3 for part in zip(*times, strict=True))
    print(f"{PASSAGES} against {PASSAGES} reworded passages: {compared:.0f} ms, and {structure:.0f} ms to split both")
    drawn = [it for it in drawn if any(change.kind != "unchanged" for change in it[1].passages) or it[1].governing]
    drawn.sort(key=lambda it: hashlib.sha256(f"{given.seed} {it[0]}".encode()).digest())
    for name, found, was, now in drawn[: given.count]:
        _print(name, found, was, now)


def _changed(before: str, after: str) -> list[tuple[str, str, str]]:
    """The lines above others that one text has more often than the other, by their kinds, and on which side."""
    changes = []
    for kind, lines in LOOKED_FOR.items():
        was, now = lines(before), lines(after)
        changes += [(kind, line, "before") for line in was - now] + [(kind, line, "after") for line in now - was]
    return changes


def _shows(found: Difference, line: str, side: str) -> bool:
    """Whether a change shows these words on a side, wherever it shows them."""
    marks = ("same", "removed") if side == "before" else ("same", "added")
    changes = [it.words for it in found.governing]
    changes += [it.words for it in found.passages if it.kind not in ("unchanged", "moved", "regoverned")]
    return any(f" {line} " in f" {above.plain(''.join(t for mark, t in it if mark in marks))} " for it in changes)


def _reworded(seed: int, words: Sequence[str]) -> tuple[str, str]:
    chance = random.Random(seed)
    known = [word for word in words if word.isalpha()]
    starts = [chance.randrange(len(known) - WORDS) for _ in range(PASSAGES)]
    before = [known[start : start + WORDS] for start in starts]
    after = [[chance.choice(known) if n % 7 == 3 else it for n, it in enumerate(passage)] for passage in before]
    made = ["\n\n".join(" ".join(passage) + "." for passage in side) for side in (before, after)]
    return made[0], made[1]


def _print(name: str, found: Difference, before: Contextual, after: Contextual) -> None:
    print(f"\n=== {name}: " + ", ".join(f"{count} {kind}" for kind, count in found.counts().items() if count))
    signs = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    for change in found.governing:
        words = " ".join(signs[mark].format(text.strip()) for mark, text in change.words)
        print(f"{change.kind} {change.change} over {list(change.before)} -> {list(change.after)}: {words}")
    for it in found.passages:
        if it.kind != "unchanged":
            words = " ".join(signs[mark].format(text.strip()) for mark, text in it.words)
            over = "; ".join("".join(f"{signs[m].format(t)}" for m, t in g.words) for g in it.governing)
            print(f"{it.kind} {list(it.before)} -> {list(it.after)}{f' <{over}>' if over else ''}: {words[:600]}")


if __name__ == "__main__":
    main()
