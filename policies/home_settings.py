"""The settings of a home: events of the ledger that belong to no policy, so it is known who set what, and when."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from policies.calendar import Calendar
from policies.errors import ChangeRefused, LedgerTooNew
from policies.event import Event

HOME = ""
"""What stands for a policy's id in an event of the home itself; no policy may have this id."""
APPROVALS = ("required", "optional")
EVERY = "*"


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """Whether the policies whose ids match a pattern (`*` and `?`) need an approval."""

    policies: str
    required: bool


@dataclass(frozen=True, slots=True)
class HomeSettings:
    """What holds for a home. Without any event, dates are read in UTC and no policy needs an approval."""

    timezone: str = "UTC"
    approval: tuple[ApprovalRule, ...] = ()

    @property
    def calendar(self) -> Calendar:
        """The calendar of the home's time zone; LedgerTooNew where this machine does not know the zone."""
        try:
            return Calendar.of(self.timezone)
        except ValueError as error:
            raise LedgerTooNew(
                f"The time zone of this home, {self.timezone}, is in no database of this machine: bring its package "
                "tzdata up to date"
            ) from error

    def approval_required(self, policy_id: str) -> bool:
        """Whether a policy needs an approval: the last rule that matches its id, in whatever letters, says so."""
        name = policy_id.casefold()
        matching = [rule.required for rule in self.approval if fnmatchcase(name, rule.policies.casefold())]
        return bool(matching) and matching[-1]

    def content(self) -> dict[str, object]:
        """The settings as JSON values."""
        rules = [{"policies": it.policies, "approval": APPROVALS[not it.required]} for it in self.approval]
        return {"timezone": self.timezone, "approval": rules}


def settings_after(events: Iterable[Event], before: HomeSettings | None = None) -> HomeSettings:
    """The settings once these events were recorded, in their order, on top of what held before."""
    settings = before or HomeSettings()
    timezone, rules = settings.timezone, list(settings.approval)
    for event in events:
        timezone = event.settings.get("timezone", timezone)
        if "approval" in event.settings:
            pattern = event.settings["policies"]
            covered = [] if pattern == EVERY else [rule for rule in rules if rule.policies != pattern]
            rules = [*covered, ApprovalRule(pattern, event.settings["approval"] == "required")]
    return HomeSettings(timezone, tuple(rules))


def check_timezone(name: str) -> None:
    """ChangeRefused where a name is no time zone of the IANA database; it names the nearest ones."""
    try:
        Calendar.of(name)
    except ValueError as error:
        raise ChangeRefused(f"timezone: {error}") from error
