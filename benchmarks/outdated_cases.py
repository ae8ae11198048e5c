"""Cases for `asof-eval positions --others outdated`: made from the real history, or generated with a seed."""

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from benchmarks._data import imported_home, json_lines, parser, questions
from evaluator.errors import EvaluatorError
from evaluator.positions.cases import read_sweep_cases
from evaluator.positions.dates import DAY
from evaluator.positions.scoring import holds_words, normalised
from evaluator.positions.settings import set_among
from evaluator.positions.sources import HomePassages
from policies.comparing.pairing import paired
from policies.instant import format_instant, parse_instant
from policies.ledger import Ledger
from policies.revision import Revision, VersionId
from policies.timeline import Timeline
from retriever.bootstrap import Asof

BLANK = "____"
MOST_WORDS = 5
BEFORE, AFTER = 14, 8
"""How many words of its sentence a question shows before and after the blank."""

FEWEST_SHOWN = 7
ALIKE = 0.8
"""Phrases without a digit that are more alike than this are spellings of one: a reader may write either by habit."""

_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_PLAIN = re.compile(r"[\w$€£%.:'’/*_ -]+")
_REFERENCES = frozenset(("section", "sections", "clause", "clauses", "exhibit", "version"))
"""A number behind one of these is where a rule stands, and no rule."""

_EDGES = " .,;:()*_\"“”'’"
_NUMBER = re.compile(
    r"\d|\b(one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|thirty|sixty|ninety|hundred)\b", re.I
)


def main() -> None:
    given = _arguments()
    given.out.mkdir(parents=True, exist_ok=True)
    if given.generated:
        generate(given.out, given.generated, given.seed)
        return
    with imported_home(given.data, given.home) as home:
        asof = Asof.at(home)
        timeline = asof.ledger.timeline()
        source, found, left = HomePassages(asof), dict[tuple[str, ...], dict[str, Any]](), Counter[str]()
        asked = json_lines(questions(given.data))
        for question in asked if given.asked_only else (*asked, *_from_history(asof.ledger, timeline)):
            made = _case(question, asof.ledger, timeline, given.longest)
            if isinstance(made, str):
                left[made] += 1
            elif _name(made) in found:
                left["the same question twice"] += 1
            elif reason := _unfit(made, source, given.out, given.k):
                left[reason] += 1
            else:
                found[_name(made)] = made
    for name, later in (("earlier", False), ("later", True)):
        cases = [case for case in found.values() if case["later"] == later]
        Random(given.seed).shuffle(cases)  # so that the first so many are of many policies
        _write(given.out / f"{name}.jsonl", cases)
        kinds = Counter(case["kind"] for case in cases)
        policies = len({case["gold"].split("@")[0] for case in cases})
        print(f"{name}.jsonl: {len(cases)} cases of {policies} policies; {dict(kinds)}")
    print("left out:", "; ".join(f"{reason} {count}" for reason, count in left.most_common()))
    _show(list(found.values()), given.show, given.seed)


def _arguments() -> argparse.Namespace:
    made = parser(__doc__)
    made.add_argument("--out", type=Path, required=True, help="the folder for the cases")
    made.add_argument("--asked-only", action="store_true", help="only the as-of questions, not the whole history")
    made.add_argument("--longest", type=int, default=120, help="words of a passage, at most (default %(default)s)")
    made.add_argument("-k", type=int, default=5, help="passages in a prompt (default %(default)s)")
    made.add_argument("--show", type=int, default=0, help="so many cases to read by eye, drawn by --seed")
    made.add_argument("--seed", type=int, default=0)
    made.add_argument("--generated", type=int, default=0, metavar="POLICIES", help="generate so many policies instead")
    return made.parse_args()


