"""Whether evidence is whole in meaning: items with what introduces them, whole lists, hidden words, fragments, size."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._data import asked_as_of, imported_home, json_lines, parser, questions
from evaluator.retrieval.words import words
from evaluator.statistics.intervals import bootstrap
from indexer.text.introducing import introduces
from policies.instant import parse_instant
from policies.revision import Revision, VersionId
from retriever.answering.abstention import NEVER_ABSTAINS
from retriever.asking.query import parse_query
from retriever.bootstrap import Asof
from retriever.evidence.evidence import Evidence

Place = tuple[int, int]

FEW_WORDS = 4
"""Evidence of fewer words, with what governs it, is a fragment."""

_COMMENT_AT_END = re.compile(r"\s*<!--[^<>]*-->\s*\Z")
_OPEN = re.compile(r"[:;,–—-]\W*\Z")


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--block-tokens", type=int, help="the size of blocks (default: the service's)")
    given = arguments.parse_args()
    sized = {} if given.block_tokens is None else {"block_tokens": given.block_tokens}
    with imported_home(given.data, given.home) as home:
        asof = Asof.at(home).with_settings(thresholds=NEVER_ABSTAINS)
        report = Report(asof, sized)
        for kind in ("items", "lists"):
            for file in sorted((given.data / "evidence").glob(f"{kind}-*.jsonl")):
                report.spans(file)
        report.wordings(questions(given.data))


class Report:
    """Asks, measures and prints. Shares come with the 95% interval of a bootstrap over questions."""

    def __init__(self, asof: Asof, sized: dict[str, int]) -> None:
        self._asof = asof
        self._sized = sized
        self._timeline = asof.ledger.timeline()
        self._revisions: dict[VersionId, Revision] = {}

    def spans(self, file: Path) -> None:
        """Questions about one item, or about a whole list, whose places in the source are known."""
        cases = json_lines(file)
        answers = [self._answer(case) for case in cases]
        print(f"\n{file.name}: {len(cases)} questions")
        whole = "items" in cases[0]
        golds = [[self._shown(case, it) for it in (case["items"] if whole else [case["item"]])] for case in cases]
        mine = [
            [it for it in found if it.version == VersionId(case["policy_id"], case["revision"])]
            for case, found in zip(cases, answers, strict=True)
        ]
        pairs = list(zip(cases, golds, answers, mine, strict=True))
        if not whole:
            shown("item first", [bool(own) and own[0].rank == 1 and said(gold, own[:1]) for _, gold, _, own in pairs])
            shown(
                "item and its lead-in in the top 5",
                [any(said([*gold, tuple(case["lead"])], [it]) for it in own) for case, gold, _, own in pairs],
            )
        else:
            shown("whole list in the top 5", [said(gold, own) for _, gold, _, own in pairs])
        self._quality(answers)

    def wordings(self, file: Path) -> None:
        """Questions about the wording in force at an instant."""
        cases = json_lines(file)
        answers = [self._answer(asked_as_of(case)) for case in cases]
        print(f"\n{file.name}: {len(cases)} questions")
        right = [
            [(it.version.policy_id, it.version.number) == (case["policy_id"], int(case["revision"])) for it in found]
            for case, found in zip(cases, answers, strict=True)
        ]
        shown("right revision first", [hits[:1] == [True] for hits in right])
        shown("right revision in the top 5", [any(hits) for hits in right])
        shown(
            "words of the right wording in the top 5",
            [
                covered(case["gold_text"], [it.text for it, hit in zip(found, hits, strict=True) if hit])
                for case, found, hits in zip(cases, answers, right, strict=True)
            ],
        )
        stale = sum(
            parse_instant(case["as_of"]) not in it.valid
            for case, found in zip(cases, answers, strict=True)
            for it in found
        )
        print(f"  {'stale':<42} {stale}")
        self._quality(answers)

    def _shown(self, case: dict[str, Any], place: Sequence[int]) -> Place:
        """A place without the comment at its end, which no reader of the page sees."""
        start, end = place
        text = self._revision(VersionId(case["policy_id"], case["revision"])).text[start:end]
        return start, start + len(_COMMENT_AT_END.sub("", text))

    def _answer(self, fields: dict[str, Any]) -> list[Evidence]:
        wanted = {name: fields[name] for name in ("query", "as_of", "policies") if name in fields}
        return list(self._asof.retriever.retrieve(parse_query({**wanted, **self._sized})).evidence)

    def _quality(self, answers: Sequence[Sequence[Evidence]]) -> None:
        """Fragments, hidden words and tokens."""
        every = [item for found in answers for item in found]
        shown("fragments", [fragment(item) for item in every])
        shown("hidden context", [self._hides(item) for item in every])
        tokens = np.array([sum(item.tokens for item in found) for found in answers])
        print(f"  {'tokens of a top 5':<42} mean {tokens.mean():.0f}, p95 {np.percentile(tokens, 95):.0f}")

    def _hides(self, item: Evidence) -> bool:
        """Whether a recorded lead-in or table header of a passage is neither in the evidence nor beside it."""
        revision = self._revision(item.version)
        places = [(item.char_start, item.char_end), *((it.char_start, it.char_end) for it in item.governed_by)]
        for span in revision.spans[item.ordinal - 1 : item.through]:
            for start, end in span.lead_ins:
                if introduces(revision.text[start:end]) and not any(a <= start and end <= b for a, b in places):
                    return True
        return False

    def _revision(self, version: VersionId) -> Revision:
        if version not in self._revisions:
            self._revisions[version] = self._asof.ledger.revision(version, self._timeline)
        return self._revisions[version]


def said(wanted: Sequence[Place], evidence: Sequence[Evidence]) -> bool:
    """Whether all places of the source are in the evidence, or among the words that govern it."""
    places = [(it.char_start, it.char_end) for it in evidence]
    places += [(by.char_start, by.char_end) for it in evidence for by in it.governed_by]
    return all(any(a <= start and end <= b for a, b in places) for start, end in wanted)


def covered(gold: str, texts: Sequence[str]) -> float:
    """The share of a wording's words that the evidence has: `evaluator.retrieval.measures.coverage`."""
    wanted = Counter(words(gold))
    return (wanted & Counter(word for text in texts for word in words(text))).total() / wanted.total()


def fragment(item: Evidence) -> bool:
    """Whether evidence cannot be read by itself: it ends where something is to follow, or is only a few words."""
    every = [*words(item.words), *(word for it in item.governed_by for word in words(it.text))]
    last = item.words.rstrip()
    listed = len(item.spans) > 1 or bool(item.governed_by)
    return len(every) < FEW_WORDS or (_OPEN.search(last) is not None and not listed) or last.endswith(":")


def shown(name: str, values: Sequence[float]) -> None:
    low, high = bootstrap(np.array(values, dtype=np.float64))
    print(f"  {name:<42} {np.mean(values):.4f}  [{low:.4f}, {high:.4f}]")


if __name__ == "__main__":
    main()
