"""Does the service survive? Readers, authors, strangers, full disks and kills at once; promises are counted."""

import argparse
import asyncio
import gc
import random
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from benchmarks._data import run
from benchmarks._survive_disk import SmallDisk, small_disk
from benchmarks._survive_http import Connection
from benchmarks._survive_load import PUBLISHES, READS, Load
from benchmarks._survive_met import Met, percentiles
from benchmarks._survive_service import Service
from benchmarks._survive_truth import SHOWN, Truth
from benchmarks._survive_watch import Watch
from policies import instant
from policies.ledger import Ledger
from policies.storage.ledger_store import LedgerStore

ROUND = 60.0
"""Seconds between two checks of all that was promised."""

AIM = 250.0
"""Milliseconds in which 99 of 100 good readers are to be answered. An aim: the campaign shares the cores."""

KILLED_EVERY = 3
"""Rounds: a worker is killed in the second, the fifth and so on, so that others grow old."""

LEFT = (0, 65_536, 409_600)
"""Bytes left on a full disk: for nothing, for a bit of the ledger, for the ledger and no segment."""

WORDS_ASKED = 100
"""Publishes of a round whose words are asked of the service; the ledger's own words are compared for all."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("data", nargs="?", help="not needed: the campaign makes its own policies")
    arguments.add_argument("--minutes", type=int, default=60, help="an hour (default); 10 is the short form, 2 a try")
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--descriptors", type=int, default=1024, help="that a process of the service may have open")
    arguments.add_argument("--reads", type=float, default=READS, help="questions a second (default %(default)g)")
    arguments.add_argument("--writes", type=float, default=PUBLISHES, help="writes a second (default %(default)g)")
    arguments.add_argument("--calm", action="store_true", help="no disk is filled and no worker killed: rates alone")
    arguments.add_argument("--old", type=int, default=0, help="revisions of long ago that are there when it begins")
    given = arguments.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the service ends too, and the disk goes
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 4096), hard), hard))
    with (
        tempfile.TemporaryDirectory(prefix="asof-survive-") as folder,
        small_disk(Path(folder) / "disk", 96 + 8 * given.minutes + given.old // 100) as disk,
    ):
        if not disk.mounted:
            print("This user may not mount a file system, so the part with full disks is left out.")
        service = Service(disk.folder / "home", Path(folder) / "service.log", given.descriptors, given.old)
        campaign = Campaign(service, disk, random.Random(given.seed), given.reads, given.writes, given.calm)
        try:
            broken = asyncio.run(campaign.run(given.minutes))
        finally:
            service.end()
    sys.exit(1 if broken else 0)


class Campaign:
    """So many rounds against one service, and the promises that did not hold."""

    def __init__(
        self, service: Service, disk: SmallDisk, chance: random.Random, reads: float, writes: float, calm: bool
    ) -> None:
        self._service = service
        self._disk = disk
        self._chance = chance
        self._rates = reads, writes
        self._calm = calm
        self._faults = random.Random(chance.random())  # they come at the same instants, whatever the callers do
        self._truth = Truth()
        self._met = Met()
        self._watch = Watch()
        self._broken: Counter[str] = Counter()
        self._examples: dict[str, list[str]] = {}
        self._replaced: list[float] = []
        self._loaded = 0.0

    async def run(self, minutes: int) -> bool:
        """Whether any promise was broken."""
        print(f"ready in {self._service.start():.1f} s; {self._disk.used() / 1e6:.0f} MB in use", flush=True)
        load = Load(self._service, self._truth, self._met, self._chance, *self._rates)
        idle = asyncio.create_task(load.idle())
        gc.disable()  # its own pauses, which grow with all that was promised, would count as waits for the service
        for number in range(minutes):
            await self._round(load, number)
            gc.collect()
        idle.cancel()
        self._truth_after_restart()
        await self._traces_kept()
        self._verified()
        self._noted("a measure grew", self._watch.broken())
        self._report(load)
        return bool(self._broken)

    async def _round(self, load: Load, number: int) -> None:
        """One minute of everything, then all that was promised in it, checked while nobody calls."""
        asked, written, sent = len(self._met.waited), len(self._met.published), len(self._truth.sent)
        load.reads.clear()
        watching = asyncio.create_task(self._watched())
        kills = number % KILLED_EVERY == 1 and not self._calm
        began = time.monotonic()
        faults = [self._full_disk()] + ([self._kill()] if kills else [])
        await asyncio.gather(load.run(ROUND), *faults)
        self._loaded += ROUND
        took = time.monotonic() - began
        await asyncio.sleep(1.0)
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        await self._check(load, list(self._truth.sent)[sent:])
        views = await asyncio.to_thread(self._service.views)
        p50, p99 = percentiles([each.milliseconds for each in self._met.waited[asked:]])
        print(
            f"minute {number + 1}: {len(self._met.waited) - asked:,} reads (p50 {p50:.0f}, p99 {p99:.0f} ms), "
            f"{len(self._met.published) - written} writes{', a worker killed' if kills else ''}, all done after "
            f"{took:.0f} s; ledger at {self._truth.floor:,}; views {views}; "
            f"promises broken so far: {self._broken.total()}",
        )
        print(*self._met.seconds(began, asked), sep="\n", flush=True)

    async def _full_disk(self) -> None:
        """Fills the disk at a random instant of the round, and frees it again some seconds later."""
        if self._calm or not self._disk.mounted:
            return
        await asyncio.sleep(self._faults.uniform(10, 35))
        fault = self._met.fault("disk full")
        await asyncio.to_thread(self._disk.fill, self._faults.choice(LEFT))
        await asyncio.sleep(self._faults.uniform(4, 8))
        self._disk.free()
        fault.ended = time.monotonic()

    async def _kill(self) -> None:
        await asyncio.sleep(self._faults.uniform(5, 45))
        fault = self._met.fault("worker killed")
        self._replaced.append(await asyncio.to_thread(self._service.kill_one, self._faults))
        fault.ended = time.monotonic()

    async def _watched(self) -> None:
        while True:
            await self._watch.look(self._service.workers())
            await asyncio.sleep(1.0)

    async def _check(self, load: Load, names: list[str]) -> None:
        """What was acknowledged in this round is there, and each answer shows what was in force."""
        self._service.listen()
        ledger = self._ledger()
        try:
            self._noted("recorded otherwise than sent", self._truth.reread(ledger))
        finally:
            ledger.close()
        self._noted("an acknowledged write is lost", self._truth.lost(names))
        self._noted("a stale answer", filter(None, map(self._truth.stale, load.reads)))
        await self._words_given(names)
        await self._traces_kept()

    async def _words_given(self, names: list[str]) -> None:
        """The service itself gives the words of what was published in this round."""
        author = Connection(self._service.port, self._service.keys["author"])
        events = [event for name in names for event in self._truth.sent[name].events if event["kind"] == "publish"]
        for event in self._chance.sample(events, min(WORDS_ASKED, len(events))):
            path = f"/v1/policies/{event['policy_id']}/revisions/{event['revision']}"
            reply = await author.ask("GET", path)
            self._met.note("words", reply)
            if reply.content.get("text") != self._truth.file(event["policy_id"], event["revision"]):
                self._noted("an acknowledged write is lost", [f"{path} is answered {reply.status} {reply.code}"])
        author.close()

    async def _traces_kept(self) -> None:
        """Every trace that was acknowledged is given as it was sent."""
        evaluator = Connection(self._service.port, self._service.keys["evaluator"])
        kept: dict[str, str] = {}
        after = ""
        while True:
            reply = await evaluator.ask("GET", f"/v1/traces?limit=500{after}")
            self._met.note("traces", reply)
            if reply.status != 200:
                self._noted("an acknowledged trace is lost", [f"traces are answered {reply.status} {reply.code}"])
                break
            kept |= {trace["id"]: trace["answer"] for trace in reply.content["traces"]}
            if reply.content["next"] is None:
                break
            after = f"&after={reply.content['next']}"
        evaluator.close()
        lost = [id for id, answer in self._truth.traces.items() if answer and kept.get(id) != answer]
        self._noted("an acknowledged trace is lost", lost)

    def _truth_after_restart(self) -> None:
        """All of it once more, from the beginning, by a service that was ended and started again."""
        self._service.listen()
        if (status := self._service.end()) != 0:
            self._noted("the service did not end as told", [f"exit code {status}"])
        self._service.start()
        ledger = self._ledger()
        try:
            self._noted("recorded otherwise than sent", self._truth.reread(ledger, anew=True))
        finally:
            ledger.close()
        self._noted("an acknowledged write is lost", self._truth.lost(list(self._truth.sent)))

    def _verified(self) -> None:
        try:
            run("verify", "--home", str(self._service.home))
        except SystemExit as error:
            self._noted("the ledger does not verify", [str(error)])

    def _ledger(self) -> Ledger:
        return Ledger(LedgerStore.open(self._service.home), instant.now)

    def _noted(self, promise: str, found: Iterator[str] | list[str]) -> None:
        for what in found:
            self._broken[promise] += 1
            examples = self._examples.setdefault(promise, [])
            if len(examples) < SHOWN:
                examples.append(what)
                print(f"BROKEN, {promise}: {what}", flush=True)

    def _report(self, load: Load) -> None:
        met = self._met
        self._noted(
            "an error that no fault explains",
            [
                f"{count} times {status or 'no answer'} {code} ({kind})"
                for (kind, status, code), count in met.unexplained.items()
            ],
        )
        if passed := met.total("wrong key", 200):
            self._noted("a wrong key was let in", [f"{passed} times"])
        if (died := self._service.deaths - len(self._replaced)) > 0:
            self._noted("workers died that nobody killed", [f"{died}"])
        print("\nreplies by kind and code, and the fault that explains an error")
        for (kind, status, code), count in sorted(met.counts.items()):
            causes = {cause: n for (*key, cause), n in met.by_fault.items() if tuple(key) == (kind, status, code)}
            told = ", ".join(f"{n} {cause}" for cause, n in causes.items())
            bare = met.unexplained[kind, status, code]
            print(
                f"  {kind:<10} {status or '-':>4} {code:<20} {count:>8}  {told}{f' UNEXPLAINED {bare}' if bare else ''}"
            )
        for example in met.examples:
            print(f"  UNEXPLAINED, {example}")
        print("\nerrors that the service logged")
        for said, count in self._service.errors.most_common(12):
            print(f"  {count:>6}  {said}")
        print()
        for line in self._watch.table():
            print(line)
        for name in ("files", "mappings", "megabytes"):
            print("", *self._watch.chart(name), sep="\n")
        cores = ", ".join(f"{who} {busy:.2f}" for who, busy in self._watch.cores().items())
        print(f"\ncores kept busy: {cores}; other guests took {self._watch.stolen_share():.1%} of the machine")
        after = ", ".join(f"{seconds:.1f}" for seconds in self._replaced)
        print(f"workers killed: {len(self._replaced)}{f', another ready after {after} s' if after else ''}")
        print(f"idle connections that the service ended: {load.idle_ended:,}")
        rate = met.total("read", 200) / self._loaded
        print(f"reads answered: {rate:.0f} a second of {self._rates[0]:g}")
        alone = [each for each in met.undisturbed if self._watch.left_alone(each.due, each.ended)]
        for which, waited in (
            ("all", [each.milliseconds for each in met.waited]),
            ("outside of faults", [each.milliseconds for each in met.undisturbed]),
            ("and on a machine left alone", [each.milliseconds for each in alone]),
        ):
            p50, p99 = percentiles(waited)
            aim = f"aim {AIM:.0f}: {'met' if p99 <= AIM else 'missed'}"
            print(f"  {which}: {len(waited):,} reads, p50 {p50:.0f} ms, p99 {p99:.0f} ms ({aim})")
        print(", ".join(f"slowest {path} {took * 1e3:.0f} ms" for path, took in sorted(met.slowest.items())))
        p50, p99 = percentiles(met.published)
        rate = len(met.published) / self._loaded
        print(f"writes acknowledged: {rate:.1f} a second of {self._rates[1]:g}, p50 {p50:.0f} ms, p99 {p99:.0f} ms")
        print(f"writes never answered: {self._truth.unknown()}")
        print(f"traces acknowledged: {sum(map(bool, self._truth.traces.values())):,}")
        if not self._broken:
            print("\nEvery promise held.")
            return
        print("\nBROKEN PROMISES")
        for promise, count in self._broken.most_common():
            print(f"  {count:>6}  {promise}, such as: {self._examples[promise][0]}")


if __name__ == "__main__":
    main()
