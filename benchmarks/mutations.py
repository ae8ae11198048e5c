"""True citations of the real history with one thing changed: is each change caught, and no original? And how fast."""

import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks._data import history, imported_home, json_lines, parser
from benchmarks._structure import mutants
from evaluator.checks.check import worst
from evaluator.citations.accuracy import measure
from evaluator.decisions.decision import claimed_and_executed
from evaluator.files.json_lines import Line
from evaluator.statistics.intervals import proportion
from evaluator.support.rules import RuleScorer
from evaluator.traces.trace import parse_trace
from indexer.text.rendering import inline_words
from indexer.text.sentences import sentences
from policies.instant import format_instant
from policies.revision import VersionId
from retriever.bootstrap import Asof
from retriever.home_folder import CACHE

SEED = 20250301
PARAPHRASES = Path("evals/support_paraphrases.jsonl")
_NUMBER = re.compile(r"(?<![\w.,$€£-])\d{1,4}(?![\w,-]|\.\d)")
_TURNABLE = re.compile(r"\b(may|must|will|can|should|are|is|have|has|do|does)\b(?! not\b)", re.IGNORECASE)
_NOT = re.compile(r" not\b")
_LONG_WORD = re.compile(r"[A-Za-z]{4,}")


@dataclass(frozen=True)
class Pair:
    """A sentence of a passage in force, word for word, and its citation."""

    sentence: str
    quote: str
    policy_id: str
    revision: int
    ordinal: int
    passages: int
    other: int | None
    as_of: str

    def trace(self, number: int, sentence: str | None = None, **changed: Any) -> dict[str, Any]:
        """The trace of an answer that says the sentence, and quotes from it, with what is changed."""
        revision, ordinal = changed.get("revision", self.revision), changed.get("ordinal", self.ordinal)
        handle = f"{self.policy_id}@{revision}#{ordinal}"
        said = f"{self.sentence if sentence is None else sentence} [{handle}]"
        quoted = f'The policy says "{changed.get("quote", self.quote)}" [{handle}].'
        trace = {"id": str(number), "as_of": self.as_of, "answer": f"{said}\n{quoted}" if changed.get("both") else said}
        if "quote" in changed:
            trace["answer"] = quoted
        trace["executed_actions"] = []
        trace["answer"] += changed.get("added", "")
        if changed.get("given", True):
            trace["evidence"] = [f"{self.policy_id}@{self.revision}#{self.ordinal}"]
        return trace


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--pairs", type=int, default=500, help="true pairs to change (default 500)")
    arguments.add_argument("--traces", type=int, default=10_000, help="traces of the timing (default 10,000)")
    arguments.add_argument("--read", action="store_true", help="only print sixty verdicts to be read by eye")
    given = arguments.parse_args()
    with imported_home(given.data, given.home) as home:
        asof = Asof.at(home)
        pairs = true_pairs(asof, given.pairs, random.Random(SEED))
        if given.read:
            to_read(given.data, pairs)
            return
        numbered = true_pairs(asof, given.pairs, random.Random(SEED), _NUMBER)
        for name, found in (("true pairs", pairs), ("whose sentence holds a number", numbered)):
            distinct, policies = ({getattr(pair, of) for pair in found} for of in ("sentence", "policy_id"))
            print(f"{len(found)} {name}: {len(distinct)} different sentences of {len(policies)} policies, seed {SEED}")
        caught(asof, pairs, numbered)
        structure(pairs)
        controls(given.data)
        timed(home, pairs, given.traces)


def true_pairs(asof: Asof, count: int, draw: random.Random, holding: re.Pattern[str] | None = None) -> list[Pair]:
    """Sentences of passages, as of when their revision came into force; of a revision one a round, and none twice."""
    versions = sorted(asof.ledger.timeline().publishes)
    draw.shuffle(versions)
    found: dict[tuple[str, int, str], Pair] = {}
    for _ in range(20):
        for version in versions:
            pair = _pair(asof, version, draw, holding)
            if pair is not None:
                found.setdefault((pair.policy_id, pair.revision, pair.sentence), pair)
            if len(found) == count:
                return list(found.values())
    return list(found.values())


