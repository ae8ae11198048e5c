"""A rule of the lint, and what it finds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from policies.lint.page import Page

Found = tuple[int, str] | tuple[int, str, str]
"""The line of the file, the reason, and the fix where the rule's own is not said in the file's words."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule by its name: what it finds, why that is bad evidence, and what to do.

    `example` is Markdown in which it finds one thing, `near` is Markdown like it in which it finds nothing.
    """

    name: str
    finds: str
    fix: str
    example: str
    near: str
    find: Callable[[Page], Iterable[Found]]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found on a line of a file."""

    file: str
    line: int
    rule: str
    reason: str
    fix: str

    def content(self) -> dict[str, str | int]:
        """The JSON values of a finding."""
        return {"file": self.file, "line": self.line, "rule": self.rule, "reason": self.reason, "fix": self.fix}

    @property
    def place(self) -> str:
        return f"{self.file}, line {self.line}"

    @property
    def words(self) -> str:
        """The rule, the reason and the fix."""
        return f"{self.rule}: {self.reason}. {self.fix}"

    def __str__(self) -> str:
        return f"{self.place}: {self.words}"


def quoted(words: str, most: int = 60) -> str:
    """Words on one line between quotation marks, the end left out where they are long."""
    line = " ".join(words.split())
    return f'"{line}"' if len(line) <= most else f'"{line[: most - 1].rstrip()}…"'
