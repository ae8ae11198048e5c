"""A finding: one thing in which a claim and its evidence agree or disagree, and where it stands in both."""

from dataclasses import dataclass
from typing import Any, NamedTuple


class Place(NamedTuple):
    """Code points `start` to `end` of one of the evidence texts, by its place among them."""

    text: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SupportFinding:
    """What was found about `claim[start:end]`.

    `against` says that it speaks against the claim. `decides` says that it decides the verdict by itself.
    """

    kind: str
    start: int
    end: int
    place: Place | None
    detail: str
    against: bool = False
    decides: bool = False

    def content(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "detail": self.detail,
            "against": self.against,
            "decides": self.decides,
            "claim": [self.start, self.end],
            "evidence": None if self.place is None else list(self.place),
        }
