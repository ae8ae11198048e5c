"""Writers killed with -9 at random instants: what was acknowledged stays, what was not is there whole or not at all."""

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
from policies.revision import VersionId
from retriever.bootstrap import Asof
from retriever.config import Settings
from tests.e2e.kill_child import IMPORTED, signature
from tests.root import ROOT

CHILD = "tests.e2e.kill_child"


@dataclass
class Campaign:
    """What the children said over all rounds, and how many kills fell inside a write."""

    home: Path
    encoder: Encoder
    chance: random.Random
    markers: dict[str, str] = field(default_factory=dict)
    erased: dict[str, str] = field(default_factory=dict)
    acknowledged: int = 0
    undone: int = 0
    inside: Counter[str] = field(default_factory=Counter)

    def round(self, seed: int) -> None:
        """Starts a writer, kills it at a random instant of a random write, and checks what is left."""
        command = [sys.executable, "-m", CHILD, str(self.home), str(seed)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
            assert child.stdout is not None
            lines: list[dict[str, Any]] = []
            starts = self.chance.randrange(1, 5)
            while sum("start" in line for line in lines) < starts:
                lines.append(json.loads(child.stdout.readline()))
            time.sleep(self.chance.uniform(0, 0.06))
            child.kill()
            lines += [json.loads(line) for line in child.stdout if line.endswith("\n")]
        left = signature(self.home)
        open_write = lines[-1] if "start" in lines[-1] else None
        if open_write and open_write["files"] != left:
            self.inside[open_write["kind"]] += 1
        self._note(lines)
        self._check(open_write)

    def _note(self, lines: list[dict[str, Any]]) -> None:
        started: dict[str, Any] = {}
        for line in lines:
            if "start" in line:
                started = line
                continue
            self.acknowledged += 1
            self.undone += started["kind"] == "undo"
            for version in line["versions"]:
                if started["kind"] == "erase":
                    self.erased[version] = self.markers.pop(version)
                else:
                    self.markers[version] = started["marker"]

    def _check(self, open_write: dict[str, Any] | None) -> None:
        asof = Asof(Settings(self.home))
        asof.__dict__["encoder"] = self.encoder
        asof.catch_up()
        asof.ledger.verify()
        generation = asof.index.current()
        timeline, snapshot = generation.timeline, generation.snapshot
        assert generation.number == asof.ledger.head()[0]
        for segment in snapshot.segments:
            segment.check()
        self._take_over(open_write, timeline.publishes.keys() - timeline.erased, timeline.erased, asof)
        for version, marker in self.markers.items():
            placed = snapshot.occurrences[timeline.publishes[VersionId.parse(version)].tx]
            assert [marker in snapshot.passage(int(n)).text for n in placed.passages] == [True] * 4
        self._check_undos(open_write, asof)
        asof.ledger.close()
        left = b"".join(path.read_bytes() for path in self.home.rglob("*") if path.is_file())
        for version, marker in self.erased.items():
            alive = marker in self.markers.values()
            assert alive or f"{marker} ".encode() not in left, f"{version} was erased, but {marker} is still on disk"

    def _check_undos(self, open_write: dict[str, Any] | None, asof: Asof) -> None:
        """Each undo is there once, and takes back all of its commit."""
        commits = {event.recorded_at: asof.ledger.commit(event.tx) for event in asof.ledger.events() if event.undoes}
        for commit in commits.values():
            taken_back = [tx for event in commit for tx in event.undoes]
            assert taken_back == [event.tx for event in asof.ledger.commit(taken_back[0])]
        came_through = len(commits) - self.undone
        assert came_through in (0, 1 if open_write and open_write["kind"] == "undo" else 0)
        self.undone += came_through

    def _take_over(
        self, open_write: dict[str, Any] | None, present: set[VersionId], erased: frozenset[VersionId], asof: Asof
    ) -> None:
        """A write that was not acknowledged may have come through: then all of it did."""
        assert {VersionId.parse(version) for version in self.markers} - erased <= present
        fresh = sorted(str(version) for version in present if str(version) not in self.markers)
        if open_write is None:
            assert fresh == []
        elif open_write["kind"] in ("erase", "undo"):
            assert fresh == []
            for version in open_write["erases"]:
                if VersionId.parse(version) in erased:
                    self.erased[version] = self.markers.pop(version)
        else:
            assert len(fresh) in (0, IMPORTED if open_write["kind"] == "import" else 1)
            self.markers |= dict.fromkeys(fresh, open_write["marker"])
        assert {VersionId.parse(version) for version in self.markers} == present


def run(folder: Path, encoder: Encoder, rounds: int) -> Campaign:
    campaign = Campaign(folder / "home", encoder, random.Random(rounds))
    for seed in range(rounds):
        campaign.round(seed)
    return campaign


def test_a_killed_writer_loses_nothing_acknowledged_and_leaves_nothing_half_done(
    tmp_path: Path, encoder: Encoder
) -> None:
    campaign = run(tmp_path, encoder, rounds=6)
    assert campaign.acknowledged > 0


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_two_hundred_and_fifty_kills_of_which_a_hundred_fall_inside_a_write(tmp_path: Path, encoder: Encoder) -> None:
    campaign = run(tmp_path, encoder, rounds=250)
    print(f"\n250 kills; {campaign.acknowledged} writes acknowledged; inside a write: {dict(campaign.inside)}")
    assert campaign.inside.total() >= 100
    assert min(campaign.inside[kind] for kind in ("publish", "import", "erase", "correct", "undo")) > 0
