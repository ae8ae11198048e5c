"""Substitutes for what is slow: fast, deterministic, and of the same shape as the original."""

import json
import re
import threading
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

from indexer.encoding.embedding import Progress, Vectors

_TOKEN = re.compile(r"\w+|[^\w\s]")


def word_offsets(text: str) -> list[tuple[int, int]]:
    """One token for each word and for each mark."""
    return [match.span() for match in _TOKEN.finditer(text)]


class FakeEncoder:
    """An Encoder whose vectors count words by their hash; `encoded` lists every text it was asked for, in order."""

    tokenizer_digest = "70cabe" + "0" * 58
    precision = "fp32"
    dimension = 32

    def __init__(self, name: str = "fake-words", digest: str = "fa4e" + "0" * 60) -> None:
        self.name, self.digest = name, digest
        self.encoded: list[str] = []

    def encode(self, text: str) -> Vectors:
        self.encoded.append(text)
        vector = np.zeros(self.dimension, dtype=np.float32)
        for word in re.findall(r"\w+", text.lower()) or [""]:
            vector[zlib.crc32(word.encode()) % self.dimension] += 1
        unit: Vectors = vector / np.float32(np.sqrt(vector @ vector))
        return unit

    def encode_all(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        out = np.empty((len(texts), self.dimension), dtype=np.float32)
        for number, text in enumerate(texts):
            out[number] = self.encode(text)
            if progress:
                progress(1)
        return out

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        return word_offsets(text)


@contextmanager
def streaming_model(port: int, words: str) -> Iterator[None]:
    """A server that streams these words as an OpenAI-compatible endpoint does, a few letters a time."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            for at in range(0, len(words), 5):
                chunk = {"choices": [{"index": 0, "delta": {"content": words[at : at + 5]}}]}
                self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
            last = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
            self.wfile.write(f"data: {json.dumps(last)}\n\ndata: [DONE]\n\n".encode())

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
