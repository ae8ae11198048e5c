"""Where the passages beside the gold one come from: a home's retriever, or the other cases of the file."""

from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Protocol

from evaluator.errors import BadFile
from evaluator.positions.cases import Passage, SweepCase
from retriever.asking.query import MAX_K

if TYPE_CHECKING:
    from policies.revision import Revision, VersionId
    from policies.timeline import Timeline
    from retriever.bootstrap import Asof


class Source(Protocol):
    """Ranks passages for a case; `most` is how many can be asked for."""

    most: int

    def gold(self, case: SweepCase) -> Passage:
        """The words of a gold passage that the case names by its citation."""
        ...

    def ranked(self, case: SweepCase, count: int) -> Sequence[Passage]:
        """At most so many passages for the case's question, from the best one."""
        ...

    def wordings(self, case: SweepCase) -> Sequence[Passage]:
        """The wordings of the gold passage from other times, the nearest in time first."""
        ...


class OtherCases:
    """The gold and given passages of all cases, ranked by BM25+ for each question."""

    def __init__(self, cases: Sequence[SweepCase]) -> None:
        from indexer.bm25 import PostingsBM25
        from indexer.text.tokenizer import terms

        held = (item for case in cases for item in (case.gold, *case.given) if item is not None)
        self._passages = list(dict.fromkeys(held))
        self._ranking = PostingsBM25([terms(f"{item.title}\n{item.text}") for item in self._passages])
        self._terms = terms
        self.most = len(self._passages)

    def gold(self, case: SweepCase) -> Passage:
        raise BadFile(f"Case {case.id} names its gold passage by citation, {case.citation}; give its home with --home")

    def wordings(self, case: SweepCase) -> Sequence[Passage]:
        raise BadFile(f"Case {case.id} has wordings from other times only in the history of a home; give it by --home")

    def ranked(self, case: SweepCase, count: int) -> Sequence[Passage]:
        import numpy as np

        scores = self._ranking.get_scores(self._terms(case.question))
        return [self._passages[at] for at in np.argsort(-scores, kind="stable")[:count]]


class HomePassages:
    """What a home's retriever finds as of the case's instant, without thresholds, so that it never abstains."""

    most = MAX_K

    def __init__(self, asof: "Asof") -> None:
        from retriever.answering.abstention import NEVER_ABSTAINS

        self._asof = asof.with_settings(thresholds=NEVER_ABSTAINS)
        self._known_at = self._asof.clock()
        self._recorded = lru_cache(maxsize=256)(self._readable)

    @cached_property
    def _timeline(self) -> "Timeline":
        return self._asof.ledger.timeline()

    def gold(self, case: SweepCase) -> Passage:
        from policies.revision import PUBLIC
        from retriever.evidence.citations import check_citation

        assert case.citation is not None
        assert case.as_of is not None
        ledger, timeline = self._asof.ledger, self._timeline
        check = check_citation(ledger, timeline, case.citation, case.as_of, self._known_at, PUBLIC)
        if check.verdict != "supported" or check.text is None:
            raise BadFile(f"The gold passage of case {case.id} cannot be asked about: {check.detail}")
        title = ledger.revision(case.citation.version, timeline).title
        valid = () if check.valid is None else (check.valid.valid,)
        return Passage(title, check.text, str(case.citation), tuple(it.text for it in check.governed_by), valid)

    def ranked(self, case: SweepCase, count: int) -> Sequence[Passage]:
        from retriever.asking.query import Query

        answer = self._asof.retriever.retrieve(Query(case.question, case.as_of, k=count))
        return [
            Passage(item.title, item.text, item.citation, tuple(it.text for it in item.governed_by), (item.valid,))
            for item in answer.evidence
        ]

    def wordings(self, case: SweepCase) -> Sequence[Passage]:
        from evaluator.positions.wordings import Place, other_wordings
        from retriever.evidence.governing_words import derived_anew, governing_words

        assert case.citation is not None
        assert case.as_of is not None
        version, known_at = case.citation.version, self._known_at
        revision = self._asof.ledger.revision(version, self._timeline)
        gold = Place(revision, case.citation.first, case.citation.last, ())
        policy = self._timeline.policies[version.policy_id]
        passages = []
        for place in other_wordings(gold, policy, case.as_of, known_at, self._recorded, case.later):
            over = governing_words(derived_anew(place.revision), place.revision, place.first, place.last)
            governed_by = tuple(it.text for it in over)
            passages.append(
                Passage(place.revision.title, place.text, str(place.handle), governed_by, place.valid, outdated=True)
            )
        return passages

    def _readable(self, version: "VersionId") -> "Revision | None":
        """The revision; None where its words were erased, or where the public may not read them."""
        from policies.revision import PUBLIC
        from retriever.asking.eligible import may_read

        if version in self._timeline.erased or not may_read(self._timeline, version, PUBLIC):
            return None
        return self._asof.ledger.revision(version, self._timeline)
