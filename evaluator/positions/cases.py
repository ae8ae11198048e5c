"""Cases of a position sweep: a question, its answers and the gold passage that holds one of them."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from evaluator.files.json_lines import Line, read_unique
from evaluator.positions.scoring import holds_words, normalised
from policies.instant import Instant
from policies.period import Period
from retriever.evidence.citations import Handle

Kind = Literal["question", "key-value", "policy"]


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage in a prompt; in a key-value case, `title` is the key and `text` the value.

    `handle` is the citation of a policy's passage; others are cited by their number in the prompt. `governed_by` are
    the words outside the text that decide how it is meant. `valid` are the periods in which it is in force, and
    `in_force` is what the prompt says of them: nothing where it shows no dates. A `numbered` passage is cited by its
    number although it has a handle. An `outdated` one is a wording of the gold passage from another time.
    """

    title: str
    text: str
    handle: str | None = None
    governed_by: tuple[str, ...] = ()
    valid: tuple[Period, ...] = ()
    in_force: str | None = None
    numbered: bool = False
    outdated: bool = False

    @property
    def words(self) -> str:
        """All of its words: the title, what governs the text, and the text."""
        return "\n".join((self.title, *self.governed_by, self.text))


@dataclass(frozen=True, slots=True)
class SweepCase:
    """A question to be asked. `gold` is None where the home holds the words, under `citation`.

    `given` are the other passages in the case's own line. Cases of one `group` (a policy, or the digest of a passage)
    are not independent. `outdated` are answers that only wordings from other times hold; with `later` these may come
    into force after the case's instant too.
    """

    id: str
    kind: Kind
    question: str
    answers: tuple[str, ...]
    group: str
    gold: Passage | None
    given: tuple[Passage, ...] = ()
    citation: Handle | None = None
    as_of: Instant | None = None
    outdated: tuple[str, ...] = ()
    later: bool = False


def read_sweep_cases(path: Path, limit: int | None = None) -> list[SweepCase]:
    """The cases of a file, all of one kind, in order; with `limit` only so many, from the first."""
    cases: list[SweepCase] = []

    def parse(line: Line) -> SweepCase:
        read = _key_value if line.has("ordered_kv_records") else _question if line.has("ctxs") else _policy
        case = read(line, line.name("id") if line.has("id") else str(len(cases) + 1))
        if cases and case.kind != cases[0].kind:
            raise line.error("", f"holds a {case.kind} case after {cases[0].kind} cases; give each kind its own file")
        cases.append(case)
        return case

    return read_unique(path, parse, "case", limit)


def _question(line: Line, name: str) -> SweepCase:
    """A line of the form of Lost in the Middle: exactly one of `ctxs` has `isgold`, or there is only one."""
    contexts = line.items("ctxs")
    gold = [item for item in contexts if len(contexts) == 1 or item.fields.get("isgold") is True]
    if len(gold) != 1:
        raise line.error("ctxs", f'has {len(gold)} passages with "isgold": true; exactly one is the gold passage')
    return SweepCase(
        id=name,
        kind="question",
        question=line.text("question"),
        answers=_answers(line),
        group=hashlib.sha256(gold[0].text("text").encode("utf-8", "surrogatepass")).hexdigest()[:16],
        gold=_passage(gold[0]),
        given=tuple(_passage(item) for item in contexts if item is not gold[0]),
    )


def _key_value(line: Line, name: str) -> SweepCase:
    key, value = line.text("key"), line.text("value")
    pairs = line.required("ordered_kv_records")
    if not isinstance(pairs, list):
        raise line.error("ordered_kv_records", "is not a list of pairs, each a key and its value")
    records = [_record(line, item) for item in pairs]
    found = {record.title: record for record in records}
    if len(found) != len(records):
        raise line.error("ordered_kv_records", "holds a key twice; which value is meant cannot be told")
    gold = found.get(key)
    if gold is None:
        raise line.error("key", f"is {key!r}, which ordered_kv_records does not hold")
    if gold.text != value:
        raise line.error("value", f"is {value!r}, but ordered_kv_records has {gold.text!r} under the key")
    return SweepCase(name, "key-value", key, (value,), key, gold, tuple(item for item in records if item is not gold))


def _policy(line: Line, name: str) -> SweepCase:
    with line.translated():
        citation = Handle.parse(line.text("gold"))
    answers, later = _answers(line), line.fields.get("later")
    outdated = _answers(line, "outdated") if line.has("outdated") else ()
    for other in outdated:
        if holds_words(other, answers) or any(holds_words(answer, [other]) for answer in answers):
            raise line.error("outdated", f"holds {other!r}, which an accepted answer holds or which holds one")
    if later is not None and not isinstance(later, bool):
        raise line.error("later", f"is {later!r}; write true or false")
    return SweepCase(
        id=name,
        kind="policy",
        question=line.text("question"),
        answers=answers,
        group=citation.version.policy_id,
        gold=None,
        citation=citation,
        as_of=line.required_instant("as_of"),
        outdated=outdated,
        later=bool(later),
    )


def _answers(line: Line, field: str = "answers") -> tuple[str, ...]:
    """The answers in a field, without those that are empty after normalisation: they would match any text."""
    value = line.required(field)
    if not isinstance(value, list) or not all(isinstance(answer, str) for answer in value):
        raise line.error(field, "is not a list of texts")
    kept = tuple(answer for answer in value if normalised(answer))
    if not kept:
        raise line.error(field, f"is {value!r}, which holds no words to look for")
    return kept


def _passage(line: Line) -> Passage:
    title = line.fields.get("title")
    return Passage(title if isinstance(title, str) else "", line.text("text"))


def _record(line: Line, item: Any) -> Passage:
    if not isinstance(item, list) or len(item) != 2 or not all(isinstance(part, str) for part in item):
        raise line.error("ordered_kv_records", f"holds {item!r}, which is no pair of texts")
    return Passage(item[0], item[1])
