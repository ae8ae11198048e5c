"""Permissions: which role may do what, as a table.

Erasing, restricting and keys have no route: they are commands, for who has the home folder.
A role says what its holder may do; which policies they may see is said by their audience labels, apart from it.
"""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What the holder of a key is."""

    READER = "reader"
    EVALUATOR = "evaluator"
    AUTHOR = "author"
    ADMIN = "admin"


class Action(StrEnum):
    """What can be done. Everything that a caller asks of the service is one of these.

    `ask`    retrieve evidence, check a citation, replay a receipt
    `read`   look at policies, their revisions and what changed between two
    `trace`  hand in and look at traces, what a model made of its evidence
    `write`  plan, publish, withdraw, restore
    """

    ASK = "ask"
    READ = "read"
    TRACE = "trace"
    WRITE = "write"


PERMISSIONS: Mapping[Role, frozenset[Action]] = {
    Role.READER: frozenset({Action.ASK, Action.READ}),
    Role.EVALUATOR: frozenset({Action.ASK, Action.READ, Action.TRACE}),
    Role.AUTHOR: frozenset({Action.ASK, Action.READ, Action.WRITE}),
    Role.ADMIN: frozenset(Action),
}


def may(role: Role, action: Action) -> bool:
    """Whether a role is allowed an action; what the table does not name is not allowed."""
    return action in PERMISSIONS[role]
