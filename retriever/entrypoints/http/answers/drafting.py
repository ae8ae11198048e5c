"""Answers about drafts: words that wait for another person's approval."""

from typing import Literal

from pydantic import Field

from retriever.entrypoints.http.answers.described import INSTANT, Described
from retriever.entrypoints.http.answers.reading import ChangedGoverning, ChangedPassage
from retriever.entrypoints.http.answers.upcoming import LoggedBase
from retriever.entrypoints.http.answers.writing import LintFinding, WrittenAnswer


class Deed(Described):
    """What a person did with a draft."""

    person: str
    at: str = INSTANT
    words: str | None = Field(description="Why.")


class DraftItem(Described):
    """A draft, without its words."""

    id: str = Field(examples=["d-7k2mq9xa"])
    policy_id: str
    title: str | None
    state: Literal["draft", "submitted", "approved", "rejected", "published", "erased"]
    void: str | None = Field(description="Which submission or approval does not count any more, and why.")
    behind: bool = Field(description="Whether its policy was changed since it was written: then write it again.")
    digest: str | None = Field(description="What an approval has to name.")
    base: LoggedBase | None = Field(description="Null where the policy is new.")
    writers: list[Deed]
    decided: Deed | None = Field(description="Who submitted, approved or rejected it, as its state says.")
    valid_from: str | None = Field(description="Null where it begins when it is approved.")
    valid_to: str | None
    replace_scheduled: bool
    audience: list[str]
    approval_required: bool
    version: str | None = Field(description="What it became.")
    tx: int | None


class DraftPage(Described):
    """Drafts by id; `next` is the `after` of the following page."""

    drafts: list[DraftItem]
    next: str | None


class DraftDifference(Described):
    """What a draft changes of the revision that it is based on."""

    counts: dict[str, int]
    governing: list[ChangedGoverning]
    passages: list[ChangedPassage]


class DraftAnswer(DraftItem):
    """A draft with its words, what they change, and what the lint finds in them."""

    owner: str | None
    note: str | None
    review_by: str | None
    applies_to: dict[str, list[str]]
    text: str | None
    compared_with: str | None
    """The revision that holds where the draft begins, or the one before that."""
    difference: DraftDifference | None
    lint: list[LintFinding]


class DecidedAnswer(Described):
    """A draft, and what was recorded of it; null where it was only approved."""

    draft: DraftItem
    written: WrittenAnswer | None
