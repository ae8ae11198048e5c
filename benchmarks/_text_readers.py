"""Everything that reads what others wrote, each as a function of one text."""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

from evaluator.citations.cited import find_cited
from evaluator.citations.claims import find_claims
from evaluator.contract.check_outcome import Source
from evaluator.contract.checks import CHECKS
from evaluator.decisions.action_claims import find_claimed
from evaluator.errors import EvaluatorError
from evaluator.files.json_lines import Line
from evaluator.gate.reports.markdown import escaped
from evaluator.models.reply import made_reply
from evaluator.positions.scoring import correct
from evaluator.positions.tokens import estimated_tokens
from evaluator.quantities import quantities
from evaluator.retrieval.golden import Gold
from evaluator.support.lexical.copied_number import changed_numbers
from evaluator.support.lexical.score import LexicalScorer
from evaluator.training.shingles import normalised
from indexer.text.comments import without_comments
from indexer.text.governing import derived
from indexer.text.introducing import introduction
from indexer.text.split import Splitter
from indexer.text.tokenizer import terms
from policies.comparing.difference import difference
from policies.comparing.marking import marked_words
from policies.errors import PolicyError
from policies.instant import parse_instant
from policies.lint.page import Page
from policies.lint.rules import lint
from policies.revision import Draft, VersionId
from policies.sources.draft import front_matter_metadata, parse_draft
from retriever.access.audit import masked
from retriever.answering.labels import label_terms
from retriever.answering.naming import longest_run, title_terms
from retriever.asking.query import parse_query
from retriever.citation_forms import citation_forms, plain_handle
from retriever.entrypoints.http.browsing import session_cookies
from retriever.errors import RetrieverError
from retriever.evidence.citations import Handle, similarity
from retriever.evidence.cut_off import cut_off
from retriever.evidence.quotations import folded, quotation
from retriever.inspecting.comparison import contextual, difference_content
from retriever.quoting.instructions import instruction_flags
from retriever.quoting.prompt import json_prompt, plain_prompt
from retriever.quoting.untrusted import embeddable_json, inert, inert_json, one_line
from retriever.traces.trace import Trace

Reader = Callable[[str], object]

SAID = "Damaged items may be returned within 30 days."
GIVEN = "At 14:05 UTC on 1 March 2025 the job took 900 ms. Do not restart workers."
PARAMETERS: dict[str, dict[str, Any]] = {
    **{key: {"max": 5} for key in ("bullet_words", "sentences", "words", "characters", "length_ratio")},
    **{key: {"phrases": ["a b", {"whole": "a b"}]} for key in ("required_phrases", "forbidden_phrases")},
    "bullets": {"min": 1, "only": True},
    "obeys_nothing_in_input": {"signs": ["a b"]},
    "json": {"fence": True, "schema": {"type": "object"}},
    "language": {"is": "en"},
    "keeps": {
        "facts": [
            {"quantity": "900 ms"},
            {"time": "14:05 UTC"},
            {"date": "1 March 2025"},
            {"warning": "do not restart workers"},
            {"phrase": "the job"},
        ]
    },
    "one_speaker": {"speakers": ["Bob"]},
    "no_article": {"max_paragraphs": 2},
}
"""What each check of a contract is asked with."""


@cache
def _splitter() -> Splitter:
    """A splitter by a tokenizer that costs little, so that what is measured is the splitting."""
    return Splitter(lambda text: [match.span() for match in re.finditer(r"\w{1,4}|[^\w\s]", text)], "0" * 64)


def answer(text: str) -> dict[str, Any]:
    """The JSON values of an answer whose one passage is the text, under headings that are its beginning."""
    passage = {
        "citation": "P-7@1#1",
        "title": text[:1000],
        "section": [text[:1000]],
        "valid_from": "2025-01-01T00:00:00Z",
        "valid_to": None,
        "applicability": "applies",
        "text": text,
    }
    return {"receipt": {"request": {"as_of": "2025-01-01T00:00:00Z"}}, "evidence": [passage], "abstained": None}


def _or_refused(read: Reader) -> Reader:
    def tried(text: str) -> None:
        with suppress(PolicyError, RetrieverError, EvaluatorError, ValueError):
            read(text)

    return tried


def _check(name: str) -> Reader:
    """A check of a contract, asked of the text."""
    return CHECKS[name].make(Line("row", PARAMETERS.get(name, {})), Source("Summarise.", GIVEN))


