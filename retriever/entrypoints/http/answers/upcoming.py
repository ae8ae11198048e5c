"""Answers that say what comes next, what is due, and what was done."""

from typing import Literal

from pydantic import Field

from retriever.entrypoints.http.answers.described import END, INSTANT, Described
from retriever.entrypoints.http.answers.painted import PaintedPeriod


class ScheduledChange(Described):
    """A revision that comes into force, or goes out of force without another in its place."""

    at: str = INSTANT
    change: Literal["begins", "returns", "ends", "withdrawn"] = Field(
        description="`returns` where it was in force before, such as at the end of a holiday rule."
    )
    policy_id: str
    version: str = Field(examples=["P-7@3"])
    title: str | None = Field(description="Null where its words were erased.")
    replaces: str | None = Field(description="The version that is in force until then.")
    until: str | None = Field(description="When what begins, or the withdrawal, ends; null where no end is set.")
    owner: str | None
    tx: int = Field(description="The event by which it is so.")
    recorded_at: str = INSTANT
    author: str | None


class ScheduledAnswer(Described):
    """What comes into force or ends, soonest first."""

    as_of: str = INSTANT
    until: str | None = END
    changes: list[ScheduledChange]
    total: int = Field(description="How many there are, also those that `limit` left out.")


class DueItem(Described):
    """One thing to do about a revision."""

    at: str = INSTANT
    kind: Literal[
        "review_overdue",
        "review_soon",
        "ends_without_successor",
        "gap",
        "withdrawn_soon",
        "withdrawn_but_referenced",
        "unreviewed",
    ]
    policy_id: str
    version: str = Field(examples=["P-7@3"])
    title: str | None = Field(description="Null where its words were erased.")
    owner: str | None
    end: str | None = Field(description="When a gap ends; otherwise null.")
    referenced_by: list[str] = Field(description="The versions in force that refer to a withdrawn policy.")
    detail: str = Field(description="What is the matter, and what to do.")


class DueAnswer(Described):
    """What asks for an author, the earliest first."""

    as_of: str = INSTANT
    within: int = Field(description="How many days around the date were looked at.")
    due: list[DueItem]
    total: int = Field(description="How many there are, also those that `limit` left out.")


class LoggedBase(Described):
    """What a draft was written on: the newest revision, and the newest event that painted the policy."""

    version: str | None
    tx: int


class LoggedApproval(Described):
    """By whose approval words came into force, or who signed them off."""

    person: str
    at: str = INSTANT
    draft: str | None = Field(description="Null for a sign-off, and where not all of the policy is yours to read.")
    base: LoggedBase | None
    digest: str | None = Field(description="The digest that was approved; null once the words are erased.")
    reason: str | None = Field(description="Why; null once an erasure removed it.")


class LoggedForce(Described):
    """Who published without the approval that was required."""

    person: str
    at: str = INSTANT
    reason: str | None
    signed_off_by: str | None = Field(description="Who else has read it since.")


class LoggedEvent(Described):
    """An event of the ledger: who did what, when and why. What nobody recorded is null."""

    tx: int
    commit: int = Field(description="The same for events that were recorded together: the first transaction of them.")
    recorded_at: str = INSTANT
    kind: str = Field(examples=["publish"])
    policy_id: str | None = Field(description="Null for a setting of the home.")
    revision: int | None
    version: str | None = Field(examples=["P-7@3"])
    title: str | None
    erased: bool = Field(description="Whether the words of its revision were erased since.")
    author: str | None = Field(
        description="Who did it: the name that was given, or the key that sent it with the person that it names.",
        examples=["ada", "Ann Lee (key 1a2b3c4d)"],
    )
    note: str | None = Field(description="Why. The note of a publish is erased with its words.")
    owner: str | None
    review_by: str | None
    clears: list[str] = Field(description="The fields of which a description says that there is nothing any more.")
    audience: list[str] = Field(description="The labels that it set; empty where it set none.")
    corrects: str | None = Field(description="The version in whose place it puts other words.", examples=["P-7@2"])
    undoes: list[int] = Field(description="The transactions that it takes back.")
    periods: list[PaintedPeriod]
    settings: dict[str, str] | None = Field(None, description="What an event of the home set.")
    approval: LoggedApproval | None
    forced: LoggedForce | None


class ChangesPage(Described):
    """Events in order; `next` is the `after` to go on with, also where there are none."""

    events: list[LoggedEvent]
    next: int


class LogPage(Described):
    """Events, the newest first; `next` is the `before` of the following page."""

    events: list[LoggedEvent]
    next: int | None