def _pair(asof: Asof, version: VersionId, draw: random.Random, holding: re.Pattern[str] | None) -> Pair | None:
    timeline = asof.ledger.timeline()
    cells = [cell for cell in timeline.policies[version.policy_id].top if cell.revision == version.number]
    revision = asof.ledger.revision(version, timeline)
    passages = enumerate(revision.passages)
    texts = [(number, text) for number, text in passages if holding is None or holding.search(text)]
    if not cells or not texts:
        return None
    ordinal, text = draw.choice(texts)
    spoken = [text[start:end].strip() for start, end in sentences(text)]
    usable = [
        it for it in spoken if 6 <= len(it.split()) <= 40 and "\n" not in it and it[-1:] in ".!" and "[" not in it
    ]
    usable = [sentence for sentence in usable if holding is None or holding.search(sentence)]
    if not usable:
        return None
    sentence = draw.choice(usable)
    words = sentence.split()
    length = min(len(words), draw.randint(4, 8))
    start = draw.randrange(len(words) - length + 1)
    quote = " ".join(words[start : start + length])
    if '"' in sentence or "”" in sentence or not _LONG_WORD.search(quote):
        return None
    numbers = range(1, len(timeline.revisions(version.policy_id)) + 1)
    others = [number for number in numbers if number != version.number]
    as_of = format_instant(cells[0].valid.start)
    return Pair(
        sentence, quote, version.policy_id, version.number, ordinal + 1, len(revision.spans),
        draw.choice(others) if others else None, as_of,
    )  # fmt: skip


Change = Callable[[Pair, random.Random], dict[str, Any] | None]


def version(pair: Pair, draw: random.Random) -> dict[str, Any] | None:
    return None if pair.other is None else {"revision": pair.other}


def unknown_version(pair: Pair, draw: random.Random) -> dict[str, Any] | None:
    return {"revision": 900 + draw.randrange(99), "given": False}


def ordinal(pair: Pair, draw: random.Random) -> dict[str, Any] | None:
    other = [number for number in range(1, pair.passages + 1) if number != pair.ordinal]
    return {"ordinal": draw.choice(other)} if other else None


def ungiven(change: Change) -> Change:
    """The change, in a trace that does not say which evidence was given."""
    return lambda pair, draw: None if (changed := change(pair, draw)) is None else {**changed, "given": False}


def number(pair: Pair, draw: random.Random) -> dict[str, Any] | None:
    places = list(_NUMBER.finditer(pair.sentence))
    if not places:
        return None
    place = draw.choice(places)
    value = int(place[0])
    other = draw.choice([value + 1, value + 7, max(1, value - 1) if value > 1 else 3, value * 10 or 10])
    return {"sentence": pair.sentence[: place.start()] + str(other) + pair.sentence[place.end() :]}


def number_in_words(pair: Pair) -> str | None:
    """The sentence with its first small number in words, which says the same."""
    words = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen".split()
    for place in _NUMBER.finditer(pair.sentence):
        if 1 <= int(place[0]) <= len(words):
            return pair.sentence[: place.start()] + words[int(place[0]) - 1] + pair.sentence[place.end() :]
    return None


def negation(pair: Pair, draw: random.Random) -> dict[str, Any] | None:
    places = list(_NOT.finditer(pair.sentence))
    if places:
        place = draw.choice(places)
        return {"sentence": pair.sentence[: place.start()] + pair.sentence[place.end() :]}
    places = list(_TURNABLE.finditer(pair.sentence))
    if not places:
        return None
    place = draw.choice(places)
    return {"sentence": f"{pair.sentence[: place.end()]} not{pair.sentence[place.end() :]}"}


