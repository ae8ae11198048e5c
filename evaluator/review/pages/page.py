"""The page of one case for a terminal: the same content as its JSON, with what is judged first."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evaluator.review.material.answer_text import answer_lines
from evaluator.review.material.shown import Words
from evaluator.review.pages.content import content
from evaluator.review.queue import Asked
from retriever.quoting.untrusted import inert

MOST_IDS = 8
"""So many ids of equal cases are printed; the JSON has all."""

NONE_GIVEN = "(The model was given none, and the answer cites none.)"
NOT_KNOWN = "(It is not known which the model was given; --traces says it.)"


def page(asked: Asked, words: Words, judged: int = 0, of: int = 0) -> str:
    """What a person sees before the label. Nothing in it can move a terminal's cursor."""
    return "\n".join(map(inert, _lines(content(asked, words, judged, of))))


def _lines(shown: Mapping[str, Any]) -> Iterator[str]:
    check = f", check {shown['check']}" if shown["check"] else ""
    yield f"{shown['id']}  ({shown['kind']}{check})"
    if shown["progress"]["of"]:
        yield f"{shown['progress']['judged']:,} of {shown['progress']['of']:,} judged"
    if len(alike := shown["stands_for"]) > 1:
        more = f" and {len(alike) - MOST_IDS:,} more" if len(alike) > MOST_IDS else ""
        yield f"This stands for {len(alike):,} items of the same words: {', '.join(alike[:MOST_IDS])}{more}"
    yield from ("", shown["asked"])
    if shown["hint"]:
        yield f"  {shown['hint']}"
    yield f"  {shown['labels']}"
    if shown["claim"] is not None:
        yield from _of_claim(shown)
    else:
        yield from _of_check(shown)


def _of_claim(shown: Mapping[str, Any]) -> Iterator[str]:
    from_answer = shown["citation"] is not None
    yield from _section(
        "sentence of the answer, without its citations" if from_answer else "claim", shown["claim"].split("\n")
    )
    for at, item in enumerate(shown["evidence"], start=1):
        yield from _section("cited words" if from_answer else f"evidence {at}", _passage(item))
    yield from _task(shown)
    if shown["answer"] is not None:
        yield from _section("the whole answer", answer_lines(shown["answer"]))


def _of_check(shown: Mapping[str, Any]) -> Iterator[str]:
    yield from _task(shown)
    if shown["rule"] is not None:
        yield from _section("rule", [shown["rule"]])
    is_text = shown["text"] is not None and isinstance(shown["answer"], str)
    as_it_is = shown["schema"] is not None and isinstance(shown["answer"], str)
    lines = shown["answer"].split("\n") if as_it_is else answer_lines(shown["answer"])
    yield from _section(f"answer{_length(shown['answer'])}" if is_text else "answer", lines)
    if shown["schema"] is not None:
        yield from _section("schema", shown["schema"])
    if shown["handed_over"]:
        yield from _section("outcome", ["The case was handed to a person."])
    if shown["claimed_actions"]:
        yield from _section("recorded as claimed", shown["claimed_actions"])
    if shown["executed_actions"] is not None:
        yield from _section("done", shown["executed_actions"] or ["(nothing)"])
    if shown["timings"] is not None:
        yield from _section("timings", [f"{name}: {value:g}" for name, value in shown["timings"].items()] or ["(none)"])
    for cited, heading in ((True, "passages that the answer cites"), (False, "other passages that it was given")):
        items = [item for item in shown["evidence"] if item["cited"] is cited]
        if items:
            yield from _section(heading, [line for item in items for line in _passage(item)])
    if shown["needs_passages"] and not shown["evidence"]:
        yield from _section("passages", [NONE_GIVEN if shown["given"] == 0 else NOT_KNOWN])


def _task(shown: Mapping[str, Any]) -> Iterator[str]:
    """The question or instruction, with the facts, the date, and the text to work on."""
    if shown["question"] is not None:
        heading = "question" if shown["text"] is None else "instruction"
        first = " (of the first item)" if len(shown["stands_for"]) > 1 else ""
        yield from _section(f"{heading}{first}", shown["question"].split("\n"))
    if shown["text"]:
        yield from _section(f"text given{_length(shown['text'])}", shown["text"].split("\n"))
    if shown["facts"]:
        yield from _section("facts", ["; ".join(f"{name}: {value}" for name, value in shown["facts"].items())])
    if shown["as_of"]:
        yield from _section("date", [shown["as_of"]])


def _passage(item: Mapping[str, Any]) -> Iterator[str]:
    """A passage under its citation and source, with what governs it before its words."""
    named = [text for text in (item["citation"], item["source"]) if text]
    if named:
        yield "  ".join(named)
    indent = "  " if named else ""
    for text in item["governed_by"]:
        yield from (f"{indent}(under) {line}" for line in text.split("\n"))
    words = f"({item['problem']})" if item["text"] is None else item["text"]
    yield from (f"{indent}{line}" for line in words.split("\n"))


def _length(text: str) -> str:
    count = len(text.split())
    return f" ({count:,} {'word' if count == 1 else 'words'})"


def _section(heading: str, lines: Iterator[str] | Sequence[str]) -> Iterator[str]:
    yield from ("", heading)
    yield from (f"  {line}" for line in lines)
