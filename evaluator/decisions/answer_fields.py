"""The fields of an answer that say what was decided, by which policy, and what was done, in the shapes that people use.

`eligible` true or false, or `decision` in words; `policy_id` or `policy`; `label_created` and others like it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from evaluator.files.policy_cases import Decision

_DECISIONS: dict[str, Decision] = {
    **dict.fromkeys(("true", "yes", "eligible", "approved", "granted"), "eligible"),
    **dict.fromkeys(("false", "no", "not_eligible", "ineligible", "denied", "rejected"), "not_eligible"),
    **dict.fromkeys(("escalate", "escalated", "abstain", "unknown", "null", "none"), "escalate"),
}
"""What a field may say, in small letters with underscores."""

_ACTIONS = {
    "create_label": re.compile(r"(?:return_)?label_(?:was_)?(?:created|issued|sent|generated|made|printed)"),
    "refund": re.compile(r"(?:refund|money)_(?:was_)?(?:issued|sent|made|paid|processed|created)|refunded"),
    "send_replacement": re.compile(r"replacement_(?:was_)?(?:sent|shipped|ordered|dispatched|created)"),
    "cancel_order": re.compile(r"order_(?:was_)?cancell?ed|cancell?ed"),
    "open_ticket": re.compile(r"(?:ticket|case)_(?:was_)?(?:opened|created|raised|filed)"),
}
_DONE = re.compile(
    r"(?P<what>[a-z_]+?)_(?:was_)?(?P<done>created|issued|sent|made|opened|booked|ordered|executed|done)"
)
_YES = ("true", "yes", "done", "created", "sent")


def decision_said(answer: Mapping[str, Any]) -> Decision | None:
    """The decision in `eligible` or `decision`; None where neither says one."""
    for field in ("eligible", "decision"):
        if field in answer:
            return _DECISIONS.get(_word(answer[field]))
    return None


def policy_said(answer: Mapping[str, Any]) -> str | None:
    """The policy in `policy_id` or `policy`; the revision of `P-7@2` is left out."""
    said = answer.get("policy_id", answer.get("policy"))
    return said.split("@")[0].strip() if isinstance(said, str) and said.strip() else None


def actions_said(answer: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The actions that fields say were done, with the field: `label_created: true` is `create_label`."""
    for field, value in answer.items():
        name = re.sub(r"\W+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(field))).lower()
        if isinstance(value, Mapping):
            yield from actions_said(value)
        elif _word(value) in _YES and (action := _action(name)) is not None:
            yield action, str(field)


def _action(name: str) -> str | None:
    known = next((action for action, pattern in _ACTIONS.items() if pattern.fullmatch(name)), None)
    if known is not None:
        return known
    other = _DONE.fullmatch(name)
    return None if other is None else f"{_VERBS[other['done']]}_{other['what']}"


_VERBS = {
    "created": "create",
    "issued": "issue",
    "sent": "send",
    "made": "make",
    "opened": "open",
    "booked": "book",
    "ordered": "order",
    "executed": "execute",
    "done": "do",
}


def _word(value: Any) -> str:
    return re.sub(r"[\s-]+", "_", str(value).strip().lower())
