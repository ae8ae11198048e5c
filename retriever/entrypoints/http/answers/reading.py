"""Answers that show what is recorded: policies, their revisions, and what changed between two."""

from typing import Literal

from pydantic import Field

from retriever.entrypoints.http.answers.described import END, INSTANT, Described
from retriever.entrypoints.http.answers.upcoming import LoggedEvent


class ListedPolicy(Described):
    """A policy with what is in force of it."""

    policy_id: str
    title: str | None
    state: Literal["in_force", "withdrawn", "none"]
    version: str | None
    valid_from: str | None
    valid_to: str | None
    next_change: str | None


class PolicyPage(Described):
    """Policies by id; `next` is the `after` of the following page."""

    as_of: str = INSTANT
    policies: list[ListedPolicy]
    next: str | None


class ShownPassage(Described):
    """One passage of a revision."""

    citation: str
    section: list[str]
    text: str
    char_start: int
    char_end: int


class ShownRevision(Described):
    """One revision with its words. The period is null where it is not in force at the date."""

    version: str
    policy_id: str
    revision: int
    title: str
    valid_from: str | None
    valid_to: str | None
    recorded_at: str = INSTANT
    owner: str | None
    author: str | None
    note: str | None
    review_by: str | None = Field(description="When it is to be read again; null where nobody said.")
    applies_to: dict[str, list[str]]
    audience: list[str]
    text: str
    passages: list[ShownPassage]


class HistoryPeriod(Described):
    """A period on both clocks; its revision is null where the policy was withdrawn."""

    revision: int | None
    title: str | None
    erased: bool
    valid_from: str = INSTANT
    valid_to: str | None = END
    recorded_from: str = INSTANT
    recorded_to: str | None = END
    tx: int


class History(Described):
    """Periods of a policy, and events, by when they were recorded; `next` is the `after` of the following page."""

    policy_id: str
    revisions: int
    periods: list[HistoryPeriod]
    events: list[LoggedEvent]
    next: int | None


class MarkedWords(Described):
    """A run of words, the same before and after, or on one side only."""

    mark: Literal["same", "removed", "added"]
    text: str


class ChangedContext(Described):
    """Words that govern a passage, before and after."""

    kind: str
    change: Literal["reworded", "moved", "added", "removed"]
    words: list[MarkedWords]


class ChangedGoverning(ChangedContext):
    """The same once for all passages: the ordinals of those that they governed before, and that they govern after."""

    before: list[int]
    after: list[int]


class ChangedPassage(Described):
    """A passage before and after, with its words. `regoverned`: the same words under others that govern them.

    `before` and `after` are the first ordinal on each side. A split passage has several in `all_after`, a merged one in
    `all_before`. `governing` is what changed of what governs it, whatever became of its own words.
    """

    kind: Literal["unchanged", "regoverned", "reworded", "moved", "split", "merged", "added", "removed"]
    before: int | None
    after: int | None
    all_before: list[int]
    all_after: list[int]
    moved: bool
    words: list[MarkedWords]
    governing: list[ChangedContext]


class Difference(Described):
    """What became of each passage between two revisions, and of the words that govern them: each change once."""

    before: str
    after: str
    counts: dict[str, int]
    governing: list[ChangedGoverning]
    passages: list[ChangedPassage]
