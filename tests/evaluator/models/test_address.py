import pytest

from evaluator.models.address import BadEndpoint, base_url, checked_key


@pytest.mark.parametrize("url", ["http://r/v1", "http://r/v1/", "http://r/v1/chat/completions"])
def test_an_endpoint_is_named_by_its_base_or_whole(url: str) -> None:
    assert base_url(url) == "http://r/v1"


def test_what_an_endpoint_has_behind_its_path_stays_there() -> None:
    assert base_url("https://r:8443/v1?version=2") == "https://r:8443/v1?version=2"


@pytest.mark.parametrize("url", ["", "localhost:8000/v1", "/v1", "http://", "http://[bad", "ftp://r/v1"])
def test_what_is_no_url_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(BadEndpoint, match="write the whole URL, such as http://localhost:8000/v1"):
        base_url(url)


def test_no_key_is_no_key() -> None:
    assert checked_key("sk-1", "ASOF_KEY") == "sk-1"
    assert checked_key(None, "ASOF_KEY") is checked_key("", "ASOF_KEY") is None


@pytest.mark.parametrize("key", ["sk 1", "sk-1\n", "clé"])
def test_what_cannot_be_a_key_is_refused_by_the_variable_that_holds_it(key: str) -> None:
    with pytest.raises(BadEndpoint, match="ASOF_KEY holds white space or letters beyond ASCII"):
        checked_key(key, "ASOF_KEY")
