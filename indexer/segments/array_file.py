"""The safetensors format, https://github.com/huggingface/safetensors: a JSON header, then named arrays.

The library reads and writes it as well. It holds a file up to three times in memory while it writes one, and a service
that merges segments has no room for that. Here a file is written part after part.
"""

import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_NAMES = {"<u8": "U64", "<i8": "I64", "<f4": "F32", "<i4": "I32", "|u1": "U8"}
"""What the format calls each kind. Arrays are written in this order, so each begins at a multiple of its size."""

_ORDER = list(_NAMES)
_KINDS = {name: np.dtype(kind) for kind, name in _NAMES.items()}


class Parts:
    """An array as parts along its first axis, at least one, that are never put together in memory."""

    def __init__(self, parts: Sequence[Array]) -> None:
        self.parts = parts
        self.dtype = parts[0].dtype
        self.shape = (sum(map(len, parts)), *parts[0].shape[1:])


Arrays = Mapping[str, Array | Parts]


def pieces(arrays: Arrays, about: Mapping[str, str]) -> Iterator[bytes | memoryview]:
    """The bytes of a file with these arrays, one piece after the other. `about` is what the header says of itself."""
    names = sorted(arrays, key=lambda name: (_ORDER.index(arrays[name].dtype.str), name))
    header: dict[str, Any] = {"__metadata__": about}
    end = 0
    for name in names:
        kind, shape = arrays[name].dtype, arrays[name].shape
        begin, end = end, end + int(np.prod(shape, dtype=np.int64)) * kind.itemsize
        header[name] = {"dtype": _NAMES[kind.str], "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    yield struct.pack("<Q", len(text)) + text
    for name in names:
        array = arrays[name]
        for part in array.parts if isinstance(array, Parts) else [array]:
            yield np.ascontiguousarray(part).reshape(-1).view(np.uint8).data


class ArrayFile:
    """The arrays of a file that is mapped or in memory; ValueError where it has no readable header."""

    def __init__(self, content: Any) -> None:
        self._content = content
        try:
            (size,) = struct.unpack_from("<Q", content)
            self._header: Any = json.loads(content[8 : 8 + size])
        except (struct.error, OverflowError, RecursionError) as error:
            raise ValueError(str(error)) from error
        if not isinstance(self._header, dict):
            raise ValueError("The header is no JSON object")
        self._begin = 8 + size
        self.names = [name for name in self._header if name != "__metadata__"]

    def array(self, name: str) -> Array:
        """An array where it lies, not copied; KeyError for a name that the file does not have."""
        about = self._header[name]
        start, end = about["data_offsets"]
        kind = _KINDS[about["dtype"]]
        count = (end - start) // kind.itemsize
        return np.frombuffer(self._content, dtype=kind, count=count, offset=self._begin + start).reshape(about["shape"])
