"""All that is done to the service at once, each kind at a rate of its own; nothing waits for anything else."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from benchmarks._data import ASOF
from benchmarks._survive_http import Connection, Reply, idle
from benchmarks._survive_met import Met
from benchmarks._survive_service import LABELS, Service
from benchmarks._survive_truth import Read, Truth
from policies.instant import format_instant, now

READS, PUBLISHES, TRACES, PROBES = 150.0, 15.0, 5.0, 1.0
"""A second; the first two are what is asked for where the campaign is not told otherwise."""

LABEL_CHANGES = 0.1
"""A second: each is a command, whose start alone takes a second of a core."""

READERS, AUTHORS, STRANGERS, IDLE = 32, 8, 100, 1000
"""Connections."""

REOPENED = 100
"""Idle connections a second that are opened, also again where the service ended them."""

LIVE = 5
"""Policies that an author writes to; one with `FULL` writes is withdrawn for good, and another takes its place."""
FULL = 60

SUBJECTS = ("Damaged items", "Late parcels", "Opened boxes", "Gift cards", "Repairs", "Second-hand goods")
REGIONS = ("US", "CA")
SECOND, DAY = 1_000_000, 86_400_000_000

GIVES_UP = 10.0
"""Seconds after which a reader who has not got as far as a connection goes without an answer."""

LAST_TRY = 20.0
"""Seconds for which a write is sent again after its round is over."""

HALF_SENT = (b"", b"POST /v1/retrieve HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-", b"GET /v1/policies HTTP/1.1\r\nho")


@dataclass
class Load:
    """The callers of one campaign. `run` lets them work until `stop` is set."""

    service: Service
    truth: Truth
    met: Met
    chance: random.Random
    read_rate: float = READS
    write_rate: float = PUBLISHES
    reads: list[Read] = field(default_factory=list)
    idle_ended: int = 0

    def __post_init__(self) -> None:
        port, keys = self.service.port, self.service.keys
        readers = [key for key in keys if key.startswith("reader")]
        self._readers = [(readers[n % 3], Connection(port, keys[readers[n % 3]])) for n in range(READERS)]
        self._authors = [Author(self, n, Connection(port, keys["author"])) for n in range(AUTHORS)]
        self._evaluator = Connection(port, keys["evaluator"])
        self._probes = {path: Connection(port) for path in ("/livez", "/readyz", "/metrics")}
        self._strangers = [Connection(port, self._wrong_key()) for _ in range(STRANGERS)]
        self._stop = asyncio.Event()
        # Each kind comes at instants of its own: what became of one changes nothing of when another comes.
        kinds = ("read", "write", "trace", "label", *self._probes, *self._strangers)
        self._when = {kind: random.Random(self.chance.random()) for kind in kinds}
        self._free: asyncio.Queue[tuple[str, Connection]] = asyncio.Queue()
        self._due: asyncio.Queue[float] = asyncio.Queue()
        for reader in self._readers:
            self._free.put_nowait(reader)

    async def run(self, seconds: float) -> None:
        """Lets all work for so long, then lets them finish what they began."""
        self._stop.clear()
        self.ends = time.monotonic() + seconds
        parts: list[Coroutine[Any, Any, None]] = [
            self._each("read", self.read_rate, self._read),
            self._each("trace", TRACES, self._trace),
            *(self._look(path, probe) for path, probe in self._probes.items()),
            self._each("label", LABEL_CHANGES, self._change_label),
            self._writes(),
            *(author.work() for author in self._authors),
            *(self._wrong(stranger) for stranger in self._strangers),
        ]
        working = [asyncio.create_task(part) for part in parts]
        await asyncio.sleep(seconds)
        self._stop.set()
        await asyncio.gather(*working)

    @property
    def over(self) -> bool:
        return self._stop.is_set()

    async def due(self) -> bool:
        """Waits for the next write that is due; false once the round is over."""
        while not self.over:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._due.get(), 0.2)
                return True
        return False

    async def persist(self, kind: str, ask: Callable[[], Awaitable[Reply]]) -> Reply | None:
        """Sends the same again until something came of it; None where nothing did before the last try."""
        pause = 0.1
        while True:
            reply = await ask()
            self.met.note(kind, reply)
            if reply.status in (200, 201) or (400 <= reply.status < 500 and reply.status not in (408, 429)):
                return reply
            if time.monotonic() > self.ends + LAST_TRY:
                return None
            await asyncio.sleep(pause * self.chance.uniform(0.5, 1.5))
            pause = min(1.0, 2 * pause)

    async def _each(self, kind: str, rate: float, do: Callable[[float], Awaitable[None]]) -> None:
        """Does something so often a second, at random instants, whatever became of it before."""
        doing: set[asyncio.Task[None]] = set()
        async for due in self._ticks(kind, rate):
            task = asyncio.ensure_future(do(due))
            doing.add(task)
            task.add_done_callback(doing.discard)
        await asyncio.gather(*doing)

    async def _ticks(self, kind: "str | Connection", rate: float) -> AsyncIterator[float]:
        due = time.monotonic()
        while not self.over:
            due += self._when[kind].expovariate(rate)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), max(0.0, due - time.monotonic()))
                return
            yield due

    async def _writes(self) -> None:
        """Says when a write is due; what no author is free for is dropped, so that it shows in the rate."""
        async for due in self._ticks("write", self.write_rate):
            if self._due.qsize() < AUTHORS:
                self._due.put_nowait(due)

    async def _read(self, due: float) -> None:
        try:
            who, connection = await asyncio.wait_for(self._free.get(), GIVES_UP)
        except TimeoutError:
            self.met.read(due, time.monotonic(), answered=False)
            return
        labels = frozenset({"public", *who.split()[1:]})
        body, policies = self._question()
        floor = self.truth.floor
        reply = await connection.ask("POST", "/v1/retrieve", body)
        self._free.put_nowait((who, connection))
        self.met.note("read", reply)
        self.met.read(due, reply.ended, answered=reply.status == 200)
        if reply.status == 200:
            self.reads.append(Read(floor, labels, policies, body["facts"], reply.content))

    def _question(self) -> tuple[dict[str, Any], tuple[str, ...] | None]:
        chance = self.chance
        days = f" within {chance.randrange(1, 40)} days" if chance.random() < 0.5 else ""
        body: dict[str, Any] = {"query": f"Are {chance.choice(SUBJECTS).lower()} accepted{days}?", "k": 5}
        body["facts"] = {"region": chance.choice(REGIONS)} if chance.random() < 0.5 else {}
        where = chance.random()
        if where < 0.5:
            body["as_of"] = format_instant(now() + int(chance.uniform(-800, 20) * DAY))
        elif where < 0.7:
            body["as_of"] = format_instant(now() + int(chance.uniform(-120, 30) * SECOND))
        if chance.random() < 0.2 and self.truth.recorded:
            body["known_at"] = chance.choice(self.truth.recorded)
        policies: tuple[str, ...] | None = None
        if (scope := chance.random()) < 0.85 and self.truth.versions:
            recent = self.truth.versions[-2000:]
            policies = tuple({chance.choice(recent)[0] for _ in range(1 if scope < 0.7 else 4)})
            body["policies"] = list(policies)
        return body, policies

    async def _trace(self, due: float) -> None:
        if not self.truth.versions:
            return
        policy, revision = self.chance.choice(self.truth.versions)
        name, answer = f"t-{len(self.truth.traces)}", f"Yes [{policy}@{revision}#1], said at {due}."
        self.truth.traces[name] = ""  # sent, and not yet acknowledged
        trace = {"id": name, "question": "Is it accepted?", "evidence": [f"{policy}@{revision}#1"], "answer": answer}
        connection = Connection(self.service.port, self.service.keys["evaluator"])
        reply = await self.persist("trace", lambda: connection.ask("POST", "/v1/traces", trace))
        connection.close()
        if reply is not None and reply.status in (200, 201):
            self.truth.traces[name] = answer

    async def _look(self, path: str, probe: Connection) -> None:
        async for _ in self._ticks(path, PROBES):
            reply = await probe.ask("GET", path)
            self.met.note(path, reply)
            self.met.slowest[path] = max(self.met.slowest.get(path, 0.0), reply.ended - reply.began)

    async def _change_label(self, due: float) -> None:
        """`asof restrict` as a command beside the service."""
        if not self.truth.versions:
            return
        policy, revision = self.chance.choice(self.truth.versions[-500:])
        label = self.chance.choice(("public", *LABELS))
        name, began = self.truth.send(), time.monotonic()
        command = [*ASOF, "restrict", f"{policy}@{revision}", "--audience", label, "--note", name, "--json"]
        process = await asyncio.create_subprocess_exec(
            *command, "--home", str(self.service.home), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        out, err = await process.communicate()
        self.met.commands.append((began, time.monotonic()))
        if process.returncode == 0:
            self.truth.acknowledge(name, json.loads(out))
            self.met.note("label", Reply(200, "", {}, began, time.monotonic()))
        else:
            status, code = _said(err.decode())
            self.met.note("label", Reply(status, code, {}, began, time.monotonic()))

    async def _wrong(self, connection: Connection) -> None:
        async for _ in self._ticks(connection, 1.0):
            self.met.note("wrong key", await connection.ask("POST", "/v1/retrieve", {"query": "Is it accepted?"}))

    def _wrong_key(self) -> str:
        """A key of the right form that nobody has; every other one with an id that somebody has."""
        good = self.chance.choice(list(self.service.keys.values()))
        name = good.split("_")[1] if self.chance.random() < 0.5 else f"{self.chance.randrange(1 << 32):08x}"
        return f"asof_{name}_{'A' * 42}{self.chance.choice('AEIM')}"

    async def idle(self) -> None:
        """Holds a thousand connections on which nothing is asked, or half of something, until it is cancelled."""
        opened: set[asyncio.Task[None]] = set()
        try:
            while True:
                ended = {task for task in opened if task.done()}
                self.idle_ended += len(ended)
                opened -= ended
                for _ in range(min(IDLE - len(opened), REOPENED)):
                    opened.add(asyncio.create_task(idle(self.service.port, self.chance.choice(HALF_SENT))))
                await asyncio.sleep(1.0)
        finally:
            for task in opened:
                task.cancel()


class Author:
    """Writes to policies of its own, one write after the other, so that it knows what each should come to."""

    def __init__(self, load: Load, number: int, connection: Connection) -> None:
        self._load = load
        self._number = number
        self._connection = connection
        self._made = 0
        self._writes: dict[str, int] = {}

    async def work(self) -> None:
        while await self._load.due():
            while len(self._writes) < LIVE:
                self._made += 1
                self._writes[f"R{self._number}-{self._made}"] = 0
            policy = self._load.chance.choice(list(self._writes))
            self._writes[policy] += 1
            if self._writes[policy] > FULL:
                del self._writes[policy]
                await self._withdraw(policy, for_good=True)
            elif self._writes[policy] > 3 and self._load.chance.random() < 0.06:
                await self._withdraw(policy)
            else:
                await self._publish(policy)

    async def _publish(self, policy: str) -> None:
        truth, chance = self._load.truth, self._load.chance
        name = f"w-{len(truth.sent)}"
        file = policy_file(policy, name, chance)
        truth.send(file)
        await self._write("publish", name, f"/v1/policies/{policy}/revisions", {"file": file})

    async def _withdraw(self, policy: str, *, for_good: bool = False) -> None:
        truth, chance = self._load.truth, self._load.chance
        name = truth.send()
        start = now() + int(chance.uniform(-5, 10) * SECOND)
        body = {"from": format_instant(start), "note": name}
        if not for_good:
            body["until"] = format_instant(start + int(chance.uniform(1, 15) * SECOND))
        await self._write("withdraw", name, f"/v1/policies/{policy}/withdraw", body)

    async def _write(self, kind: str, name: str, path: str, body: dict[str, Any]) -> None:
        load, began = self._load, time.monotonic()
        reply = await load.persist(kind, lambda: self._connection.ask("POST", path, body, name))
        if reply is None:
            return
        if reply.status == 201:
            load.truth.acknowledge(name, reply.content)
            load.met.published.append((reply.ended - began) * 1e3)
        else:
            load.truth.refuse(name)


def policy_file(policy: str, name: str, chance: random.Random) -> str:
    """An authored file: for now, backdated, scheduled, or for a period; few different words, so little is embedded."""
    lines = [f"policy: {policy}", "title: Returns", f"note: {name}"]
    begins: float | None = None
    when = chance.random()
    if when < 0.2:  # a correction of the past
        begins = chance.uniform(-700, -1) * 86_400
    elif when < 0.35:  # in force when the clock passes it, in this very round
        begins = chance.uniform(1, 20)
    elif when < 0.45:
        begins = chance.uniform(1, 15) * 86_400
    if begins is not None:
        lines.append(f"effective: {format_instant(now() + int(begins * SECOND))}")
        if chance.random() < 0.3:
            lasts = chance.choice((5, 3600, 40 * 86_400)) * chance.uniform(0.5, 1)
            lines.append(f"until: {format_instant(now() + int((begins + lasts) * SECOND))}")
    if chance.random() < 0.3:
        lines.append(f"applies_to: {{region: [{chance.choice(('US', 'CA', 'US, CA'))}]}}")
    if chance.random() < 0.3:
        lines.append(f"audience: [{chance.choice(LABELS)}]")
    subject = chance.choice(SUBJECTS)
    words = f"{subject} are accepted within {chance.randrange(1, 40)} days.\n\nAsk a person where that is unclear."
    return "\n".join(["---", *lines, "---", f"# {subject}", "", words, ""])


def _said(error: str) -> tuple[int, str]:
    """What a command's message means, as the service would say it."""
    if "cannot be searched yet" in error:
        return 503, "not_searchable"
    if "Make room" in error or "No space left" in error:
        return 507, "storage_full"
    return 500, error.strip().rpartition("\n")[2][:60]
