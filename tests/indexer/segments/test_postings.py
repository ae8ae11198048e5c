import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from indexer.segments.postings import build_postings

DOCUMENTS = st.lists(st.lists(st.sampled_from("abcdef"), max_size=12), max_size=12)


def test_postings_name_the_documents_of_each_term_and_how_often() -> None:
    made = build_postings([["b", "a", "b"], [], ["a"]])
    assert made.terms == ["a", "b"]
    assert made.offsets.tolist() == [0, 2, 3]
    assert made.passages.tolist() == [0, 2, 0]
    assert made.counts.tolist() == [1, 1, 2]
    assert made.lengths.tolist() == [3, 0, 1]


def test_terms_ascend_by_code_point() -> None:
    assert build_postings([["é", "b", "Z", "30-day", "返品", "§4"]]).terms == ["30-day", "Z", "b", "§4", "é", "返品"]


def test_no_documents_have_empty_postings() -> None:
    made = build_postings([])
    assert (made.terms, made.offsets.tolist()) == ([], [0])
    assert (len(made.passages), len(made.counts), len(made.lengths)) == (0, 0, 0)


def test_arrays_have_the_types_that_the_segment_stores() -> None:
    made = build_postings([["a"]])
    assert [array.dtype for array in (made.offsets, made.passages, made.counts, made.lengths)] == [
        np.int64,
        np.int32,
        np.int32,
        np.int32,
    ]


@given(DOCUMENTS)
def test_postings_hold_every_document_again(documents: list[list[str]]) -> None:
    made = build_postings(documents)
    again: list[list[str]] = [[] for _ in documents]
    for number, term in enumerate(made.terms):
        span = slice(made.offsets[number], made.offsets[number + 1])
        assert (np.diff(made.passages[span]) > 0).all()
        for document, count in zip(made.passages[span], made.counts[span], strict=True):
            again[document] += [term] * int(count)
    assert again == [sorted(document) for document in documents]
    assert made.lengths.tolist() == [len(document) for document in documents]
