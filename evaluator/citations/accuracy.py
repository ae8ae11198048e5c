"""Are an answer's citations true? The citations of each claim, and rates over all answers."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluator.citations.answer_cache import AnswerCache, line_key
from evaluator.citations.claims import Claim, find_claims
from evaluator.citations.judged_words import JudgedWords
from evaluator.citations.record import QUOTED, Answered, Checker
from evaluator.errors import BadLine
from evaluator.files.json_lines import Line, raw_lines, unique
from evaluator.statistics.intervals import Estimate, mean, proportion
from evaluator.support.lexical.score import Scorer
from evaluator.traces.answer import fenced_object, unreadable_json
from evaluator.traces.trace import Trace, parse_trace
from policies.instant import Instant, format_instant
from policies.ledger import Ledger
from policies.timeline import Timeline


def check_answer(trace: Trace, checker: Checker, timeline: Timeline, now: Instant) -> dict[str, Any]:
    """The JSON values of an answer: a record for each citation, and the claims that cite nothing.

    `now` takes the place of a missing `as_of`.
    """
    answered = Answered(
        id=trace.id,
        as_of=now if trace.as_of is None else trace.as_of,
        known_at=_known_at(trace, timeline),
        audience=trace.audience,
        evidence=trace.evidence,
        facts=trace.facts,
    )
    read = fenced_object(trace.answer)
    said = trace.answer if read is None else read
    claims = [] if unreadable_json(trace.answer) else find_claims(said, trace.citations)
    records = [record for claim in claims for record in _records(claim, checker, answered)]
    uncited = [
        {"field": claim.field, "start": claim.start, "end": claim.end, "claim": claim.text}
        for claim in claims
        if not claim.citations
    ]
    return {"id": trace.id, "scored": checker.scores, "records": records, "uncited_claims": uncited}


def _records(claim: Claim, checker: Checker, answered: Answered) -> list[dict[str, Any]]:
    """A record for each citation of a claim, with ALCE's measures.

    `recalled` says whether the claim's citations together support it. `precise` says whether this one supports the
    claim alone, or is needed for that: Gao et al. 2023, "Enabling Large Language Models to Generate Text with
    Citations" (ALCE), section 4. Both are False where nobody can tell, and None where support was not asked for or
    nothing is claimed.
    """
    records = [checker.record(claim, cited, answered) for cited in claim.citations]
    words = [checker.words(cited, answered) for cited in claim.citations]
    whole = checker.support(claim.text, _together(words), answered)
    if whole is None:
        unknown = False if checker.scores and claim.text else None
        return [{**record.content(), "recalled": unknown, "precise": unknown} for record in records]
    recalled = whole.verdict == "PASS" or any(record.checks.support is QUOTED for record in records)
    found = []
    for place, record in enumerate(records):
        alone = record.checks.support is not None and record.checks.support.verdict == "PASS"
        without = (
            None if alone else checker.support(claim.text, _together([*words[:place], *words[place + 1 :]]), answered)
        )
        needed = words[place] is not None and (without is None or without.verdict != "PASS")
        found.append({**record.content(), "recalled": recalled, "precise": recalled and (alone or needed)})
    return found


def _together(words: Iterable[JudgedWords | None]) -> JudgedWords:
    return sum((found for found in words if found is not None), JudgedWords())


@dataclass(frozen=True, slots=True)
class CitationAccuracy:
    """The contents of the checked answers, also of those that cite nothing, and their rates."""

    answers: tuple[dict[str, Any], ...]
    lasting: bool = False
    """Whether every answer has an instant of its own, so that another day gives the same result."""

    @property
    def records(self) -> list[dict[str, Any]]:
        return [record for answer in self.answers for record in answer["records"]]

    def estimates(self) -> dict[str, Estimate]:
        """Each rate over all citations that it is about; a citation that does not exist counts as a miss.

        in_evidence is about citations whose trace has its retrieval, quotes about those with a quotation, applicability
        about those that exist. Recall is about claims and precision about citations, as in ALCE. Both are given over
        all (micro) and as the mean over answers (macro), where an answer without any scores 0.
        """
        records = self.records
        given = [record["in_evidence"] for record in records if record["in_evidence"] is not None]
        quoting = [record["quoted"] is True for record in records if record["quote"] is not None]
        found = [record["applies"] is not False for record in records if record["exists"] is True]
        compared = [record["agrees"] for record in records if record["agrees"] is not None]
        in_force = [record["in_force"] is True and record["exists"] is not False for record in records]
        scored = [answer for answer in self.answers if answer["scored"]]
        recall = [_recalled(answer) for answer in scored]
        precision = [[it["precise"] for it in answer["records"] if it["precise"] is not None] for answer in scored]
        return {
            "existence": _share(record["exists"] is True for record in records),
            "version_accuracy": _share(in_force),
            "in_evidence": _share(given),
            "applicability": _share(found),
            "quotes": _share(quoting),
            "agreement": _share(compared),
            "supported": _share(record["verdict"] == "supported" for record in records),
            "passed": _share(record["outcome"] == "PASS" for record in records),
            "citation_recall": _share(value for values in recall for value in values),
            "citation_precision": _share(value for values in precision for value in values),
            "citation_recall_macro": mean([_rate(values) for values in recall]),
            "citation_precision_macro": mean([_rate(values) for values in precision]),
        }

    def counts(self) -> dict[str, int]:
        """How many answers, claims and citations there were; a citation that nobody can tell of is no good one."""
        records = self.records
        uncited = [answer for answer in self.answers if not answer["records"]]
        return {
            "answers": len(self.answers),
            "uncited_answers": len(uncited),
            "uncited_claims": sum(len(answer["uncited_claims"]) for answer in self.answers),
            "citations": len(records),
            "cannot_tell": sum(record["verdict"] == "cannot_tell" for record in records),
        }

    def outcomes(self) -> dict[str, dict[str, int]]:
        """How many citations have each verdict, and what decided it."""
        counted = Counter((record["outcome"], record["why"]) for record in self.records)
        found: dict[str, dict[str, int]] = {}
        for (outcome, why), count in sorted(counted.items()):
            found.setdefault(outcome, {})[why] = count
        return found

    def content(self) -> dict[str, Any]:
        """The JSON values: counts, the measures with their intervals, and a record for each citation."""
        return {
            **self.counts(),
            "measures": {name: estimate.content() for name, estimate in self.estimates().items()},
            "outcomes": self.outcomes(),
            "records": self.records,
            "uncited": [{"id": a["id"], **claim} for a in self.answers for claim in a["uncited_claims"]],
        }


def measure(traces: Iterable[Trace], ledger: Ledger, now: Instant, scorer: Scorer | None = None) -> CitationAccuracy:
    """The accuracy of the citations in all answers, by the ledger and, for support, by a scorer."""
    timeline = ledger.timeline()
    checker = Checker(ledger, timeline, scorer)
    return CitationAccuracy(tuple(check_answer(trace, checker, timeline, now) for trace in traces))


def measure_file(
    path: Path,
    ledger: Ledger,
    now: Instant,
    scorer: Scorer | None,
    cache: AnswerCache,
    steps: Callable[[int], AbstractContextManager[Callable[[int], None]]],
) -> CitationAccuracy:
    """The accuracy of the citations in a file of traces; what the cache holds is not checked again.

    An answer without an instant of its own is checked as of now, and never kept.
    """
    timeline, lines = ledger.timeline(), list(raw_lines(path))
    checker = Checker(ledger, timeline, scorer)
    lasting = True
    contents: list[dict[str, Any]] = []
    with steps(len(lines)) as advance:
        # All lines are read first, so that nobody waits long for a bad line at the end.
        for key, item in unique(_kept_or_read(lines, cache), path, "answer"):
            if isinstance(item, Trace):
                content = check_answer(item, checker, timeline, now)
                if item.as_of is not None:
                    cache.keep(key, content)
                else:
                    lasting = False
                contents.append(content)
            else:
                contents.append(item)
            advance(1)
    cache.save()
    return CitationAccuracy(tuple(contents), lasting)


def _kept_or_read(
    lines: Iterable[tuple[str, bytes]], cache: AnswerCache
) -> Iterator[tuple[str, str, tuple[str, dict[str, Any] | Trace]]]:
    """Place and id of each line, with its key and its content in the cache, or else its trace."""
    for where, line in lines:
        key = line_key(line)
        if (kept := cache.find(key)) is not None:
            yield where, kept["id"], (key, kept)
        else:
            trace = parse_trace(Line.parse(where, line))
            yield where, trace.id, (key, trace)


def _share(values: Iterable[bool]) -> Estimate:
    known = list(values)
    return proportion(sum(known), len(known))


def _rate(values: Sequence[bool]) -> float:
    return sum(values) / len(values) if values else 0.0


def _recalled(answer: dict[str, Any]) -> list[bool]:
    """For each claim of a scored answer whether its citations support it; False for a claim that cites nothing."""
    claims = {
        (it["field"], it["claim_start"]): it["recalled"] for it in answer["records"] if it["recalled"] is not None
    }
    return [*claims.values(), *[False] * len(answer["uncited_claims"])]


def _known_at(trace: Trace, timeline: Timeline) -> Instant:
    if trace.known_at is None:
        return timeline.recorded_at
    if trace.known_at > timeline.recorded_at:
        raise BadLine(
            trace.where,
            f"known_at {format_instant(trace.known_at)} lies past what this home has recorded, "
            f"{format_instant(timeline.recorded_at)}; name the home that the answer came from with --home",
        )
    return trace.known_at
