"""A draft as it is kept: words that wait for an approval, who wrote them, and how far they have come.

Pure. A draft has no transaction and no generation: it is no part of the ledger's chain until it is published.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from policies.approving.authority import same_person
from policies.approving.consent import digest_of
from policies.calendar import UTC_CALENDAR, Calendar
from policies.errors import ChangeRefused, LedgerDamaged
from policies.event import Base
from policies.instant import Instant
from policies.revision import Draft

State = Literal["draft", "submitted", "approved", "rejected", "published", "erased"]


@dataclass(frozen=True, slots=True)
class Deed:
    """What a person did with a draft: who, when, and why."""

    person: str
    at: Instant
    words: str | None = None


@dataclass(frozen=True, slots=True)
class KeptDraft:
    """One draft. `void` says what became of the last submission or approval, where an edit ended it.

    `published` is the transaction that put it in force. An erasure leaves a draft without words. `agreed` is the digest
    that an approval for later was given to; approvals that earlier versions kept have none.
    """

    id: str
    draft: Draft
    base: Base
    writers: tuple[Deed, ...]
    state: State = "draft"
    replace_scheduled: bool = False
    decided: Deed | None = None
    agreed: str | None = None
    void: str | None = None
    published: int | None = None
    revision: int | None = None

    @property
    def policy_id(self) -> str:
        return self.draft.policy_id

    def content(self) -> str:
        """The canonical JSON of what an approval lets come into force."""
        return self._approved()[0]

    def digest(self) -> str:
        """SHA-256 of that: the words with what is said beside them, the period, and what they are based on."""
        return self._approved()[1]

    def _approved(self) -> tuple[str, str]:
        draft = self.draft
        return digest_of(
            {
                "policy_id": draft.policy_id,
                "words": draft.digest(),
                "valid_from": None if draft.valid_from is None else str(draft.valid_from),
                "valid_to": None if draft.valid_to is None else str(draft.valid_to),
                "replace_scheduled": self.replace_scheduled,
                "base": {"revision": self.base.revision, "tx": self.base.tx},
            }
        )

    def written_by(self, person: str) -> bool:
        """Whether a person is among those who wrote or edited it."""
        return any(same_person(person, deed.person) for deed in self.writers)

    def edited(self, draft: Draft, base: Base, deed: Deed, *, replace_scheduled: bool, void: str | None) -> "KeptDraft":
        """The draft with other words, on what holds now. Nothing that was said of the earlier words counts."""
        writers = (*(it for it in self.writers if not same_person(it.person, deed.person)), deed)
        return KeptDraft(self.id, draft, base, writers, replace_scheduled=replace_scheduled, void=void)

    def submitted(self, deed: Deed) -> "KeptDraft":
        return replace(self, state="submitted", decided=deed, agreed=None, void=None)

    def approved(self, deed: Deed) -> "KeptDraft":
        return replace(self, state="approved", decided=deed, agreed=self.digest())

    def rejected(self, deed: Deed) -> "KeptDraft":
        return replace(self, state="rejected", decided=deed, agreed=None)

    def put_in_force(self, tx: int, revision: int) -> "KeptDraft":
        """The draft once it is published. Its words stand in the ledger from then on, and nowhere else."""
        return replace(self.without_words(), state="published", published=tx, revision=revision, decided=None)

    def without_words(self) -> "KeptDraft":
        """What is left where its words must not stay."""
        bare = Draft(self.policy_id, "", "", "", audience=self.draft.audience)
        return replace(self, draft=bare, state="erased", decided=None, agreed=None, void=None)

    def row(self) -> dict[str, Any]:
        """The columns of its row."""
        draft = self.draft
        words = {name: getattr(draft, name) for name in _WORDS}
        kept = {
            "draft": {
                **words,
                "calendar": draft.calendar.name,
                "applies_to": {facet: list(them) for facet, them in draft.applies_to.items()},
            },
            "base": [self.base.revision, self.base.tx],
            "writers": [_deed(deed) for deed in self.writers],
            "replace_scheduled": self.replace_scheduled,
            "decided": None if self.decided is None else _deed(self.decided),
            "agreed": self.agreed,
            "void": self.void,
            "published": self.published,
            "revision": self.revision,
        }
        return {"id": self.id, "policy_id": self.policy_id, "state": self.state, "content": json.dumps(kept)}

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> "KeptDraft":
        """The draft of these columns; LedgerDamaged where they are not those of a draft."""
        try:
            if row["state"] not in get_args(State):
                raise ValueError(f"no state {row['state']!r}")
            return cls._of_row(row)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
            raise LedgerDamaged(
                f"Draft {row['id']} cannot be read ({type(error).__name__}: {error}): it was altered in the ledger. "
                f"Restore a backup, or remove the draft: `asof drafts --delete {row['id']}`, without a key"
            ) from error

    @classmethod
    def _of_row(cls, row: Mapping[str, Any]) -> "KeptDraft":
        kept = json.loads(row["content"])
        words = kept["draft"]
        facets = {facet: tuple(them) for facet, them in words.pop("applies_to").items()}
        audience, calendar = tuple(words.pop("audience")), _calendar(words.pop("calendar"))
        decided = kept["decided"]
        return cls(
            id=row["id"],
            draft=Draft(row["policy_id"], applies_to=facets, audience=audience, calendar=calendar, **words),
            base=Base(*kept["base"]),
            writers=tuple(Deed(*deed) for deed in kept["writers"]),
            state=row["state"],
            replace_scheduled=kept["replace_scheduled"],
            decided=None if decided is None else Deed(*decided),
            agreed=kept.get("agreed"),
            void=kept["void"],
            published=kept["published"],
            revision=kept["revision"],
        )


_WORDS = ("title", "text", "where", "valid_from", "valid_to", "owner", "note", "author", "audience", "review_by")


def _calendar(zone: str) -> Calendar:
    """The calendar of a zone; that of UTC where this machine lacks the zone. Its dates are instants already."""
    try:
        return Calendar.of(zone)
    except ValueError:
        return UTC_CALENDAR


def _deed(deed: Deed) -> list[Any]:
    return [deed.person, deed.at, deed.words]


def check_there(kept: KeptDraft) -> None:
    """ChangeRefused where nothing can be done with a draft any more."""
    if kept.state == "published":
        raise ChangeRefused(
            f"{kept.id} is published: it is {kept.policy_id}@{kept.revision}, by transaction {kept.published}. Write a "
            "new draft for other words"
        )
    if kept.state == "erased":
        raise ChangeRefused(f"The words of {kept.id} were erased, so nothing is left of it. Delete it")
