"""The page of one case: claim and evidence, with marks on what decides, and why the case is asked."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from evaluator.review.queue import Asked
from retriever.quoting.untrusted import inert


@dataclass(frozen=True, slots=True)
class Shown:
    """A piece of evidence. Where there is no `text`, `problem` says why.

    `governed_by` are the words outside the text that decide how it is meant. `words` is the text as a reader of the
    rendered page sees it, where that is known.
    """

    text: str | None
    problem: str = ""
    governed_by: tuple[str, ...] = ()
    words: str | None = None


Words = Callable[[str], Shown]
"""Gives the words of a citation."""

BEGIN, END = "⟦", "⟧"


def page(asked: Asked, words: Words) -> str:
    """What a person sees. Verdicts and scores are left out, since a label should be an independent opinion."""
    case = asked.case
    lines = [f"{inert(case.id)}" + (f"  {inert(case.citation)}" if case.citation else "")]
    lines += ["Asked because " + "; ".join(inert(detail) for _, detail in asked.why) + ".", "", case.asked, ""]
    lines.append("claim" if case.evidence or case.citation else "answer")
    lines.append(_indented(marked(case.claim, claim_marks(asked))))
    for at, shown in enumerate(evidence(asked, words)):
        if shown.governed_by:
            lines += ["", f"what governs evidence {at + 1}", *(_indented(inert(text)) for text in shown.governed_by)]
        lines += ["", f"evidence {at + 1}"]
        text = shown.text
        lines.append(f"  ({shown.problem})" if text is None else _indented(marked(text, evidence_marks(asked, at))))
    if details := [inert(mark.detail) for mark in case.marks() if mark.detail]:
        lines += ["", "marked", *(f"  {detail}" for detail in details)]
    return "\n".join(lines)


def content(asked: Asked, words: Words) -> dict[str, Any]:
    """The page as JSON values, with marks in code points."""
    return {
        "id": asked.case.id,
        "asked": asked.case.asked,
        "why": [{"code": code, "detail": detail} for code, detail in asked.why],
        "citation": asked.case.citation,
        "claim": asked.case.claim,
        "claim_marks": [list(span) for span in claim_marks(asked)],
        "evidence": [
            {
                "text": shown.text,
                "words": shown.words,
                "governed_by": list(shown.governed_by),
                "problem": shown.problem or None,
                "marks": [list(span) for span in evidence_marks(asked, at)],
            }
            for at, shown in enumerate(evidence(asked, words))
        ],
    }


def evidence(asked: Asked, words: Words) -> list[Shown]:
    """Each piece of evidence, or why its words are not available."""
    case = asked.case
    if case.evidence:
        return [Shown(text, governed_by=case.context) for text in case.evidence]
    return [] if case.citation is None else [words(case.citation)]


def claim_marks(asked: Asked) -> list[tuple[int, int]]:
    """The places in the claim that decided; a mark on the whole claim is left out."""
    return [
        span for span in merged((it.start, it.end) for it in asked.case.marks()) if span != (0, len(asked.case.claim))
    ]


def evidence_marks(asked: Asked, at: int) -> list[tuple[int, int]]:
    """The places in one of the evidence texts that decided."""
    return merged(mark.place[1:] for mark in asked.case.marks() if mark.place is not None and mark.place[0] == at)


def merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans in order; those that overlap or touch become one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def marked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text with each span between marks; characters that could move a terminal's cursor are escaped."""
    shown, at = "", 0
    for start, end in spans:
        shown += f"{inert(text[at:start])}{BEGIN}{inert(text[start:end])}{END}"
        at = end
    return shown + inert(text[at:])


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.split("\n"))