def _from_history(ledger: Ledger, timeline: Timeline) -> Iterator[dict[str, Any]]:
    """Every passage that one revision reworded from the one before it, as two questions: as of before, and after."""
    number = 0
    for policy_id in timeline.policy_ids:
        policy = timeline.policies[policy_id]
        cells = [cell for cell in policy.top if cell.revision is not None]
        for before, after in pairwise(cells):
            if before.revision == after.revision:
                continue
            old, new = (ledger.revision(VersionId(policy_id, it.revision or 0), timeline) for it in (before, after))
            nowhere = [()] * len(old.spans), [()] * len(new.spans)
            for one, other in sorted(paired(old.passages, new.passages, nowhere).reworded):
                number += 1
                texts = old.passages[one], new.passages[other]
                for kind, cell, gold, beside in (("before", before, *texts), ("after", after, *texts[::-1])):
                    end = min(cell.valid.end, timeline.recorded_at)
                    as_of = format_instant(cell.valid.start + (end - cell.valid.start) // 2)
                    fields = {"policy_id": policy_id, "revision": cell.revision, "as_of": as_of, "kind": kind}
                    yield {"id": f"h-{number:04}-{kind}", **fields, "gold_text": gold, "other_text": beside}


@dataclass(frozen=True)
class Blank:
    """What differs between two wordings, and the shared words before and after it."""

    gold: str
    other: str
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def kind(self) -> str:
        if _NUMBER.search(self.gold) and _NUMBER.search(self.other):
            return "number"
        return "name" if self.gold[0].isupper() and self.other[0].isupper() and self.before else "words"


def _name(case: Mapping[str, Any]) -> tuple[str, ...]:
    """What makes a case another one: its policy, question and phrases. A second date of it would tell little."""
    return case["gold"].split("@")[0], case["question"], *case["answers"], *case["outdated"]


def _case(question: Mapping[str, Any], ledger: Ledger, timeline: Timeline, longest: int) -> dict[str, Any] | str:
    """The case of an as-of question, or why there is none."""
    blanks = sorted(_blanks(question["gold_text"], question["other_text"]), key=lambda it: it.kind != "number")
    if not blanks:
        return "no short phrase differs"
    revision = ledger.revision(VersionId(question["policy_id"], question["revision"]), timeline)
    for blank in blanks:
        places = _places(blank, revision)
        if len(places) == 1:
            break
    else:
        return "the words are not in one passage"
    if len(revision.passages[places[0] - 1].split()) > longest:
        return "the passage is too long"
    shown = " ".join((*blank.before, BLANK, *blank.after))
    return {
        "id": question["id"],
        "question": f'Which words stand in place of the blank in this sentence: "{shown}"?',
        "as_of": _day(question, timeline),
        "gold": f"{revision.version}#{places[0]}",
        "answers": [blank.gold],
        "outdated": [blank.other],
        "later": question["kind"] == "before",
        "kind": blank.kind,
    }


def _blanks(gold: str, other: str) -> Iterator[Blank]:
    """Every run of a few words that differs, between words of its sentence that both wordings share."""
    left, right = _words(gold), _words(other)
    codes = SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    for at, (tag, start, end, first, last) in enumerate(codes):
        if tag != "replace" or max(end - start, last - first) > MOST_WORDS:
            continue
        before = _sentence(left[codes[at - 1][1] : start][::-1] if at else [], ending=True)[:BEFORE][::-1]
        closed = left[end - 1].endswith((".", ":", ";"))
        after = [] if closed or at + 1 == len(codes) else _sentence(left[end : codes[at + 1][2]], ending=False)[:AFTER]
        blank = Blank(_trimmed(left[start:end]), _trimmed(right[first:last]), tuple(before), tuple(after))
        if len(before) >= 3 and len(before) + len(after) >= FEWEST_SHOWN and _tells(blank):
            yield blank


def _words(text: str) -> list[str]:
    return _LINK.sub(r"\1", text).split()


def _sentence(words: Sequence[str], ending: bool) -> list[str]:
    """The words up to the end of the sentence; backwards, with `ending`, up to the end of the one before."""
    kept = []
    for word in words:
        ends = word.endswith((".", "?", "!", ":")) and len(word) > 3
        if ends and ending:
            break
        kept.append(word)
        if ends:
            break
    return kept


def _trimmed(words: Sequence[str]) -> str:
    return " ".join(words).strip(_EDGES)


def _tells(blank: Blank) -> bool:
    """Whether the phrases are plain words that say something, differ by more than spelling, and hold not each other."""
    from spacy.lang.en.stop_words import STOP_WORDS

    gold, other = normalised(blank.gold), normalised(blank.other)
    shown = " ".join((*blank.before, *blank.after))
    if not (_PLAIN.fullmatch(blank.gold) and _PLAIN.fullmatch(blank.other)) or "{" in shown or "http" in shown:
        return False
    if any(holds_words(one, [two]) for one, two in ((gold, other), (other, gold), (shown, gold), (shown, other))):
        return False
    if blank.before[-1].lower() in _REFERENCES:
        return False
    if any(all(word in STOP_WORDS for word in it.split()) for it in (gold, other)):
        return False  # an answer of several words would hold such a phrase by accident
    if any(re.search(r"\d", it) for it in (gold, other)):
        return True
    return SequenceMatcher(None, gold, other, autojunk=False).ratio() <= ALIKE and gold[:4] != other[:4]


def _places(blank: Blank, revision: Revision) -> list[int]:
    """The ordinals of the passages that hold the sentence."""
    wanted = normalised(" ".join((*blank.before, blank.gold, *blank.after)))
    texts = [normalised(_LINK.sub(r"\1", text)) for text in revision.passages]
    return [at for at, text in enumerate(texts, start=1) if f" {wanted} " in f" {text} "]


def _day(question: Mapping[str, Any], timeline: Timeline) -> str:
    """The day of the question where the same revision is in force at its beginning, else the instant itself."""
    as_of, known_at = parse_instant(question["as_of"]), timeline.recorded_at
    day = as_of - as_of % DAY
    said = timeline.policies[question["policy_id"]].in_force(day, known_at)
    same = said is not None and said.revision == question["revision"]
    return format_instant(day)[:10] if same else str(question["as_of"])


def _unfit(case: Mapping[str, Any], source: HomePassages, folder: Path, k: int) -> str | None:
    """Why a case cannot be asked among outdated wordings; None where it can."""
    path = folder / "one.jsonl"
    _write(path, [case])
    try:
        set_among(read_sweep_cases(path)[0], source, k, 0, beside="outdated")
    except EvaluatorError as error:
        reasons = ("no other wording", "has to hold", "passages to set beside", "cannot be asked about")
        return next((reason for reason in reasons if reason in str(error)), str(error))
    finally:
        path.unlink()
    return None


def _show(cases: Sequence[Mapping[str, Any]], count: int, seed: int) -> None:
    for case in Random(seed).sample(cases, min(count, len(cases))):
        print(f"\n{case['id']} {case['gold']} as of {case['as_of']}, {'later' if case['later'] else 'earlier'}")
        print(f"  {case['question']}\n  in force: {case['answers']}; at another time: {case['outdated']}")


def _write(path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


THINGS = (
    "lamps", "kettles", "tents", "boots", "violins", "printers", "bicycles", "helmets", "curtains", "mirrors",
    "drills", "ladders", "pianos", "cameras", "jackets", "sofas", "toys", "clocks", "skates", "maps",
)  # fmt: skip
PARTS = ("damaged", "late", "missing", "unused", "faulty", "repaired", "rented", "engraved")
RULES = (
    ("Customers report {thing} within {n} days of delivery.", "Within how many days are {thing} reported?", "{n} days"),
    ("The fee for {thing} is {n} dollars.", "How high is the fee for {thing}?", "{n} dollars"),
    ("The warranty on {thing} lasts {n} months.", "How long does the warranty on {thing} last?", "{n} months"),
)


def generate(folder: Path, policies: int, seed: int) -> None:
    """GENERATED policies of one rule each, whose number changes three times; a case as of the newest wording."""
    drawn = Random(seed)
    things = [f"{part} {thing}" for part in PARTS for thing in THINGS]
    if policies > len(things):
        raise SystemExit(f"--generated {policies}: at most {len(things)} policies can be generated")
    rows: list[dict[str, Any]] = []
    cases: list[dict[str, Any]] = []
    starts = ("2021-01-01", "2022-04-01", "2023-07-01", "2024-10-01")
    for number, thing in enumerate(drawn.sample(things, policies), start=1):
        rule, question, answer = RULES[number % len(RULES)]
        amounts = drawn.sample(range(11, 99), len(starts))
        for at, (start, amount) in enumerate(zip(starts, amounts, strict=True), start=1):
            until = starts[at] if at < len(starts) else None
            period = {"effective_from": start, "effective_to": until, "withdrawn": False}
            text = rule.format(thing=thing, n=amount)
            rows.append({"policy_id": f"G-{number}", "revision": at, **period, "title": f"About {thing}", "text": text})
        asked = {"question": question.format(thing=thing), "as_of": "2025-01-15", "gold": f"G-{number}@{len(starts)}#1"}
        *old, new = (answer.format(n=amount) for amount in amounts)
        cases.append(
            {"id": f"generated-{seed}-{number}", **asked, "answers": [new], "outdated": old, "generated": seed}
        )
    _write(folder / "generated_revisions.jsonl", rows)
    _write(folder / "generated.jsonl", cases)
    print(f"GENERATED with seed {seed}: {policies} policies of {len(starts)} revisions, {len(cases)} cases in {folder}")


if __name__ == "__main__":
    main()
