"""Pages over the real policies: server time of each kind of page, and the bytes of a page without its words."""

import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks._data import imported_home, json_lines, parser, questions

ASKED = 40
"""How many questions are searched for."""

FILES = re.compile(r'(?:href|src)="(/static/[^"]+)"')
WORDS = re.compile(
    r'<article class="words".*?</article>|<p class="text">.*?</p>|<details class="(?:same|governing)".*?</details>',
    re.DOTALL,
)


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--first", action="store_true", help="measure the first visit of each page, not the second")
    given = arguments.parse_args()
    with imported_home(given.data, given.home) as home:
        measured(Path(home), questions(given.data), first=given.first)


def measured(home: Path, asked: Path, *, first: bool) -> None:
    """Prints the times of all pages, in this process without a network."""
    from fastapi.testclient import TestClient

    from retriever.bootstrap import Asof
    from retriever.entrypoints.http.app import create_service

    asof = Asof.at(home)
    asof.check_index()
    with TestClient(create_service(asof), base_url="http://127.0.0.1") as client:

        def timed(address: str) -> tuple[float, float, Any]:
            if not first:
                client.get(address)
            began, spent = time.perf_counter(), time.process_time()
            answer = client.get(address)
            seconds, spent = time.perf_counter() - began, time.process_time() - spent
            assert answer.status_code in (200, 410), (address, answer.status_code)
            return seconds * 1e3, spent * 1e3, answer

        client.get("/")  # the templates are read
        listed = client.get("/v1/policies", params={"limit": 500}).json()["policies"]
        ids = [it["policy_id"] for it in listed]
        longest, compared = "", 0
        numbers: dict[str, int] = {}
        for policy_id in ids:
            history = client.get(f"/v1/policies/{policy_id}/revisions").json()
            numbers[policy_id] = history["revisions"]
            shown = client.get(f"/v1/policies/{policy_id}/revisions/{history['revisions']}")
            if shown.status_code == 200 and len(shown.json()["text"]) > compared and history["revisions"] > 1:
                longest, compared = policy_id, len(shown.json()["text"])
        several = [it for it in ids if numbers[it] > 1]
        texts = [case["query"] if "query" in case else case["question"] for case in json_lines(asked)[:ASKED]]
        kinds: dict[str, list[str]] = {
            "policies": ["/", "/?as_of=2020-01-01", "/?q=a"],
            "policy now": [f"/p/{it}" for it in ids],
            "policy as of": [f"/p/{it}?as_of=2020-01-01" for it in ids],
            "compare newest two": [f"/p/{it}/compare?a={numbers[it] - 1}&b={numbers[it]}" for it in several],
            "compare first and last": [f"/p/{it}/compare?a=1&b={numbers[it]}" for it in several],
            "timeline": [f"/p/{it}/timeline" for it in ids],
            "search": [f"/search?q={quote(text)}&as_of=2020-01-01" for text in texts],
            "calendar, log, keys, health": ["/calendar", "/log", "/keys", "/health"],
        }
        every: list[float] = []
        every_spent: list[float] = []
        heads = ("p50 ms", "p95 ms", "max ms", "p50 cpu", "p95 cpu")
        print(f"{'page':<28} {'n':>4} " + " ".join(f"{it:>8}" for it in heads) + f" {'largest without words, kB':>26}")
        for kind, addresses in kinds.items():
            found = [(*timed(address), address) for address in addresses]
            times = [it[0] for it in found]
            spent = [it[1] for it in found]
            every += times
            every_spent += spent
            size = max(whole_page(client.get, answer.text) for *_, answer, _ in found) / 1000
            print(f"{line(kind, times, spent)} {size:>26.0f}")
        print(line("all", every, every_spent))
        took, cpu, _ = timed(f"/p/{longest}/compare?a={numbers[longest] - 1}&b={numbers[longest]}")
        print(f"compare of the longest ({longest}, {compared:,} characters): {took:.0f} ms, {cpu:.0f} of the processor")


def line(kind: str, times: list[float], spent: list[float]) -> str:
    """The times of one kind of page on the wall clock, and of the processor, which other programs do not change."""
    wall, cpu = ([statistics.median(it), tail(it)] for it in (times, spent))
    return f"{kind:<28} {len(times):>4} " + " ".join(f"{it:>8.1f}" for it in (*wall, max(times), *cpu))


def tail(times: list[float]) -> float:
    """The 95th percentile."""
    return sorted(times)[min(len(times) - 1, int(len(times) * 0.95))]


def whole_page(get: Callable[[str], Any], html: str) -> int:
    """The bytes of a page without the policy's words, and of all files that it loads, unpacked."""
    files = {address for address in FILES.findall(html) if not address.endswith(".svg")}
    return len(WORDS.sub("", html).encode()) + sum(len(get(address).content) for address in files)


if __name__ == "__main__":
    main()
