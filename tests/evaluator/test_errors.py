from evaluator import errors
from retriever.errors import RetrieverError


def test_every_error_is_one_that_the_shared_runner_translates() -> None:
    raised = [value for value in vars(errors).values() if isinstance(value, type)]
    assert len(raised) == 10
    assert all(issubclass(error, RetrieverError) for error in raised)


def test_a_bad_line_begins_with_where_it_stands() -> None:
    error = errors.BadLine("q.jsonl, line 3", "as_of is missing")
    assert str(error) == "q.jsonl, line 3: as_of is missing"
    assert (error.where, error.problem) == ("q.jsonl, line 3", "as_of is missing")
