"""Are an answer's citations true: do they exist, were they in force, and were they among the evidence it was given?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from evaluator.cited import Cited, find_cited
from evaluator.errors import BadLine
from evaluator.intervals import Estimate, proportion
from evaluator.trace import Trace
from policies.instant import Instant, format_instant
from policies.ledger import Ledger
from policies.timeline import Timeline
from retriever.citations import Handle, Verdict, check_citation
from retriever.errors import BadCitation


@dataclass(frozen=True, slots=True)
class Record:
    """What was found of one citation; each check true, false, or None where it could not be made."""

    id: str
    citation: str
    quote: str | None
    exists: bool | None
    in_force: bool | None
    in_evidence: bool | None
    quoted: bool | None
    verdict: Verdict
    reason: str
    detail: str

    def content(self) -> dict[str, Any]:
        """The JSON values of a record."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class CitationAccuracy:
    """The records of all citations in a number of answers, of which some cite nothing."""

    answers: int
    uncited_answers: int
    records: tuple[Record, ...]

    def estimates(self) -> dict[str, Estimate]:
        """Each rate over all citations that it can be asked of: what does not exist counts, as a miss.

        in_evidence is asked of the citations whose trace has its retrieval, quotes of those with a quotation.
        """
        records, n = self.records, len(self.records)
        given = [record.in_evidence for record in records if record.in_evidence is not None]
        quoting = [record.quoted is True for record in records if record.quote is not None]
        in_force = [record.in_force is True and record.exists is not False for record in records]
        return {
            "existence": proportion(sum(record.exists is True for record in records), n),
            "version_accuracy": proportion(sum(in_force), n),
            "in_evidence": proportion(sum(given), len(given)),
            "quotes": proportion(sum(quoting), len(quoting)),
            "supported": proportion(sum(record.verdict == "supported" for record in records), n),
        }

    def counts(self) -> dict[str, int]:
        """How many answers and citations there were; citations nobody can tell of are no good ones."""
        return {
            "answers": self.answers,
            "uncited_answers": self.uncited_answers,
            "citations": len(self.records),
            "cannot_tell": sum(record.verdict == "cannot_tell" for record in self.records),
        }

    def content(self) -> dict[str, Any]:
        """The JSON values: counts, the measures with their intervals, and a record for each citation."""
        return {
            **self.counts(),
            "measures": {name: estimate.content() for name, estimate in self.estimates().items()},
            "records": [record.content() for record in self.records],
        }


def measure(
    traces: Sequence[Trace], ledger: Ledger, now: Instant, advance: Callable[[int], None] = lambda count: None
) -> CitationAccuracy:
    """The accuracy of the citations in all answers, by the ledger; `now` stands in for a missing `as_of`."""
    timeline = ledger.timeline()
    records: list[Record] = []
    uncited = 0
    for trace in traces:
        found = find_cited(trace.answer)
        uncited += not found
        records += [_record(trace, cited, ledger, timeline, now) for cited in found]
        advance(1)
    return CitationAccuracy(len(traces), uncited, tuple(records))


def in_evidence(handle: Handle, evidence: Sequence[Handle]) -> bool:
    """Whether every passage that the handle names is among those of the evidence."""
    given = {
        ordinal
        for other in evidence
        if other.version == handle.version
        for ordinal in range(other.first, other.last + 1)
    }
    return given.issuperset(range(handle.first, handle.last + 1))


def _record(trace: Trace, cited: Cited, ledger: Ledger, timeline: Timeline, now: Instant) -> Record:
    known_at = _known_at(trace, timeline)
    try:
        handle = Handle.parse(cited.citation)
    except BadCitation as error:
        given = None if trace.evidence is None else False
        return Record(
            trace.id, cited.citation, cited.quote, False, None, given, None, "not_supported", "bad_citation", str(error)
        )
    as_of = now if trace.as_of is None else trace.as_of
    check = check_citation(ledger, timeline, handle, as_of, known_at, trace.audience, cited.quote)
    return Record(
        id=trace.id,
        citation=check.citation,
        quote=cited.quote,
        exists=check.exists,
        in_force=check.in_force,
        in_evidence=None if trace.evidence is None else in_evidence(handle, trace.evidence),
        quoted=check.quoted,
        verdict=check.verdict,
        reason=check.reason,
        detail=check.detail,
    )


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
