"""Position sweeps with a SIMULATED reader: planted shapes and shares found again, no call lost, failures survived."""

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks._data import parser, run
from benchmarks._reader import command, killed, reading, sweep
from benchmarks.outdated_cases import generate
from evaluator.positions.cases import read_sweep_cases
from evaluator.positions.simulation.planted import Bias, outcomes, parse_points
from evaluator.shape.curve import paired_curve
from evaluator.shape.shape import MARGIN, read_shape
from evaluator.statistics.intervals import wilson
from evaluator.statistics.sample_size import cases_for_contrast, contrast_variance

POSITIONS = (0, 4, 9, 14, 19)
MIDDLE, LIFT = 0.6, 0.1
PLANTED = {
    "u": "0:0.7,4:0.6,14:0.6,19:0.7",
    "primacy": "0:0.7,4:0.6,19:0.6",
    "recency": "0:0.6,14:0.6,19:0.7",
    "none": "0:0.6,19:0.6",
}
FOUND = {"none": "flat"}
PARTS = ("seeds", "http", "resume", "faults", "outdated")

OLD, OLD_DATED = 0.8, 0.2
"""The shares of answers that are not right that are outdated, without dates and with them."""


def main() -> None:
    given = _arguments()
    data = given.data / "positions"
    questions, records = data / "nq-open-oracle.jsonl.gz", data / "kv-retrieval-75_keys.jsonl.gz"
    parts = given.part or PARTS
    lifted = cases_for_contrast(LIFT, contrast_variance(MIDDLE + LIFT, MIDDLE, len(POSITIONS) - 2))
    # Flat is four tests: both contrasts, each against both ends of the margin.
    flat = cases_for_contrast(MARGIN, contrast_variance(MIDDLE, MIDDLE, len(POSITIONS) - 2), tests=4)
    sizes = {shape: flat if shape == "none" else lifted for shape in PLANTED}
    if "seeds" in parts:
        _seeds(sizes, lifted, given.seeds)
    with tempfile.TemporaryDirectory(prefix="asof-positions-") as folder:
        if "http" in parts:
            _http(questions, Path(folder), lifted, given.http_seeds)
        if "outdated" in parts:
            _outdated(Path(folder), given.http_seeds)
        if "resume" in parts or "faults" in parts:
            with _questions_home(questions, given.home) as home:
                if "resume" in parts:
                    _resumed(questions, records, home, Path(folder), given.cases)
                if "faults" in parts:
                    _faults(questions, records, home, Path(folder), given.cases)


def _arguments() -> argparse.Namespace:
    made = parser(__doc__)
    made.add_argument("--seeds", type=int, default=200, help="seeds of each planted shape (default %(default)s)")
    made.add_argument("--http-seeds", type=int, default=2, help="seeds of each over HTTP (default %(default)s)")
    made.add_argument("--cases", type=int, default=500, help="cases of resumed and faulty sweeps (default %(default)s)")
    made.add_argument("--part", action="append", choices=PARTS, help="only this")
    return made.parse_args()


def _seeds(sizes: dict[str, int], lifted: int, seeds: int) -> None:
    print(f"Planted shapes over {seeds} seeds, outcomes drawn without requests; sizes are those of `asof-eval size`")
    for shared in (0.0, 0.5):
        for shape, size in (*sizes.items(), ("none", lifted)):
            bias = Bias(parse_points(PLANTED[shape]), shared=shared)
            seen: Counter[str] = Counter()
            for seed in range(seeds):
                seen[read_shape(paired_curve(POSITIONS, outcomes(bias, POSITIONS, 20, size, seed))).shape] += 1
            wanted = seen[FOUND.get(shape, shape)]
            low, high = wilson(wanted, seeds)
            told = "" if shape == "u" else f"  false U {seen['u'] / seeds:5.1%}"
            print(
                f"  {shape:8} shared luck {shared:.1f}  cases {size:5,}  found {wanted / seeds:6.1%} "
                f"({low:.1%} to {high:.1%}){told}  {dict(seen)}"
            )


def _http(questions: Path, folder: Path, size: int, seeds: int) -> None:
    print(f"The same over HTTP, nq-open, 20 passages, {size} cases")
    for shape, curve in PLANTED.items():
        for seed in range(seeds):
            out = folder / f"{shape}-{seed}"
            with reading(questions, "--curve", curve, "--seed", str(seed)) as reader:
                swept = sweep(command(questions, reader, out, "--limit", str(size), "--concurrency", "32"), out)
            calls = len(swept.keys)
            print(
                f"  {shape:8} seed {seed}  {swept.results['shape']['shape']:12} exit {swept.code}  {calls:,} calls in "
                f"{swept.seconds:.0f} s"
            )


