"""A home in tmp_path behind the real composition root, with a clock that stands still until it is set."""

from pathlib import Path
from typing import Any

from indexer.encoding.embedding import Encoder
from policies.change import Change, Publish
from policies.instant import Instant, parse_instant
from policies.sources.draft import parse_draft
from retriever.bootstrap import Asof
from retriever.config import Settings


class Clock:
    """The instant last set."""

    def __init__(self, text: str) -> None:
        self.set(text)

    def set(self, text: str) -> None:
        self.now = parse_instant(text)

    def __call__(self) -> Instant:
        return self.now


class Home:
    """One home folder, published into and asked in single lines."""

    def __init__(self, path: Path, encoder: Encoder) -> None:
        self.path = path
        self.clock = Clock("2025-01-01T12:00:00Z")
        self._encoder = encoder
        self._opened: list[Asof] = []
        self.asof = self.open()

    def open(self) -> Asof:
        """Asof on the same folder, as a process that starts now has it."""
        asof = Asof(Settings(self.path), clock=self.clock)
        asof.encoder = self._encoder
        self._opened.append(asof)
        return asof

    def close(self) -> None:
        for asof in self._opened:
            if "ledger" in asof.__dict__:
                asof.ledger.close()

    def publish(self, policy: str, body: str, effective: str, recorded: str | None = None, **fields: str) -> str:
        """Publishes a file with this front matter and body, in one commit; gives the version id."""
        return self.write(Publish(draft(policy, body, effective, **fields)), recorded=recorded)[0]

    def write(self, *changes: Change, recorded: str | None = None) -> list[str]:
        """Records changes in one commit at the instant `recorded`; gives the version id of each event."""
        if recorded is not None:
            self.clock.set(recorded)
        written = self.asof.write(list(changes))
        return [f"{event.policy_id}@{event.revision}" for event in written.events]

    def ask(self, query: str = "Are damaged items eligible?", **fields: Any) -> dict[str, Any]:
        return self.asof.retrieve(query=query, **fields).content()

    def cited(self, query: str = "Are damaged items eligible?", **fields: Any) -> list[str]:
        """The citations of the evidence, in its order."""
        return [item["citation"] for item in self.ask(query, **fields)["evidence"]]


def draft(policy: str, body: str, effective: str, **fields: str) -> Any:
    front = {"policy": policy, "title": f"Title of {policy}", "effective": effective, **fields}
    lines = "".join(f"{key}: {value}\n" for key, value in front.items())
    return parse_draft(f"---\n{lines}---\n{body}\n", f"{policy}.md")
