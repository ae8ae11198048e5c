"""What checking a streamed answer adds to each sentence, over a real service, and whether cuts change a verdict."""

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks._data import ASOF, run, seconds
from benchmarks._streamed_answers import ASKED, SHOWN, found, streamed, verdicts
from retriever.client import CheckedSentence, Client

SAMPLES = Path(__file__).parent.parent / "policies" / "samples"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--streams", type=int, default=2000, help="how many answers (default 2000)")
    arguments.add_argument("--seed", type=int, default=0, help="the first seed (default 0)")
    arguments.add_argument("--most-ms", type=float, default=5.0, help="the median that is allowed (default 5)")
    given = arguments.parse_args()
    with serving() as address, Client(address) as asof, httpx.Client(base_url=address, trust_env=False) as bare:
        answer = asof.retrieve(**ASKED)
        assert {block.citation for block in answer.evidence} == SHOWN
        passed: list[CheckedSentence] = []
        changed, missed, bare_times = [], [], []
        for seed in range(given.seed, given.seed + given.streams):
            stream = streamed(seed)
            cut = list(asof.check_stream(stream.pieces, answer))
            if verdicts(cut) != verdicts(list(asof.check_stream(stream.text, answer))):
                changed.append(seed)
            if stream.planted is not None and found(cut) != stream.planted:
                missed.append(seed)
            passed += cut
            bare_times.append(1e3 * seconds(lambda: bare.get("/livez")))
    cited = [sentence.added_ms for sentence in passed if sentence.citations]
    print(f"{given.streams:,} answers in pieces, {len(passed):,} sentences, {len(cited):,} of them with citations")
    print(f"verdicts that differ from those of the whole text: {len(changed)} {changed[:5] or ''}")
    print(f"answers in which not just what was planted was found: {len(missed)} {missed[:5] or ''}")
    told("added to a sentence with citations", cited)
    told("added to one without", [sentence.added_ms for sentence in passed if not sentence.citations])
    told("a request that does nothing, in between", bare_times)
    if changed or missed or statistics.median(cited) > given.most_ms:
        raise SystemExit(1)


def told(what: str, times: Sequence[float]) -> None:
    ordered = sorted(times)
    middle, late = statistics.median(ordered), ordered[int(0.95 * len(ordered))]
    print(f"{what}: p50 {middle:.2f} ms, p95 {late:.2f} ms, most {ordered[-1]:.1f} ms")


@contextmanager
def serving() -> Iterator[str]:
    """The address of `asof serve` over the sample policies, in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = tempfile.mkdtemp(prefix="asof-bench-")
    try:
        run("publish", *map(str, sorted(SAMPLES.glob("*.md"))), "--home", home)
        command = [*ASOF, "serve", "--port", str(port), "--home", home]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=dict(os.environ)) as process:
            try:
                _wait(f"http://127.0.0.1:{port}", process)
                yield f"http://127.0.0.1:{port}"
            finally:
                process.terminate()
    finally:
        shutil.rmtree(home)


def _wait(address: str, process: "subprocess.Popen[bytes]") -> None:
    while process.poll() is None:
        try:
            if httpx.get(f"{address}/readyz", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise SystemExit("the service did not start")


if __name__ == "__main__":
    main()
