"""Files of arrays are what the safetensors library writes and reads, whatever parts they were written in."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from safetensors.numpy import load, save

from indexer.segments.array_file import Array, ArrayFile, Parts, pieces

ABOUT = {"format": "2"}
KINDS = [np.dtype(kind) for kind in ("<f4", "<i4", "<i8", "<u8", "u1")]
SHAPES = arrays_of.array_shapes(min_dims=1, max_dims=2, min_side=0, max_side=5)
ARRAYS = st.dictionaries(
    st.text("abcdefg_", min_size=1, max_size=6),
    st.sampled_from(KINDS).flatmap(lambda kind: arrays_of.arrays(kind, SHAPES)),
    max_size=5,
)


def written(arrays: dict[str, Array | Parts]) -> bytes:
    return b"".join(pieces(arrays, ABOUT))


@given(ARRAYS)
def test_the_library_writes_the_same_bytes(arrays: dict[str, Array]) -> None:
    assert written({**arrays}) == save(arrays, metadata=ABOUT)


@given(ARRAYS, st.data())
def test_parts_are_written_as_the_array_that_they_make(arrays: dict[str, Array], data: st.DataObject) -> None:
    cut = {}
    for name, whole in arrays.items():
        edges = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=3), label=name))
        cut[name] = Parts(np.split(whole, edges))
        assert (cut[name].dtype, cut[name].shape) == (whole.dtype, whole.shape)
    assert written({**cut}) == written({**arrays})


@given(ARRAYS)
def test_what_was_written_is_read_here_and_by_the_library(arrays: dict[str, Array]) -> None:
    content = written({**arrays})
    opened, by_library = ArrayFile(content), load(content)
    assert set(opened.names) == set(by_library) == set(arrays)
    for name, array in arrays.items():
        for found in (opened.array(name), by_library[name]):
            assert (found.dtype, found.shape, found.tobytes()) == (array.dtype, array.shape, array.tobytes())


def test_rows_that_do_not_lie_one_after_the_other_are_written_in_order() -> None:
    every_other = np.arange(12, dtype=np.int64).reshape(6, 2)[::2]
    assert written({"rows": every_other}) == written({"rows": every_other.copy()})


def test_an_array_that_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="keys"):
        ArrayFile(written({})).array("keys")


@pytest.mark.parametrize(
    "content",
    [b"", b"1234567", struct.pack("<Q", 1 << 63), struct.pack("<Q", 4) + b"{{{{", struct.pack("<Q", 2) + b"[]"],
)
def test_bytes_without_a_readable_header_are_a_value_error(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        ArrayFile(content)


def test_the_header_is_padded_so_that_arrays_begin_at_whole_numbers() -> None:
    content = written({"a": np.arange(3, dtype=np.uint8), "bb": np.arange(2, dtype=np.int64)})
    (size,) = struct.unpack_from("<Q", content)
    assert size % 8 == 0
    header = json.loads(content[8 : 8 + size])
    assert (header["bb"]["data_offsets"], header["a"]["data_offsets"]) == ([0, 16], [16, 19])
