import json

import pytest
from fastapi.responses import JSONResponse

from retriever.entrypoints.http.large_json import LargeJSON

CONTENTS = (
    {},
    {"text": 'Größe «7»\u2028 "x" \\ / \x00\x1f\x7f 退貨 \U0001f642', "none": None, "yes": True, "no": False},
    {"scores": [0.1, 1e-05, 1e16, -0.0, 3.0, 2**53 + 1, -(10**18)]},
    {"nested": [[], {"a": [{"b": ("c", "d")}]}], "é": {"1": 2}},
)


@pytest.mark.parametrize("content", CONTENTS)
def test_it_says_the_same_as_the_standard_response(content):
    large = LargeJSON(content, 201, headers={"etag": '"x"'})
    assert json.loads(large.body) == json.loads(JSONResponse(content).body)
    assert (large.status_code, large.headers["etag"]) == (201, '"x"')
    assert large.headers["content-type"] == "application/json"


def test_text_is_written_as_the_standard_response_writes_it():
    assert LargeJSON(CONTENTS[1]).body == JSONResponse(CONTENTS[1]).body


def test_half_of_a_character_is_no_text():
    with pytest.raises(ValueError):
        LargeJSON({"text": "\ud800"})


def test_a_number_that_is_not_finite_is_null():
    assert LargeJSON({"score": float("nan")}).body == b'{"score":null}'
