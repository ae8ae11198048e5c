"""The background of a case: what was asked, with which facts, as of when, and what was answered and done."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from evaluator.checks.check import Kind
from evaluator.review.material.answer_text import Answer, cited_handles
from evaluator.review.material.task import Rule, Task
from evaluator.traces.answer import erased, escalation, would_do
from evaluator.traces.case_trace import CaseTrace
from retriever.evidence.citations import Handle
from retriever.traces.trace import Action, Trace

ABOUT_SCHEMA = frozenset({"answer_schema", "json"})
"""The checks whose question is whether an answer has the fields and types of a schema."""


@dataclass(frozen=True, slots=True)
class Background:
    """What a person needs beside the words that are judged; a field is None where it is not known.

    `given` are the citations of the evidence that the model was given. `handed_over` says why the answer went to a
    person. `text` and `rule` are of a contract's row: what was to be worked on, and what the check asks for.
    """

    question: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    as_of: str | None = None
    answer: Answer | None = None
    given: tuple[str, ...] | None = None
    handed_over: str | None = None
    claimed: tuple[str, ...] = ()
    executed: tuple[str, ...] | None = None
    timings: Mapping[str, Any] = field(default_factory=dict)
    text: str | None = None
    rule: Rule | None = None
    schema: Mapping[str, Any] | None = None

    def passages(self) -> list[tuple[str, bool]]:
        """Every passage that was given or is cited, with whether the answer cites it; the cited ones come first."""
        given = [Handle.parse(citation) for citation in self.given or ()]
        cited = [] if self.answer is None else cited_handles(self.answer, self.given)
        own = [handle for handle in cited if not any(it.covers(handle) for it in given)]
        marked = [(handle, any(handle.overlaps(it) for it in cited)) for handle in given]
        return [
            *((str(handle), True) for handle, is_cited in marked if is_cited),
            *((str(handle), True) for handle in own),
            *((str(handle), False) for handle, is_cited in marked if not is_cited),
        ]

    def judged(self, name: str, kind: Kind) -> tuple[str, ...]:
        """What is judged beside the answer by a check of that name and kind, as text that two equal cases share."""
        if name in ABOUT_SCHEMA:
            return () if self.schema is None else (_sorted(self.schema),)
        asked = [self.question or "", *(f"{name}={value}" for name, value in self.facts.items()), self.as_of or ""]
        parts = [
            *asked,
            *(self.given or ()),
            self.text or "",
            "" if self.rule is None else _sorted(self.rule),
            "" if self.handed_over is None else "handed",
        ]
        if kind == "side_effect":
            parts = [
                *(parts if name != "claimed_actions" else ()),
                *self.claimed,
                "|",
                *(self.executed or ("unknown",)),
            ]
        return tuple(parts) if any(parts) else ()

    def complete(self, name: str) -> bool:
        """Whether all that such a check is about is at hand, so that equal words are an equal case."""
        if self.answer is None:
            return False
        if name in ABOUT_SCHEMA:
            return self.schema is not None
        return self.question is not None or (name == "claimed_actions" and self.executed is not None)


NOTHING_KNOWN = Background()


@dataclass(frozen=True)
class Backgrounds:
    """What the traces, tasks and the schema that were given say of each answer."""

    traced: Sequence[CaseTrace] = ()
    tasks: Mapping[str, Task] = field(default_factory=dict)
    schema: Mapping[str, Any] | None = None

    @cached_property
    def by_id(self) -> Mapping[tuple[str, int | None], CaseTrace]:
        """Checks name the case of an answer, perhaps with the number of a trial; citations name its trace."""
        found: dict[tuple[str, int | None], CaseTrace] = {}
        for it in self.traced:
            found[it.id, None] = it
            found.setdefault((it.case, None), it)
            found[it.case, it.trace.trial] = it
        return found

    def of(self, id: str, name: str = "", number: int = 0, trial: int | None = None) -> Background:
        """The background of the check `name` of an answer; `number` counts checks of one name of one answer."""
        traced = self.by_id.get((id, trial))
        task = self.tasks.get(id if traced is None else traced.case)
        rule = None if task is None else task.rule(name, number)
        schema = self.schema if name == "answer_schema" else None
        if rule is not None and isinstance(rule.get("schema"), Mapping):
            schema = rule["schema"]
        if traced is None:
            return Background(rule=rule, schema=schema, **_of_task(task))
        trace = traced.trace
        asked = _of_task(task)
        asked |= {"question": trace.question} if trace.question is not None else {}
        asked |= {"facts": trace.facts} if trace.facts else {}
        asked |= {"as_of": trace.request.as_of} if trace.request.as_of is not None else {}
        return Background(
            answer=None if erased(trace) else trace.answer,
            given=None if trace.given is None else tuple(trace.given),
            handed_over=_handed_over(trace),
            claimed=tuple(map(_action, trace.claimed_actions)),
            executed=None if trace.executed_actions is None else tuple(_done(trace)),
            timings=trace.timings.model_dump(exclude_none=True),
            rule=rule,
            schema=schema,
            **asked,
        )


def _of_task(task: Task | None) -> dict[str, Any]:
    if task is None:
        return {}
    return {"question": task.question, "facts": task.facts, "as_of": task.as_of, "text": task.text}


def _handed_over(trace: Trace) -> str | None:
    """Why a boundary handed the case to a person; None where it did not."""
    if (found := escalation(trace)) is None:
        return None
    return ": ".join(str(found[name]) for name in ("reason", "detail") if found.get(name)) or "no reason given"


def _sorted(value: Mapping[str, Any]) -> str:
    """A JSON object as text that two equal objects share, whatever words people are shown."""
    return json.dumps(value, sort_keys=True)


def _done(trace: Trace) -> Iterator[str]:
    """What was done, as words, and what would have been done where nothing was to be."""
    yield from map(_action, trace.executed_actions or ())
    yield from (f"{name} (not done in this run, which only says what it would do)" for name in would_do(trace))


def _action(action: Action) -> str:
    """An action as words: its name, and to what it was done."""
    fields = action.model_dump()
    to = ", ".join(f"{name} {value}" for name, value in fields.items() if name != "name")
    return f"{action.name} ({to})" if to else action.name
