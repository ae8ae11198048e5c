"""What a naive model knows of drafts, of approvals, and of what is said of a policy beside its words."""

from collections.abc import Collection
from dataclasses import dataclass, field

from policies.amending.description import FIELDS, Description
from policies.approving.authority import Authority
from policies.instant import Instant
from policies.revision import VersionId
from tests.properties.test_timeline_model import DAY, FIRST_DAY, Op

AUTHORS, APPROVERS = ("Bo Chen", "Cy Doe"), ("Ann Lee", "Eve Ito")
ADMIN = Authority("Ada Min", approves=True, decides=True)


def authority(person: str) -> Authority:
    return Authority(person, approves=person in APPROVERS)


def fields(kind: int, value: int) -> Description:
    """One of the three fields, or none of them where the kind is 0."""
    owner, note = (f"{name} {value}" if kind == each else None for each, name in ((1, "owner"), (2, "note")))
    return Description(owner, note, FIRST_DAY + value * DAY if kind == 3 else None)


@dataclass
class Waiting:
    """What the model knows of a draft."""

    op: Op
    words: str
    common: int
    writers: set[str]
    base: int
    state: str = "draft"
    approver: str | None = None
    read: str = ""
    """The digest that was read last."""


@dataclass(frozen=True)
class Said:
    """What a revision, or a description where the number is 0, says of its policy, and in which commit."""

    at: Instant
    commit: int
    policy_id: str
    number: int
    values: Description
    clears: Collection[str] = ()


@dataclass
class Model:
    """Which policies need an approval, what waits, which words somebody may have let in, and all that was said."""

    required: bool = False
    waiting: dict[str, Waiting] = field(default_factory=dict)
    let_in: set[str] = field(default_factory=set)
    common: dict[VersionId, int] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    erased: set[VersionId] = field(default_factory=set)

    def needs_approval(self, policy_id: str) -> bool:
        return self.required and policy_id == "P-1"

    def description(self, version: VersionId, known_at: Instant, undone: set[tuple[int, str]]) -> Description:
        """Field by field the last word that counts: of a description, or of a revision up to this one.

        A revision that was undone has no word against a description. Where the last word is a revision's, each
        revision speaks for itself.
        """
        heard = [each for each in self.said if each.policy_id == version.policy_id and each.at <= known_at]
        [own] = [each for each in heard if each.number == version.number]
        found = {}
        for name in FIELDS:
            words = [
                each
                for each in heard
                if (name in each.clears or self._value(each, name) is not None)
                and (
                    each.number == 0 or (each.number <= version.number and (each.commit, each.policy_id) not in undone)
                )
            ]
            last = words[-1] if words and words[-1].number == 0 else own
            found[name] = self._value(last, name)
        return Description(**found)  # type: ignore[arg-type]

    def _value(self, said: Said, name: str) -> str | int | None:
        """The note of a revision goes with its words."""
        gone = name == "note" and VersionId(said.policy_id, said.number) in self.erased if said.number else False
        value: str | int | None = getattr(said.values, name)
        return None if gone else value
