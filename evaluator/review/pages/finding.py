"""What the checkers found of a case, and why it was asked: shown once a label was given, never before."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from evaluator.review.judgement import Judgement
from evaluator.review.labels import Label
from evaluator.review.queue import Asked
from evaluator.review.review_case import Opinion, ReviewCase
from retriever.quoting.untrusted import inert

BEGIN, END = "⟦", "⟧"


def finding(case: ReviewCase, asked: Asked | None) -> dict[str, Any]:
    """The finding as JSON values, with marks in code points. `asked` is None where the case was not asked."""
    return {
        "why": [{"code": code, "detail": detail} for code, detail in ([] if asked is None else asked.reasons())],
        "checkers": [
            {
                "by": opinion.by,
                "verdict": opinion.scored.verdict,
                "score": opinion.scored.score,
                "detail": opinion.detail or None,
            }
            for opinion in case.opinions
        ],
        "found": list(case.found),
        "handed_over": case.background.handed_over,
        "claim_marks": [list(span) for span in claim_marks(case)],
        "marked": [mark.detail for mark in case.marks() if mark.detail],
    }


def recorded_page(
    case: ReviewCase, asked: Asked | None, verdict: Judgement, before: Label | None, alike: Sequence[str]
) -> str:
    """What is printed once a label was recorded: what it replaces, what it holds for, and the finding."""
    replaced = "" if before is None else f", in place of {before.verdict}; both are kept"
    lines = [f"{case.id}: {verdict} recorded{replaced}"]
    if len(alike) > 1:
        lines.append(f"It holds for {len(alike)} items of the same words: {', '.join(alike)}")
    return "\n".join(map(inert, [*lines, *_lines(case, asked)]))


def _lines(case: ReviewCase, asked: Asked | None) -> Iterator[str]:
    if asked is not None and (why := asked.reasons()):
        yield f"It was asked because {'; '.join(detail for _, detail in why)}."
    yield from (f"The checker {_said(opinion)}" for opinion in case.opinions)
    yield from (f"The citation as a whole: {line}" for line in case.found)
    if case.background.handed_over is not None:
        yield f"It was handed to a person for this reason: {case.background.handed_over}"
    if spans := claim_marks(case):
        yield f"What decided: {marked(case.claim, spans)}"
    yield from (f"  {mark.detail}" for mark in case.marks() if mark.detail)


def _said(opinion: Opinion) -> str:
    score = "" if opinion.scored.score is None else f" (score {opinion.scored.score:g})"
    return f"{opinion.by} said {opinion.scored.verdict}{score}" + (f": {opinion.detail}" if opinion.detail else "")


def claim_marks(case: ReviewCase) -> list[tuple[int, int]]:
    """The places in the claim that decided; a mark on the whole claim is left out."""
    return [span for span in merged((it.start, it.end) for it in case.marks()) if span != (0, len(case.claim))]


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
    """The text with each span between marks."""
    shown, at = "", 0
    for start, end in spans:
        shown += f"{text[at:start]}{BEGIN}{text[start:end]}{END}"
        at = end
    return shown + text[at:]
