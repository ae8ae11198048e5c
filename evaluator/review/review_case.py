"""A case for review: a claim beside its evidence, or a check of an answer, with the opinions of scorers."""

from dataclasses import dataclass
from hashlib import sha256

from evaluator.checks.check import Kind
from evaluator.checks.checks_file import Mark, Scored
from evaluator.review.material.background import NOTHING_KNOWN, Background

CLAIM_ASKED = "Does the evidence say what the claim says?"
"""What the digest of a claim begins with, whatever words ask a person today: labels given earlier still hold."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """The result of one scorer or judge for a case, with the sentence that says why."""

    by: str
    scored: Scored
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ReviewCase:
    """What a person is asked. `evidence` holds words where they were given; else `citation` says where they are.

    `asked` names what is asked, for the digest; `pages.question` has the words for people. `context` are the words
    that govern the evidence given. Of a citation they are where its words are. `judged` is what is judged beside the
    claim. `kind` and `name` are those of a check. `alone` says that equal words may be another case, so labels do not
    spread. `whole` says that the case stands for an answer that passed all its checks. Labels are compared with the
    first opinion. `conflicts` says which checks disagree, and `found` what else was found.
    """

    id: str
    asked: str
    claim: str
    evidence: tuple[str, ...] = ()
    citation: str | None = None
    opinions: tuple[Opinion, ...] = ()
    conflicts: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    kind: Kind | None = None
    name: str = ""
    background: Background = NOTHING_KNOWN
    judged: tuple[str, ...] = ()
    alone: bool = False
    whole: bool = False
    found: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """The digest of what is judged: a label holds for these words, and not for other words under the same id."""
        return _digest(*self._words(), *(f"\x1d{part}" for part in self.judged))

    @property
    def earlier_digest(self) -> str:
        """The digest that labels of checks had when people were shown the answer alone."""
        return _digest(*self._words())

    @property
    def key(self) -> str:
        """Equal for cases that are asked once: those of equal words, where these are all that is judged."""
        return f"{self.id}\x1f{self.digest}" if self.alone else self.digest

    @property
    def first(self) -> Scored | None:
        return self.opinions[0].scored if self.opinions else None

    @property
    def passed(self) -> bool:
        """Whether it was scored, and every scorer passed it."""
        return bool(self.opinions) and all(opinion.scored.verdict == "PASS" for opinion in self.opinions)

    def marks(self) -> list[Mark]:
        """Every place that decided an opinion. Marks on the whole claim tell little: they count only without others."""
        found = list(dict.fromkeys(mark for opinion in self.opinions for mark in opinion.scored.marks))
        parts = [mark for mark in found if (mark.start, mark.end) != (0, len(self.claim))]
        return parts or found

    def _words(self) -> list[str]:
        return [self.asked, self.claim, self.citation or "", *self.evidence, *(f"\x1e{it}" for it in self.context)]


def _digest(*parts: str) -> str:
    return sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