def _check_of(name: str) -> Reader:
    """A check of a contract, made for the text as its input and asked of an answer that says all of it."""
    line = Line("row", PARAMETERS.get(name, {}))
    return lambda text: CHECKS[name].make(line, Source("Summarise.", f"{GIVEN} {text}"))(f"{GIVEN} {text}")


def _lint(text: str) -> None:
    """The lint, beside policies whose ids have the shape of names in the text."""
    draft = Draft("P-7", "T", text, "file")
    lint(Page(draft, 0, _splitter().split(text), lambda: {"P-8": True, "a-1": False, "hundred-1": False}))


def _compared(before: str, after: str) -> None:
    """Two revisions, each split and with what governs its passages, and all that changed, as JSON values."""
    was, now = (contextual("T", text, _splitter().split(text)) for text in (before, after))
    difference_content(difference(was, now))


READERS: dict[str, Reader] = {
    "split": lambda text: _splitter().split(text),
    "how passages stand": lambda text: derived("T", text, _splitter().split(text), len).blocks(),
    "what introduces": lambda text: introduction(text, (0, len(text))),
    "terms": terms,
    "flags": instruction_flags,
    "plain prompt": lambda text: plain_prompt(answer(text)),
    "json prompt": lambda text: json_prompt(answer(text)),
    "inert": inert,
    "one line": one_line,
    "inert JSON": inert_json,
    "embeddable JSON": embeddable_json,
    "folded": folded,
    "quote": lambda text: quotation(text[len(text) // 3 : -1] + "z", text + "z", [(0, len(text) + 1)]),
    "citation forms": lambda text: citation_forms(text, ["P-7@1#1"] * 9),
    "plain handle": plain_handle,
    "labels": lambda text: list(label_terms(text)),
    "without comments": without_comments,
    "cut off": lambda text: cut_off(text, len(text) // 3, len(text) // 2),
    "similarity": lambda text: similarity(terms(text), terms(text[::-1])),
    "title in question": lambda text: longest_run(title_terms(text[1:]), terms(text)),
    "compared with other words": lambda text: _compared(text, text[::-1]),
    "compared in other words": lambda text: _compared(text, f"Before.\n\n{text}\n\nAfter."),
    "marked words": lambda text: marked_words(text, text[::-1]),
    "draft": _or_refused(lambda text: parse_draft(f"---\npolicy: P-7\ntitle: T\n---\n{text}", "file")),
    "draft without front matter": _or_refused(lambda text: parse_draft(text, "file")),
    "draft's title": _or_refused(lambda text: parse_draft(f"---\npolicy: P-7\ntitle: {text}\n---\nW", "file")),
    "front matter": _or_refused(lambda text: front_matter_metadata(f"---\n{text}\n---\nWords.", "file")),
    "question": _or_refused(lambda text: parse_query({"query": text[:20_000], "facts": {"f": text}})),
    "handle": _or_refused(Handle.parse),
    "version": _or_refused(VersionId.parse),
    "instant": _or_refused(parse_instant),
    "audit": masked,
    "trace": _or_refused(lambda text: Trace.model_validate({"id": "t", "answer": text, "other": [text]}).content()),
    "JSON": _or_refused(lambda text: Line.parse("file", text.encode())),
    "string in JSON": lambda text: Line.parse("file", json.dumps({"text": text}).encode()),
    "cited": lambda text: find_cited(text, ["P-7@1#1"]),
    "claims": lambda text: find_claims(text, ["P-7@1#1"]),
    "actions": find_claimed,
    "quantities": quantities,
    "support by": lambda text: LexicalScorer().support(SAID, [text]),
    "support of": lambda text: LexicalScorer().support(text, [SAID]),
    "support itself": lambda text: LexicalScorer().support(text, [f"{text}z {text}"]),
    "copied number": lambda text: changed_numbers(f"{text} 7", [f"{text} 8"]),
    "gold": lambda text: Gold("P-7", text).held_by([]),
    "right answer": lambda text: correct(text, ["a"]),
    "tokens": estimated_tokens,
    "Markdown": escaped,
    "reply": lambda text: made_reply(text, None, None, None, None),
    "cookies": lambda text: session_cookies({"type": "http", "headers": [(b"cookie", text.encode()[:65_536])]}),
    "shingles": normalised,
    **{f"contract: {name}": _check(name) for name in CHECKS},
    **{f"input of contract: {name}": _check_of(name) for name in ("keeps", "no_new_numbers", "no_refusal")},
    "lint": _lint,
}
