"""What may be recorded where an approval is required. Held against every proposal, whichever way it came."""

from collections.abc import Iterable, Sequence

from policies.approving.authority import Authority
from policies.errors import ApprovalRequired, ChangeRefused
from policies.event import Event
from policies.home_settings import HomeSettings

TAKEN_BACK = ("undo", "unschedule", "restore")
"""What brings earlier words back: an approver may."""


def lacking(events: Iterable[Event], settings: HomeSettings) -> list[str]:
    """The policies whose words would come into force without the approval that they need, in order."""
    publishes = (event for event in events if event.kind == "publish" and event.approval is None)
    return list(dict.fromkeys(it.policy_id for it in publishes if settings.approval_required(it.policy_id)))


def check_allowed(events: Sequence[Event], settings: HomeSettings, authority: Authority) -> None:
    """ApprovalRequired, or ChangeRefused, where somebody of this authority may not let these events happen."""
    unapproved = lacking(events, settings)
    if authority.force is not None:
        _check_force(unapproved, authority)
    elif unapproved:
        raise ApprovalRequired(
            f"Approval is required for {_listed(unapproved)}, so nothing was recorded. Keep the file as a draft, for "
            "somebody else to approve: `asof draft FILE`, then `asof submit`"
        )
    brought_back = dict.fromkeys(
        event.policy_id for event in events if event.kind in TAKEN_BACK and settings.approval_required(event.policy_id)
    )
    if brought_back and not authority.approves:
        kinds = " and ".join(sorted({event.kind for event in events if event.policy_id in brought_back}))
        raise ApprovalRequired(
            f"Approval is required for {_listed(list(brought_back))}, so {kinds} takes an approver there. Nothing was "
            "recorded; give the key of an approver in ASOF_KEY"
        )
    if any("approval" in event.settings for event in events):
        _check_setting(settings, authority)


def _check_force(unapproved: Sequence[str], authority: Authority) -> None:
    if not unapproved:
        raise ChangeRefused("No approval is required here, so there is nothing to force; publish without --force")
    if not authority.decides or authority.person is None:
        raise ApprovalRequired(
            f"Only an admin whose key names a person publishes {_listed(unapproved)} without approval. Give such a "
            "key in ASOF_KEY, or keep the file as a draft: `asof draft FILE`"
        )


def _check_setting(settings: HomeSettings, authority: Authority) -> None:
    if any(rule.required for rule in settings.approval) and not authority.decides:
        raise ApprovalRequired(
            "Approval is required in this home, so changing that takes an admin. Nothing was recorded; give the key of "
            "an admin in ASOF_KEY"
        )


def _listed(policies: Sequence[str]) -> str:
    shown = ", ".join(policies[:5])
    return shown if len(policies) <= 5 else f"{shown} and {len(policies) - 5} more"
