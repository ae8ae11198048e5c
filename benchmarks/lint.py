"""What the lint finds in the newest revision of each real policy, by rule; findings to be read by eye; the time."""

import hashlib
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks._data import history, json_lines, parser
from indexer.encoding.embedding import load_encoder
from indexer.text.split import Splitter
from policies.instant import Instant, parse_instant
from policies.lint.finding import Finding
from policies.lint.page import Page
from policies.lint.rules import RULES, lint
from policies.revision import Draft

HALVES = ("tuned", "held out")


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--half", choices=HALVES, help="the half whose findings are drawn (default both)")
    arguments.add_argument("--count", type=int, default=0, help="print so many findings to be read by eye")
    arguments.add_argument("--seed", type=int, default=21, help="which ones (default 21)")
    arguments.add_argument("--rule", help="print every finding of this rule")
    arguments.add_argument("--files", type=Path, help="the Markdown files below a folder, in place of the history")
    given = arguments.parse_args()
    encoder = load_encoder()
    splitter = Splitter(encoder.token_offsets, encoder.tokenizer_digest)
    rows = json_lines(history(given.data)) if given.files is None else _files(given.files)
    newest = {row["policy_id"]: row for row in rows}
    found: list[tuple[str, Finding, str]] = []
    took: dict[str, tuple[float, float]] = {}
    for policy_id, row in newest.items():
        start = parse_instant(row["effective_from"])
        draft = Draft(policy_id, row["title"], row["text"], policy_id, start)
        began = time.perf_counter()
        spans = splitter.split(draft.text)
        split = time.perf_counter()
        findings = lint(Page(draft, start, spans, _in_force(rows, start)))
        took[policy_id] = split - began, time.perf_counter() - split
        found += [(half(policy_id), finding, draft.text.split("\n")[finding.line - 1]) for finding in findings]
    _counts(newest, found)
    largest = max(newest, key=lambda name: len(newest[name]["text"]))
    split_s, lint_s = took[largest]
    each = statistics.median(lint for _, lint in took.values())
    print(
        f"time: median {each * 1e3:.1f} ms a policy; the largest, {largest} ({len(newest[largest]['text']):,} "
        f"characters), {lint_s * 1e3:.0f} ms beside {split_s * 1e3:.0f} ms for splitting it"
    )
    drawn = [item for item in found if given.half in (None, item[0])]
    if given.rule:
        _print([item for item in drawn if item[1].rule == given.rule])
    _print(_drawn(drawn, given.count, given.seed))


def _files(folder: Path) -> list[dict[str, Any]]:
    """The Markdown files below a folder as rows of a history, each in force from the day that its words may say."""
    return [
        {
            "policy_id": str(path.relative_to(folder)),
            "title": path.stem,
            "text": path.read_text(encoding="utf-8", errors="replace"),
            "effective_from": "2025-01-01",
            "effective_to": None,
        }
        for path in sorted(folder.rglob("*.md"))
    ]


def half(policy_id: str) -> str:
    """The half of a policy: rules are tuned on one, and what is reported is the other."""
    return HALVES[hashlib.sha256(policy_id.encode()).digest()[0] % 2]


def _in_force(rows: list[dict[str, Any]], at: Instant) -> Callable[[], Mapping[str, bool]]:
    def known() -> dict[str, bool]:
        said: dict[str, bool] = {}
        for row in rows:
            begun = parse_instant(row["effective_from"]) <= at
            ended = row["effective_to"] is not None and parse_instant(row["effective_to"]) <= at
            said[row["policy_id"]] = said.get(row["policy_id"], False) or (begun and not ended)
        return said

    return known


def _counts(newest: Mapping[str, dict[str, Any]], found: list[tuple[str, Finding, str]]) -> None:
    in_force = sum(row["effective_to"] is None for row in newest.values())
    print(f"{len(newest)} policies, the newest revision of each; {in_force} of these are still in force")
    print(f"{'rule':<22}{'tuned':>7}{'held out':>10}{'policies':>10}")
    for rule in RULES:
        counted = Counter(where for where, finding, _ in found if finding.rule == rule.name)
        policies = len({finding.file for _, finding, _ in found if finding.rule == rule.name})
        print(f"{rule.name:<22}{counted[HALVES[0]]:>7}{counted[HALVES[1]]:>10}{policies:>10}")
    clean = len(newest) - len({finding.file for _, finding, _ in found})
    print(f"{len(found)} findings; nothing is found in {clean} policies")


def _drawn(found: list[tuple[str, Finding, str]], count: int, seed: int) -> list[tuple[str, Finding, str]]:
    """So many findings, drawn with the seed from each rule in turn: frequent ones do not crowd out the rest."""
    by_rule: dict[str, list[tuple[str, Finding, str]]] = defaultdict(list)
    for item in found:
        by_rule[item[1].rule].append(item)
    for items in by_rule.values():
        items.sort(key=lambda item: hashlib.sha256(f"{seed} {item[1]}".encode()).digest())
    turns = [items[turn] for turn in range(count) for items in by_rule.values() if turn < len(items)]
    return turns[:count]


def _print(found: list[tuple[str, Finding, str]]) -> None:
    for _, finding, line in found:
        print(f"\n{finding.file}:{finding.line}: {finding.rule}\n  {finding.reason}\n  | {line[:300]}")


if __name__ == "__main__":
    main()
