"""What a model was shown: facts, question and evidence, written anew from a trace and the words of the ledger.

The form is that of the assistant's boundary, `scripts/boundary/contract.py`. A trace says which blocks were shown and
not which passage of each matched best, so a block stands as its own best match.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluator.citations.judged_words import ReadOnce
from evaluator.errors import BadLine
from evaluator.traces.case_trace import CaseTrace
from indexer.text.passage import shown_line
from policies.errors import PolicyError
from policies.instant import Instant, format_end, format_instant
from policies.ledger import Ledger
from policies.period import Period
from retriever.asking.eligible import applies
from retriever.asking.query import query_instant
from retriever.errors import BadCitation
from retriever.evidence.citations import Handle
from retriever.evidence.governing_words import governing_words
from retriever.quoting.prompt import json_prompt
from retriever.quoting.untrusted import embeddable_json


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked; what a trace does not say is taken from its case."""

    question: str | None
    facts: Mapping[str, str]
    as_of: Instant | None

    @classmethod
    def by(cls, traced: CaseTrace) -> "Asked":
        trace, case, request = traced.trace, traced.policy_case, traced.trace.request
        as_of = query_instant(request.as_of, "as_of")
        return cls(
            question=trace.question or (case.question if case else request.query),
            facts=trace.facts or (case.facts if case else request.facts) or {},
            as_of=case.as_of if as_of is None and case else as_of,
        )


class Prompts:
    """Writes prompts with the words of a ledger, each revision of which is read once."""

    def __init__(self, ledger: Ledger) -> None:
        self._timeline = ledger.timeline()
        self._read = ReadOnce(ledger)

    def shown(self, traced: CaseTrace) -> str:
        """The prompt of a trace; BadLine where not all of it is known, or where the evidence itself was wrong."""
        asked = Asked.by(traced)
        if not asked.question or asked.as_of is None:
            raise BadLine(traced.id, "neither it nor a case says the question and as_of; name the cases with --cases")
        if not traced.evidence:
            raise BadLine(traced.id, "it does not say which evidence the model was shown")
        known_at = query_instant(traced.trace.request.known_at, "known_at") or self._timeline.recorded_at
        try:
            items = [self._item(handle, asked.facts, asked.as_of, known_at) for handle in traced.evidence]
        except (PolicyError, BadCitation) as error:
            raise BadLine(traced.id, str(error)) from error
        opening = {
            "trusted_facts": dict(asked.facts),
            "as_of": format_instant(asked.as_of),
            "question": asked.question,
        }
        said = embeddable_json(json.dumps(opening, ensure_ascii=False, indent=2))
        return f"{said}\nThe evidence in force then:\n{json_prompt({'evidence': items})}"

    def _item(self, handle: Handle, facts: Mapping[str, str], as_of: Instant, known_at: Instant) -> dict[str, Any]:
        """A block of evidence as `POST /v1/retrieve` gives it, as far as a prompt shows it."""
        version = handle.version
        revision = self._read.revision(version, self._timeline)
        if (text := handle.words(revision)) is None:
            raise BadCitation(f"{version} has no passage {handle.last}")
        valid = self._in_force(handle, as_of, known_at)
        confirmed = applies(self._timeline.publishes[version].applies_to, facts)
        if confirmed is False:
            raise BadCitation(f"{handle} does not apply to the facts: the evidence is to be mended, not the answer")
        structure = self._read.structure(revision)
        governed_by = governing_words(structure, revision, handle.first, handle.last)
        return {
            "citation": str(handle),
            "title": revision.title,
            "section": [shown_line(revision.text[a:b]) for a, b in revision.spans[handle.first - 1].headings],
            "valid_from": format_instant(valid.start),
            "valid_to": format_end(valid.end),
            "applicability": "applies" if confirmed else "unconfirmed",
            "text": text,
            "words": structure.words(handle.first, handle.last),
            "governed_by": [item.content() for item in governed_by],
            "passages": [{"citation": f"{version}#{number}"} for number in range(handle.first, handle.last + 1)],
            "best": str(handle),
        }

    def _in_force(self, handle: Handle, as_of: Instant, known_at: Instant) -> Period:
        version = handle.version
        said = self._timeline.policies[version.policy_id].in_force(as_of, known_at)
        if said is None or said.revision != version.number:
            raise BadCitation(
                f"{handle} was not in force on {format_instant(as_of)}: the evidence is to be mended, not the answer"
            )
        return said.valid
