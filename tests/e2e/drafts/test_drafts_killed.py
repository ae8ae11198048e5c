"""Two authors and two approvers at once, killed with -9 at random instants: what they did is there once, or not."""

import hashlib
import json
import random
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from indexer.encoding.embedding import Encoder
from policies.approving.authority import Authority
from policies.change import Configure
from policies.revision import VersionId
from retriever.bootstrap import Asof
from retriever.config import Settings
from tests.e2e.drafts.drafting_child import APPROVERS, AUTHORS
from tests.root import ROOT

CHILD = "tests.e2e.drafts.drafting_child"


@dataclass
class Campaign:
    """Four people at one home; whoever is killed is replaced. `inside` counts kills within what had begun."""

    folder: Path
    encoder: Encoder
    chance: random.Random
    working: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    notes: dict[str, Path] = field(default_factory=dict)
    inside: Counter[str] = field(default_factory=Counter)
    started: int = 0

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def begin(self) -> None:
        """Every policy needs an approval, from the first event on."""
        asof = Asof(Settings(self.home))
        asof.writer(create=True)
        asof.__dict__["encoder"] = self.encoder
        admin = Authority("Ada Min", approves=True, decides=True)
        asof.write([Configure(approval="required")], authority=admin)
        asof.ledger.close()
        for person in (*AUTHORS, *APPROVERS):
            self.start(person)

    def start(self, person: str) -> None:
        self.started += 1
        path = self.folder / f"{self.started}.jsonl"
        command = [sys.executable, "-m", CHILD, str(self.home), person, str(self.started), str(path)]
        self.notes[person] = path
        self.working[person] = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)

    def at_work(self, person: str) -> bool:
        assert self.working[person].poll() is None, f"{person} ended by an error"
        return len(lines(self.notes[person])) > 1

    def round(self) -> None:
        """Kills one of them once all are at work, at a random instant, and lets another one go on."""
        deadline = time.monotonic() + 120
        while not all(self.at_work(person) for person in self.working):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(self.chance.uniform(0, 0.3))
        person = self.chance.choice([*self.working, *APPROVERS])
        self.end(person)
        self.start(person)

    def end(self, person: str) -> None:
        child = self.working.pop(person)
        child.kill()
        child.wait()
        if (last := lines(self.notes[person])[-1:]) and "begin" in last[0]:
            self.inside[last[0]["begin"]] += 1

    def check(self) -> None:
        for person in list(self.working):
            self.end(person)
        asof = Asof(Settings(self.home))
        asof.__dict__["encoder"] = self.encoder
        asof.catch_up()
        asof.ledger.verify()
        assert asof.index.current().number == asof.ledger.head()[0]
        every = [line for path in sorted(self.folder.glob("*.jsonl")) for line in lines(path)]
        self.check_drafts(asof, every)
        self.check_events(asof, every)
        asof.ledger.close()

    def check_drafts(self, asof: Asof, every: list[dict[str, Any]]) -> None:
        """No draft is lost, each holds words that its author gave it, and it is published if an event says so."""
        kept = {each.id: each for each in asof.drafts().all()}
        assert {line["ack"] for line in every if "ack" in line} <= kept.keys()
        given = {line["marker"] for line in every if "marker" in line}
        events = {event.approval.draft for event in asof.ledger.events() if event.approval is not None}
        for each in kept.values():
            assert (each.state == "published") == (each.id in events)
            assert each.state == "published" or each.draft.title.removeprefix("Title ") in given

    def check_events(self, asof: Asof, every: list[dict[str, Any]]) -> None:
        """Each draft came into force once, by words that its approver had read, who had not written them."""
        timeline, opened = asof.ledger.timeline(), asof.ledger.opened()
        approving = {(it["id"], it["digest"], it["person"]) for it in every if it.get("begin") in ("approve", "later")}
        writers = {each.id: {deed.person for deed in each.writers} for each in asof.drafts().all()}
        published = [event for event in asof.ledger.events() if event.kind == "publish"]
        for event in published:
            assert event.approval is not None
            content = opened[event.tx].content or ""
            digest = hashlib.sha256(content.encode()).hexdigest()
            assert (event.approval.draft, digest, event.approval.person) in approving
            assert event.approval.person not in writers[event.approval.draft or ""]
            version = VersionId(event.policy_id, event.revision or 0)
            assert json.loads(content)["policy_id"] == asof.ledger.revision(version, timeline).version.policy_id
        ids = [event.approval.draft for event in published if event.approval is not None]
        titles = list(asof.ledger.titles().values())
        assert (len(ids), len(titles)) == (len(set(ids)), len(set(titles)))
        acknowledged = {(line["ack"], line["tx"]) for line in every if "tx" in line}
        assert acknowledged <= {(e.approval.draft, e.tx) for e in published if e.approval is not None}


def lines(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a file; a kill may leave a part of one."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def run(folder: Path, encoder: Encoder, rounds: int, check_every: int) -> Campaign:
    campaign = Campaign(folder, encoder, random.Random(rounds))
    campaign.begin()
    try:
        for number in range(1, rounds + 1):
            campaign.round()
            if number % check_every == 0:
                campaign.check()
                for person in (*AUTHORS, *APPROVERS) if number < rounds else ():
                    campaign.start(person)
    finally:
        for child in campaign.working.values():
            child.kill()
            child.wait()
    return campaign


def test_killed_authors_and_approvers_lose_no_draft_and_apply_no_approval_to_other_words(
    tmp_path: Path, encoder: Encoder
) -> None:
    run(tmp_path, encoder, rounds=6, check_every=6)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_two_hundred_kills_of_authors_and_approvers(tmp_path: Path, encoder: Encoder) -> None:
    campaign = run(tmp_path, encoder, rounds=200, check_every=20)
    print(f"\n200 kills of one, and 40 of all at once; inside: {dict(campaign.inside)}")
    assert min(campaign.inside[kind] for kind in ("keep", "edit", "approve")) > 0