def _outdated(folder: Path, seeds: int) -> None:
    right = (0.7, 0.6, 0.6, 0.6, 0.7)
    planted = sum(1 - chance for chance in right) / len(right)
    print(
        f"Outdated wordings: planted {OLD * planted:.1%} outdated answers without dates, {OLD_DATED * planted:.1%} with"
    )
    for seed in range(seeds):
        made, out = folder / f"generated-{seed}", folder / f"outdated-{seed}"
        made.mkdir()
        generate(made, 100, seed)
        run("import", str(made / "generated_revisions.jsonl"), "--home", str(made / "home"))
        shares = ("--outdated", str(OLD), "--outdated-dated", str(OLD_DATED))
        cases = made / "generated.jsonl"
        with reading(cases, "--curve", "0:0.7,1:0.6,3:0.6,4:0.7", *shares, "--seed", str(seed)) as reader:
            options = ("--home", str(made / "home"), "-k", "5", "--others", "outdated", "--concurrency", "32")
            swept = sweep(command(cases, reader, out, *options), out)
        told = swept.results
        sides = (told["without_dates"]["outdated"]["outdated"], told["outdated"]["outdated"])
        without, with_dates, gain = map(_share, (*sides, told["dates_gain"]["outdated"]["overall"]))
        print(f"  seed {seed}  without dates {without}, with {with_dates}, difference {gain}, exit {swept.code}")


def _share(estimate: dict[str, Any]) -> str:
    return f"{estimate['value']:.1%} ({estimate['low']:.1%} to {estimate['high']:.1%})"


def _resumed(questions: Path, records: Path, home: Path, folder: Path, cases: int) -> None:
    print("Killed with SIGKILL at about half, and run again")
    nq = ("--home", str(home), "--orders", "rank,edges")
    for name, path, options in (("records", records, ()), ("questions", questions, nq)):
        out = folder / f"resumed-{name}"
        with reading(path, "--curve", PLANTED["u"]) as reader:
            made = command(path, reader, out, "--limit", str(cases), "--concurrency", "16", *options)
            kept, under_way = killed(made, out, cases * 4)
            before, _ = reader.counts()
            swept = sweep(made, out)
            sent, answered = reader.counts()
        again = {key for key, count in sent.items() if count > 1}
        repeated = {key for key in kept if sent[key] > before[key]}
        print(
            f"  {name:9} {len(swept.keys):,} distinct calls: {len(kept):,} kept when killed, {len(under_way)} on "
            f"their way; exit {swept.code}, missing {len(swept.results['missing'])}; kept and sent again "
            f"{len(repeated)}; sent twice {len(again)}, all of them then on their way: {again <= under_way}; "
            f"never answered {len(swept.keys - answered.keys())}"
        )


def _faults(questions: Path, records: Path, home: Path, folder: Path, cases: int) -> None:
    print("5% of sends answered 429 or 500, or not within the limit; then also 0.2% of contents never answered")
    nq = ("--home", str(home), "--orders", "rank,edges")
    for name, path, broken, options in (
        ("records", records, "0", ("--count", "10")),
        ("questions", questions, "0", nq),
        ("broken", questions, "0.002", nq),
    ):
        out = folder / f"faults-{name}"
        with reading(path, "--curve", PLANTED["u"], "--faults", "0.05", "--broken", broken, "--stall", "3") as reader:
            made = command(path, reader, out, "--limit", str(cases), "--concurrency", "32", "--timeout", "2", *options)
            swept = sweep(made, out)
            sent, answered = reader.counts()
        arms = {(case["id"], arm): found for case in swept.results["cases"] for arm, found in case["arms"].items()}
        named = {arms[item["case"], item["arm"]]["call"] for item in swept.results["missing"]}
        print(
            f"  {name:9} {len(swept.keys):,} distinct calls, {sum(sent.values()):,} sends in {swept.seconds:.0f} s: "
            f"exit {swept.code}, missing {len(swept.results['missing'])}, just those that were never answered: "
            f"{named == sent.keys() - answered.keys()}; answered twice {sum(n > 1 for n in answered.values())}"
        )


@contextmanager
def _questions_home(questions: Path, home: Path | None) -> Iterator[Path]:
    """A home whose policies are the gold passages of all questions, so that its retriever finds hard negatives."""
    if home is not None:
        yield home
        return
    with tempfile.TemporaryDirectory(prefix="asof-nq-") as folder:
        passages = dict.fromkeys(case.gold for case in read_sweep_cases(questions) if case.gold is not None)
        rows = Path(folder) / "passages.jsonl"
        with rows.open("w") as file:
            for number, passage in enumerate(passages, start=1):
                row = {"policy_id": f"nq-{number}", "revision": 1, "effective_from": "2019-01-01", "effective_to": None}
                more = {"withdrawn": False, "title": passage.title, "text": passage.text}
                file.write(json.dumps({**row, **more}) + "\n")
        _, seconds, _ = run("import", str(rows), "--home", f"{folder}/home")
        print(f"{len(passages):,} passages of nq-open imported as policies in {seconds:.0f} s")
        yield Path(folder) / "home"


if __name__ == "__main__":
    main()
