"""Measures of one question's evidence, as pure functions of texts, versions and instants.

A question without an answer has empty evidence and scores 0 in each of them. `k` counts blocks from the best one.
"""

from collections import Counter
from collections.abc import Sequence

from evaluator.retrieval import ranks
from evaluator.retrieval.qrels import AsOfQuestion
from evaluator.retrieval.run import Found
from evaluator.retrieval.words import overlaps, words


def success(case: AsOfQuestion, evidence: Sequence[Found], k: int) -> bool:
    """Whether the right policy and revision is among the first k."""
    return ranks.success([_right(case, found) for found in evidence], k)


def right_wording(case: AsOfQuestion, evidence: Sequence[Found], k: int) -> bool:
    """Whether a block of the right revision among the first k overlaps the gold text."""
    return any(_right(case, found) and overlaps(found.text, case.gold_text) for found in evidence[:k])


def coverage(case: AsOfQuestion, evidence: Sequence[Found], k: int) -> float:
    """The share, in [0, 1], of the gold text's words that the right revision's blocks among the first k hold.

    sum_w min(gold(w), found(w)) / sum_w gold(w), where gold and found count each word w; a block returned twice
    counts once. The recall of ROUGE-1 (Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries").
    """
    gold = Counter(words(case.gold_text))
    texts = {found.handle: found.text for found in evidence[:k] if _right(case, found)}
    held = Counter(word for text in texts.values() for word in words(text))
    return (gold & held).total() / gold.total()


def reciprocal_rank(case: AsOfQuestion, evidence: Sequence[Found], k: int) -> float:
    """1 / r for the first block of the right revision, at place r of the first k; 0 where none is."""
    return ranks.reciprocal_rank([_right(case, found) for found in evidence], k)


def stale(case: AsOfQuestion, evidence: Sequence[Found]) -> int:
    """How many of all blocks returned have a valid period that does not hold the question's `as_of`."""
    return sum(case.as_of not in found.valid for found in evidence)


def _right(case: AsOfQuestion, found: Found) -> bool:
    return (found.version.policy_id, found.version.number) == (case.policy_id, case.revision)
