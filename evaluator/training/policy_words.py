"""Policy words in an answer: which words it repeats from the ledger's passages, and whether it cites their version."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from evaluator.citations.cited import find_cited
from evaluator.training.shingles import SIZE, Shingle, normalised, shingles
from policies.errors import RevisionErased
from policies.ledger import Ledger
from policies.revision import VersionId
from retriever.evidence.citations import Handle


@dataclass(frozen=True, slots=True)
class PolicyWords:
    """The passages that hold each of some runs of words, and how many passages each revision has.

    The count of an erased revision is None, since nothing is known of its passages.
    """

    passages: Mapping[Shingle, tuple[Handle, ...]]
    counts: Mapping[VersionId, int | None]

    @classmethod
    def read(cls, ledger: Ledger, texts: Iterable[str]) -> "PolicyWords":
        """What the ledger's passages share with the texts, in every revision, in force or not."""
        wanted = {run for text in texts for run in _runs(text)}
        timeline = ledger.timeline()
        found: dict[Shingle, list[Handle]] = {}
        counts: dict[VersionId, int | None] = {}
        for version in sorted(timeline.publishes):
            try:
                revision = ledger.revision(version, timeline)
            except RevisionErased:
                counts[version] = None
                continue
            counts[version] = len(revision.spans)
            for ordinal, text in enumerate(revision.passages, start=1):
                for run in wanted.intersection(shingles(normalised(text))):
                    found.setdefault(run, []).append(Handle(version, ordinal, ordinal))
        return cls({run: tuple(handles) for run, handles in found.items()}, counts)

    def problem(self, answer: str) -> str | None:
        """Why an answer must not be learnt: it cites what does not exist, or repeats words without their version."""
        cited = []
        for found in find_cited(answer):
            handle = found.handle
            if handle is None or not self._exists(handle):
                return f"cites {found.citation}, which the ledger does not hold"
            cited.append(handle)
        for run in _runs(answer):
            holding = self.passages.get(run, ())
            if holding and not any(handle.covers(passage) for handle in cited for passage in holding):
                names = " or ".join(str(handle) for handle in holding[-3:])
                said = " ".join(run)
                return f"repeats {SIZE} words of a policy ({said!r}) without their version; cite {names} beside them"
        return None

    def _exists(self, handle: Handle) -> bool:
        count = self.counts.get(handle.version, 0)
        return count is None or handle.last <= count


def _runs(answer: str) -> list[Shingle]:
    """The runs of words of an answer without its citations, which may stand in the middle of a run."""
    for found in find_cited(answer):
        answer = answer.replace(found.citation, " ")
    return shingles(normalised(answer))