def quote_word(pair: Pair, draw: random.Random) -> dict[str, Any] | None:
    place = draw.choice(list(_LONG_WORD.finditer(pair.quote)))
    other = draw.choice([word for word in ("zebra", "orchard", "Tuesday", "velvet") if word != place[0]])
    return {"quote": pair.quote[: place.start()] + other + pair.quote[place.end() :]}


def action(pair: Pair, draw: random.Random) -> dict[str, Any] | None:
    claims = ("Your return label has been created.", "We have issued your refund.", "I have cancelled your order.",
              "A replacement has been shipped.", "The label was e-mailed to you.")  # fmt: skip
    return {"added": f"\n{draw.choice(claims)}"}


CHANGES: dict[str, Change] = {
    "version id, to another revision": version,
    "version id, to another revision, evidence not recorded": ungiven(version),
    "version id, to none": unknown_version,
    "passage ordinal": ordinal,
    "passage ordinal, evidence not recorded (weighed, not shown)": ungiven(ordinal),
    "one number": number,
    "a negation": negation,
    "one word of the quote": quote_word,
    "an invented action": action,
}


def caught(asof: Asof, pairs: list[Pair], numbered: list[Pair]) -> None:
    """Prints how many originals pass, and how many of each kind of change do not."""
    spelt = [(pair, number_in_words(pair)) for pair in numbered]
    for name, traces in {
        "originals": [pair.trace(at, both=True) for at, pair in enumerate(pairs)],
        "originals with a number": [pair.trace(at, both=True) for at, pair in enumerate(numbered)],
        "with a number in words": [pair.trace(at, said) for at, (pair, said) in enumerate(spelt) if said],
    }.items():
        outcomes = _outcomes(asof, traces)
        wrong = [records for records in outcomes if any(record["outcome"] != "PASS" for record in records)]
        print(f"{name}: {len(wrong)} of {len(outcomes)} do not pass")
        for records in wrong[:5]:
            print("   ", [(record["outcome"], record["why"], record["claim"][:90]) for record in records])
    draw = random.Random(SEED)
    print(f"{'change':<62} {'caught':>12}   95% interval")
    for name, change in CHANGES.items():
        changed = [(pair, change(pair, draw)) for pair in (numbered if change is number else pairs)]
        traces = [pair.trace(at, **given) for at, (pair, given) in enumerate(changed) if given is not None]
        outcomes = _outcomes(asof, traces)
        verdicts = [worst(record["outcome"] for record in records) for records in outcomes]
        found, missed = proportion(verdicts.count("FAIL"), len(verdicts)), verdicts.count("PASS")
        print(
            f"{name:<62} {found.value:7.1%} of {found.n:3}  {found.low:.1%} to {found.high:.1%}"
            f"   not sure of {len(verdicts) - verdicts.count('FAIL') - missed} more"
        )
        for trace in [trace for trace, verdict in zip(traces, verdicts, strict=True) if verdict == "PASS"][:3]:
            print("      missed:", trace["answer"][:150].replace("\n", " | "))


