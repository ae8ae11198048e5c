"""Training rows: demonstrations and preference pairs, made of what went wrong, in the form that trainers read.

A row is refused where a field is missing, where it says the same as an earlier row, where it would teach an answer that
breaks its contract, or the words of a policy without their version, or where it is too similar to what is held out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluator.errors import BadFile, BadLine
from evaluator.files.json_lines import Line, read_lines
from evaluator.training.answer_contract import AnswerContract
from evaluator.training.held_out import HeldOut, Index
from evaluator.training.policy_words import PolicyWords
from evaluator.training.shingles import normalised
from policies.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row that may be trained on.

    `texts` are all texts that the model would see, by field; the one in the field `learnt` is what it should say.
    """

    where: str
    id: str
    learnt: str
    texts: Mapping[str, str]
    row: Mapping[str, Any]

    @property
    def answer(self) -> str:
        return self.texts[self.learnt]


@dataclass(frozen=True, slots=True)
class Export:
    rows: tuple[Mapping[str, Any], ...]
    refused: tuple[BadLine, ...]


def demonstration(line: Line) -> Candidate:
    """`prompt` and `response` as the messages of a chat."""
    prompt, response = line.text("prompt"), line.text("response")
    row = {"messages": [*_opening(line, prompt), _said("assistant", response)], **_origin(line)}
    texts = {"prompt": prompt, "response": response}
    return Candidate(line.where, line.name("id"), "response", texts, {"id": line.name("id"), **row})


def preference(line: Line) -> Candidate:
    """`prompt`, `chosen` and `rejected` as TRL's DPOTrainer takes them; `reason` says why the one is better.

    A pair whose better answer is still to be written is refused.
    """
    if line.fields.get("to_write") not in (None, False):
        raise line.error("chosen", "is to be written; write it, then take to_write away")
    prompt, chosen, rejected = line.text("prompt"), line.text("chosen"), line.text("rejected")
    reason = line.text("reason")
    if normalised(chosen) == normalised(rejected):
        raise line.error("rejected", "says the same as chosen; there is nothing to prefer")
    row = {
        "prompt": _opening(line, prompt),
        "chosen": [_said("assistant", chosen)],
        "rejected": [_said("assistant", rejected)],
        "reason": reason,
        **_origin(line),
    }
    texts = {"prompt": prompt, "chosen": chosen, "rejected": rejected}
    return Candidate(line.where, line.name("id"), "chosen", texts, {"id": line.name("id"), **row})


def export(
    path: Path,
    parse: Callable[[Line], Candidate],
    ledger: Ledger,
    held_out: Sequence[HeldOut],
    contract: AnswerContract | None = None,
) -> Export:
    """The rows of a file of candidates, in order, and every refusal; BadLine where a line is no JSON object."""
    parsed = [_parsed(line, parse) for line in read_lines(path)]
    if not parsed:
        raise BadFile(f"{path} holds no candidates; each line is one, as a JSON object")
    words = PolicyWords.read(ledger, (found.answer for found in parsed if isinstance(found, Candidate)))
    index, rows, refused = Index(held_out), [], []
    ids: dict[str, str] = {}
    seen: dict[tuple[tuple[str, ...], ...], str] = {}
    for found in parsed:
        if isinstance(found, BadLine):
            refused.append(found)
            continue
        said = tuple(normalised(text) for text in found.texts.values())
        problem = (
            _repeated(f"id is {found.id!r}, as at", ids.setdefault(found.id, found.where), found)
            or _breaks(found, contract)
            or _repeated("says the same as", seen.setdefault(said, found.where), found)
            or words.problem(found.answer)
            or _leaks(found, index)
        )
        if problem is None:
            rows.append(found.row)
        else:
            refused.append(BadLine(found.where, problem))
    return Export(tuple(rows), tuple(refused))


def _parsed(line: Line, parse: Callable[[Line], Candidate]) -> Candidate | BadLine:
    try:
        return parse(line)
    except BadLine as error:
        return error


def _repeated(says: str, first: str, candidate: Candidate) -> str | None:
    return None if first == candidate.where else f"{says} {first}"


def _breaks(candidate: Candidate, contract: AnswerContract | None) -> str | None:
    problem = contract.problem(candidate.answer) if contract else None
    return f"{candidate.learnt} {problem}" if problem else None


def _leaks(candidate: Candidate, index: Index) -> str | None:
    for field, text in candidate.texts.items():
        if near := index.near(text):
            held, share = near
            return f"{field} is held out: it shares {share:.0%} of its runs of words with {held.where}"
    return None


def _opening(line: Line, prompt: str) -> list[dict[str, str]]:
    system = [_said("system", line.text("system"))] if line.has("system") else []
    return [*system, _said("user", prompt)]


def _said(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def _origin(line: Line) -> dict[str, list[str]]:
    return {field: line.texts(field) for field in ("trace_ids", "citations")}
