import pytest

from evaluator.models.parameters import read_parameters


def test_a_parameter_takes_the_place_of_a_default_and_null_takes_it_out() -> None:
    given = ["seed=7", "temperature=null", 'stop=["\\n"]']
    assert read_parameters(given, {"temperature": 0, "max_tokens": 9}) == {"seed": 7, "max_tokens": 9, "stop": ["\n"]}


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("seed", "is not NAME=JSON"),
        ("=7", "is not NAME=JSON"),
        ("model=1", "names what the call sets itself"),
        ("response_format=null", "names what the call sets itself"),
        ("stop=end", "text stands in quotes"),
        ("n=2", "one answer is read"),
        ("seed=NaN", "is not JSON that can be sent"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_name(given: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_parameters([given], {})