def _outcomes(asof: Asof, traces: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Of each trace the outcome and reason of each citation, and of the claim that something was done."""
    parsed = [parse_trace(Line(f"trace {trace['id']}", trace)) for trace in traces]
    answers = measure(parsed, asof.ledger, asof.clock(), RuleScorer()).answers
    found = []
    for trace, answer in zip(parsed, answers, strict=True):
        verdict, why, detail = claimed_and_executed(trace.recorded)
        found.append([*answer["records"], {"outcome": verdict, "why": why, "claim": detail}])
    return found


def structure(pairs: list[Pair], shown: int = 3) -> None:
    """Prints, of each operator that changes a sentence's structure, how often the changed one passes."""
    sentences = list(dict.fromkeys(pair.sentence for pair in pairs))
    made: dict[str, list[tuple[str, str]]] = {}
    for name, sentence, changed in mutants(sentences, SEED):
        made.setdefault(name, []).append((sentence, changed))
    scorer = RuleScorer()
    print(f"{'structure changed':<40} {'passes':>12}   95% interval")
    for name, cases in made.items():
        scorer.prepare((changed, [sentence], ()) for sentence, changed in cases)
        passes = [case for case in cases if scorer.support(case[1], [case[0]]).verdict == "PASS"]
        share = proportion(len(passes), len(cases))
        print(f"{name:<40} {share.value:7.1%} of {share.n:3}  {share.low:.1%} to {share.high:.1%}")
        for sentence, changed in passes[:shown]:
            print(f"      passed: {changed[:150]}\n          of: {sentence[:200]}")


def paraphrases(data: Path) -> dict[str, list[tuple[str, str]]]:
    """The hand-made paraphrases, light and free, each beside the real sentence that it says again."""
    texts = {(row["policy_id"], row["revision"]): row["text"] for row in json_lines(history(data))}
    found: dict[str, list[tuple[str, str]]] = {"light": [], "free": []}
    for row in json_lines(PARAPHRASES):
        text = texts[row["policy_id"], row["revision"]][row["char_start"] : row["char_end"]]
        kind = "free" if row["operation"] == "free" else "light"
        found[kind].append((row["paraphrase"], f"{inline_words(text, {})}."))
    return found


def controls(data: Path) -> None:
    """Prints how many hand-made paraphrases of real sentences pass: beside what must not, what should."""
    scorer = RuleScorer()
    for kind, rows in paraphrases(data).items():
        share = proportion(sum(scorer.support(it, [of]).verdict == "PASS" for it, of in rows), len(rows))
        print(f"{kind} paraphrases that pass: {share.value:.1%} of {share.n}  {share.low:.1%} to {share.high:.1%}")


def to_read(data: Path, pairs: list[Pair]) -> None:
    """Prints sixty verdicts to be read by eye; `evals/support_read.jsonl` says what a reader made of them."""
    said = paraphrases(data)
    sentences = list(dict.fromkeys(pair.sentence for pair in pairs))
    changed = [(name, claim, sentence) for name, sentence, claim in mutants(sentences, SEED)]
    draw = random.Random(18)
    rows = [("light paraphrase", *row) for row in draw.sample(said["light"], 20)]
    rows += [("free paraphrase", *row) for row in draw.sample(said["free"], 14)]
    rows += draw.sample(changed, 26)
    for number, (kind, claim, sentence) in enumerate(rows):
        found = RuleScorer().support(claim, [sentence])
        print(f"{number} {kind}: {found.verdict}\n  {claim}\n  <= {sentence}\n  {found.reasons[0].detail}")


def timed(home: Path, pairs: list[Pair], count: int) -> None:
    """Prints how long `asof-eval citations` takes for so many traces, and how long when it has seen them."""
    draw = random.Random(SEED)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "traces.jsonl"
        with file.open("w") as out:
            for number in range(count):
                pair = draw.choice(pairs)
                changed = draw.choice(list(CHANGES.values()))(pair, draw) if number % 2 else {"both": True}
                out.write(json.dumps(pair.trace(number, **(changed or {}))) + "\n")
        command = [sys.executable, "-m", "evaluator.cli", "citations", str(file), "--json", "--home", str(home)]
        outputs, spent = [], []
        shutil.rmtree(home / CACHE, ignore_errors=True)
        for _ in range(3):
            before = time.perf_counter()
            outputs.append(subprocess.run(command, capture_output=True, check=True).stdout)
            spent.append(time.perf_counter() - before)
        first, again = spent[0], min(spent[1:])
        print(
            f"{count:,} traces: {first:.1f} s, again {again:.2f} s ({first / again:.0f} times faster); "
            f"bytes {'equal' if len(set(outputs)) == 1 else 'DIFFER'}"
        )


if __name__ == "__main__":
    main()
