import numpy as np
import pytest

from indexer.segments.placed import Placed, PlacedInAll


def placed(revisions: dict[int, list[int]]) -> Placed:
    """What a segment says of revisions with these passages; each passage is three characters long."""
    sizes = [len(passages) for passages in revisions.values()]
    starts = np.array([3 * place for size in sizes for place in range(size)], dtype=np.int64)
    return Placed(
        np.array(list(revisions), dtype=np.int64),
        np.cumsum([0, *sizes]),
        np.array([number for passages in revisions.values() for number in passages], dtype=np.int64),
        starts,
        starts + 3,
    )


@pytest.fixture
def both() -> PlacedInAll:
    return PlacedInAll([placed({1: [0, 1], 2: [], 4: [1, -1, 2]}), placed({5: [3], 7: [0, 3]})])


def test_revision_is_found_in_whichever_segment_places_it(both: PlacedInAll) -> None:
    assert [both.part(tx) for tx in (1, 2, 4, 5, 7)] == [0, 0, 0, 1, 1]
    assert both[4].passages.tolist() == [1, -1, 2]
    assert (both[4].starts.tolist(), both[4].ends.tolist()) == ([0, 3, 6], [3, 6, 9])
    assert (list(both), len(both)) == ([1, 2, 4, 5, 7], 5)
    assert 3 not in both
    assert both.get(3) is None


@pytest.mark.parametrize("txs", [[], [2], [7, 1, 4], [4, 4, 5], [1, 2, 4, 5, 7], [2, 7, 2]])
def test_passages_of_several_revisions_are_those_of_each_one_after_the_other(both: PlacedInAll, txs: list[int]) -> None:
    passages, sizes = both.passages(txs)
    assert passages.tolist() == [number for tx in txs for number in both[tx].passages.tolist()]
    assert sizes.tolist() == [len(both[tx].passages) for tx in txs]


@pytest.mark.parametrize("txs", [[3], [1, 3], [8, 1]])
def test_revision_that_no_segment_places_is_named(both: PlacedInAll, txs: list[int]) -> None:
    with pytest.raises(KeyError, match=str(next(tx for tx in txs if tx in (3, 8)))):
        both.passages(txs)


def test_passages_that_were_gathered_may_be_written_to(both: PlacedInAll) -> None:
    passages, _ = both.passages([1])
    passages += 1
    assert both[1].passages.tolist() == [0, 1]
