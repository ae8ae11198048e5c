"""Where the passages beside the gold one come from: a home's retriever, or the other cases of the file."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from evaluator.errors import BadFile
from evaluator.positions.cases import Passage, SweepCase
from retriever.asking.query import MAX_K

if TYPE_CHECKING:
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

    def gold(self, case: SweepCase) -> Passage:
        from policies.revision import PUBLIC
        from retriever.evidence.citations import check_citation

        assert case.citation is not None
        assert case.as_of is not None
        ledger = self._asof.ledger
        timeline = ledger.timeline()
        check = check_citation(ledger, timeline, case.citation, case.as_of, self._asof.clock(), PUBLIC)
        if check.verdict != "supported" or check.text is None:
            raise BadFile(f"The gold passage of case {case.id} cannot be asked about: {check.detail}")
        title = ledger.revision(case.citation.version, timeline).title
        return Passage(title, check.text, str(case.citation), tuple(it.text for it in check.governed_by))

    def ranked(self, case: SweepCase, count: int) -> Sequence[Passage]:
        from retriever.asking.query import Query

        answer = self._asof.retriever.retrieve(Query(case.question, case.as_of, k=count))
        return [
            Passage(item.title, item.text, item.citation, tuple(it.text for it in item.governed_by))
            for item in answer.evidence
        ]
