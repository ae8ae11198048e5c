"""What an answer says: its JSON object, what it decides, by which policy, and what it says was done.

`eligible` true or false, or `decision` in words; `policy_id` or `policy`; `label_created` and others like it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evaluator.files.policy_cases import Decision
    from retriever.traces.trace import Trace

_DECISIONS: "dict[str, Decision]" = {
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

_FENCED = re.compile(r"\s*```(?:json)?\s*\n(?P<inside>.*)\n\s*```\s*", re.DOTALL | re.IGNORECASE)
_OPENS_JSON = re.compile(r"\A\s*(?:```(?:json)?\s*)?\{\s*(?:\"|\}|\Z)", re.IGNORECASE)


def answer_object(answer: str | Mapping[str, Any]) -> dict[str, Any] | None:
    """The answer as a JSON object, however it was recorded; None where it is not one."""
    if not isinstance(answer, str):
        return dict(answer)
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def unreadable_json(answer: str | Mapping[str, Any]) -> bool:
    """Whether an answer was meant as JSON and is none: it opens an object that never ends.

    Nothing in it is prose: what stands between quotation marks there quotes nobody.
    """
    return isinstance(answer, str) and fenced_object(answer) is None and _OPENS_JSON.match(answer) is not None


def fenced_object(answer: str | Mapping[str, Any]) -> dict[str, Any] | None:
    """The answer as a JSON object, also where code fences stand around it."""
    fenced = _FENCED.fullmatch(answer) if isinstance(answer, str) else None
    return answer_object(answer if fenced is None else fenced["inside"])


def escalation(trace: "Trace") -> Mapping[str, Any] | None:
    """The `escalation` with reason and detail, which a boundary records when it hands the case to a person."""
    found = (trace.model_extra or {}).get("escalation")
    return None if found is None else found if isinstance(found, dict) else {"reason": str(found)}


def would_do(trace: "Trace") -> tuple[str, ...]:
    """The names of the actions that a boundary would have carried out, where it was asked to do nothing."""
    found = (trace.model_extra or {}).get("would_do")
    named = [item.get("name") if isinstance(item, dict) else item for item in found] if isinstance(found, list) else []
    return tuple(name for name in named if isinstance(name, str))


def decided(trace: "Trace") -> "Decision | None":
    """The final decision of an answer; None where it is no JSON object that gives one."""
    if escalation(trace) is not None:
        return "escalate"
    answer = answer_object(trace.answer)
    return None if answer is None else decision_said(answer)


def erased(trace: "Trace") -> bool:
    """Whether an erasure took the answer: nothing of it can be judged any more."""
    return bool((trace.model_extra or {}).get("erased"))


def decision_said(answer: Mapping[str, Any]) -> "Decision | None":
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
