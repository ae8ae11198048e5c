"""Permissions: which role may do what, as a table.

Erasing and restricting have no route. They are commands, for people who have the home folder. Keys are made and revoked
by a command, or on a page, never under /v1.
A role says what its holder may do. The audience labels say which policies the holder may see.
"""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """The role of the holder of a key. That of `feed` stands in an address, so it may do the least."""

    READER = "reader"
    EVALUATOR = "evaluator"
    AUTHOR = "author"
    APPROVER = "approver"
    ADMIN = "admin"
    FEED = "feed"


class Action(StrEnum):
    """What a caller may do. Every request to the service is one of these.

    `follow`  get the feed and the calendar of what comes next
    `ask`     retrieve evidence, check a citation, replay a receipt
    `read`    look at policies, their revisions and what changed between two
    `trace`   store and read traces: what a model made of its evidence
    `write`   plan, publish, withdraw, restore, correct, unschedule, undo, describe
    `approve` approve or reject what somebody else wrote, before it comes into force
    `operate` look at the list of keys, make and revoke them, and look at the state of the home
    """

    FOLLOW = "follow"
    ASK = "ask"
    READ = "read"
    TRACE = "trace"
    WRITE = "write"
    APPROVE = "approve"
    OPERATE = "operate"


PERMISSIONS: Mapping[Role, frozenset[Action]] = {
    Role.READER: frozenset({Action.FOLLOW, Action.ASK, Action.READ}),
    Role.EVALUATOR: frozenset({Action.FOLLOW, Action.ASK, Action.READ, Action.TRACE}),
    Role.AUTHOR: frozenset({Action.FOLLOW, Action.ASK, Action.READ, Action.WRITE}),
    Role.APPROVER: frozenset({Action.FOLLOW, Action.ASK, Action.READ, Action.WRITE, Action.APPROVE}),
    Role.ADMIN: frozenset(Action),
    Role.FEED: frozenset({Action.FOLLOW}),
}


def may(role: Role, action: Action) -> bool:
    """Whether the role may do the action; what the table does not name is not allowed."""
    return action in PERMISSIONS[role]
