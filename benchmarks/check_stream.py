"""What checking a streamed answer adds to each sentence, over a real service, and whether cuts change a verdict."""

import argparse
import statistics
from collections.abc import Sequence

import httpx

from benchmarks._data import seconds
from benchmarks._samples_service import serving
from benchmarks._streamed_answers import ASKED, SHOWN, found, streamed, verdicts
from retriever.client import CheckedSentence, Client


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


if __name__ == "__main__":
    main()
