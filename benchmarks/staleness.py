"""Governing words of the real history turned round with a seed: what the evaluator says of a stale citation then."""

import hashlib
import re
from collections import Counter, defaultdict
from dataclasses import dataclass

from benchmarks._data import history, json_lines, parser
from evaluator.citations.accuracy import measure
from evaluator.files.json_lines import Line
from evaluator.support.lexical.score import LexicalScorer
from evaluator.traces.trace import parse_trace
from indexer.encoding.embedding import load_encoder
from indexer.text.governing import derived
from indexer.text.split import Splitter
from policies.change import Publish
from policies.instant import parse_instant
from policies.ledger import Ledger
from policies.revision import Draft
from policies.storage.ledger_store import LedgerStore

_MODAL = re.compile(r"\b(may|must|can|will|shall|should)\b(?! not)", re.IGNORECASE)
_MONEY = re.compile(r"\$|\bUSD\b|\bdollars?\b")
_LAST_WORD = re.compile(r"\w(?=\W*\Z)")
_MARKS = re.compile(r"[*_#|\s]*")


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--count", type=int, default=200, help="how many changes (default 200)")
    arguments.add_argument("--seed", type=int, default=16, help="which ones (default 16)")
    given = arguments.parse_args()
    encoder = load_encoder()
    splitter = Splitter(encoder.token_offsets, encoder.tokenizer_digest)
    newest = {row["policy_id"]: row for row in json_lines(history(given.data))}
    ways: dict[str, list[Way]] = defaultdict(list)
    for row in newest.values():
        text, spans = row["text"], splitter.split(row["text"])
        structure = derived(row["title"], text, spans, len)
        for ordinal, standing in enumerate(structure.standings, start=1):
            inner = structure.run(ordinal, ordinal).governing
            places = [(it.kind, it.start, it.end) for it in inner]
            places += [("heading", *place) for place in spans[ordinal - 1].headings]
            for kind, start, end in dict.fromkeys(places):
                for way, words in _turned(text[start:end]).items():
                    if standing.words:
                        ways[way].append(Way(row["policy_id"], ordinal, kind, start, end, words))
    found: Counter[tuple[str, str]] = Counter()
    kinds: Counter[str] = Counter()
    each = given.count // len(ways)
    for way, candidates in sorted(ways.items()):
        candidates.sort(key=lambda it: hashlib.sha256(f"{given.seed} {it}".encode()).digest())
        for one in candidates[: each + (given.count % len(ways) if way == "negated" else 0)]:
            row = newest[one.policy_id]
            said = _stale(row["title"], row["text"], one, splitter)
            found[way, said] += 1
            kinds[one.kind] += 1
            if said == "stale_unchanged":
                print(f"UNCHANGED, {way}: {one}")
    print(f"{sum(found.values())} changes: {', '.join(f'{count} of a {kind}' for kind, count in kinds.items())}")
    for (way, said), count in sorted(found.items()):
        print(f"  {way:<10} {said:<24} {count}")
    print(f"stale_unchanged: {sum(count for (_, said), count in found.items() if said == 'stale_unchanged')}")


@dataclass(frozen=True)
class Way:
    """Governing words of a passage, and what they are turned into."""

    policy_id: str
    ordinal: int
    kind: str
    start: int
    end: int
    words: str


def _turned(words: str) -> dict[str, str]:
    """Governing words turned round: negated, by another modal verb, in another currency, where they allow it."""
    turned = {}
    if modal := _MODAL.search(words):
        turned["negated"] = f"{words[: modal.end()]} not{words[modal.end() :]}"
        other = "may" if modal[0].lower() != "may" else "must"
        turned["modal"] = words[: modal.start()] + other + words[modal.end() :]
    else:
        begin = _MARKS.match(words)
        assert begin is not None
        turned["negated"] = f"{begin[0]}Not {words[begin.end() :]}"
    if money := _MONEY.search(words):
        turned["currency"] = f"{words[: money.start()]}EUR {words[money.end() :]}"
    elif last := _LAST_WORD.search(words):  # no words of the real history that govern others name a currency
        turned["currency"] = f"{words[: last.end()]} in EUR{words[last.end() :]}"
    return turned


def _stale(title: str, text: str, way: Way, splitter: Splitter) -> str:
    """What decides of a citation of the passage, once the words over it are turned round."""
    ledger = Ledger(LedgerStore.in_memory(), lambda: parse_instant("2026-01-01"))
    changed = text[: way.start] + way.words + text[way.end :]
    for start, body in (("2025-01-01", text), ("2025-02-01", changed)):
        draft = Draft("P", title, body, "here", parse_instant(start))
        ledger.record(ledger.propose([Publish(draft)]), [splitter.split(body)], splitter.version)
    revision = ledger.revision(next(iter(ledger.timeline().publishes)), ledger.timeline())
    words = " ".join(re.sub(r"[\[\]]", " ", revision.passages[way.ordinal - 1]).split())
    answer = {"id": "t", "answer": f"{words.rstrip('.')} [P@1#{way.ordinal}].", "as_of": "2025-03-01"}
    records = measure([parse_trace(Line("here", answer))], ledger, parse_instant("2026-02-01"), LexicalScorer()).records
    ledger.close()
    return str(records[0]["why"]) if records else "no citation"


if __name__ == "__main__":
    main()
