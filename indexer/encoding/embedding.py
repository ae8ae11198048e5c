"""Encoders: text to unit vectors. Each text is encoded alone, so a vector depends on nothing but its text."""

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from indexer.built_once import BuiltOnce
from indexer.encoding.onnx_graph import DEFAULT_PRECISION, ExportedModel, Precision, exported_model
from indexer.encoding.onnx_runtime import onnx_runtime
from indexer.errors import ModelUnavailable

Vectors = npt.NDArray[np.float32]
Progress = Callable[[int], None]

DEFAULT_MODEL = "all-MiniLM-L6-v2"

ENOUGH_FOR_THREADS = 8
"""Fewer texts are encoded one after the other: a small publish leaves the other cores to those who ask."""


class Encoder(Protocol):
    """Text to vectors of unit length; `digest` covers weights and tokenizer, `precision` how they are run."""

    name: str
    digest: str
    tokenizer_digest: str
    precision: str
    dimension: int

    def encode(self, text: str) -> Vectors:
        """The vector of one text; shape (dimension,)."""
        ...

    def encode_all(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """The vectors of many texts, each encoded alone; shape (n, dimension). `progress` gets 1 for each."""
        ...

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        """Where each token of the text begins and ends, in code points, without special tokens."""
        ...


class OnnxEncoder:
    """A sentence-transformers model run by ONNX Runtime from a graph exported once; imports no torch.

    Graph and tokenizers are loaded when they are first needed: a write without new words needs neither.
    """

    def __init__(self, model: ExportedModel, threads: int | None = None) -> None:
        self.name, self.digest, self.dimension = model.name, model.digest, model.dimension
        self.precision: str = model.precision
        self.tokenizer_digest = model.tokenizer_digest
        self._threads = threads or os.cpu_count() or 1
        self._model = model

    @BuiltOnce
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._model.tokenizer))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer

    @BuiltOnce
    def _truncating(self) -> Any:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._model.tokenizer))
        tokenizer.no_padding()
        tokenizer.enable_truncation(self._model.max_tokens)
        return tokenizer

    @BuiltOnce
    def _session(self) -> Any:
        onnxruntime = onnx_runtime()
        from onnxruntime.capi import onnxruntime_pybind11_state as states

        graph = self._model.graph
        options = onnxruntime.SessionOptions()
        # One thread for each text: texts run in parallel, and the number of threads never changes how a sum is split.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        try:
            return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        except (
            states.Fail,
            states.InvalidArgument,
            states.InvalidGraph,
            states.InvalidProtobuf,
            states.NoSuchFile,
            states.NotImplemented,
            states.RuntimeException,
        ) as error:
            raise ModelUnavailable(
                f"{graph} cannot be loaded: {error}. Delete {graph.parent} to have it exported again"
            ) from error

    def encode(self, text: str) -> Vectors:
        ids = np.array([_encoded(self._truncating, text).ids], dtype=np.int64)
        (vectors,) = self._session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})
        vector: Vectors = vectors[0]
        return vector

    def encode_all(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        out = np.empty((len(texts), self.dimension), dtype=np.float32)
        for number, vector in enumerate(self._vectors(texts)):
            out[number] = vector
            if progress:
                progress(1)
        return out

    def _vectors(self, texts: Sequence[str]) -> Iterable[Vectors]:
        if len(texts) < ENOUGH_FOR_THREADS or self._threads < 2:
            yield from map(self.encode, texts)
            return
        with ThreadPoolExecutor(self._threads) as pool:
            yield from pool.map(self.encode, texts)

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        offsets: list[tuple[int, int]] = _encoded(self._tokenizer, text, add_special_tokens=False).offsets
        return offsets


def _encoded(tokenizer: Any, text: str, *, add_special_tokens: bool = True) -> Any:
    """The tokens of a text. Threads of the interpreter go on meanwhile, as `Tokenizer.encode` does not let them."""
    return tokenizer.encode_batch([text], add_special_tokens=add_special_tokens)[0]


class SentenceTransformerEncoder:
    """Any sentence-transformers model, by name or folder, run by sentence-transformers itself.

    It runs on a GPU where torch finds one; `precision` says so, since vectors then differ in their last bits.
    """

    def __init__(self, name: str) -> None:
        from tokenizers import Tokenizer

        from indexer.encoding.onnx_graph import dimension_of, file_digest, load_sentence_transformer

        self._model: Any = load_sentence_transformer(name)
        self.name = name
        device = self._model.device.type
        self.precision = "fp32-torch" if device == "cpu" else f"fp32-torch-{device}"
        self.dimension = dimension_of(self._model)
        folder = Path(name)
        weights = sorted(folder.rglob("*.safetensors")) if folder.is_dir() else []
        weighed = file_digest(weights) if weights else _state_digest(self._model)
        described = self._model.tokenizer.backend_tokenizer.to_str()
        self.tokenizer_digest = hashlib.sha256(described.encode()).hexdigest()
        self.digest = hashlib.sha256(f"{weighed} {self.tokenizer_digest}".encode()).hexdigest()
        self._tokenizer = Tokenizer.from_str(described)
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def encode(self, text: str) -> Vectors:
        vector: Vectors = self._model.encode(
            [text], normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True
        )[0]
        return vector

    def encode_all(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        out = np.empty((len(texts), self.dimension), dtype=np.float32)
        for number, text in enumerate(texts):
            out[number] = self.encode(text)
            if progress:
                progress(1)
        return out

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        offsets: list[tuple[int, int]] = _encoded(self._tokenizer, text, add_special_tokens=False).offsets
        return offsets


def load_encoder(
    name: str = DEFAULT_MODEL, threads: int | None = None, precision: Precision = DEFAULT_PRECISION
) -> Encoder:
    """The default model through ONNX Runtime; any other, by name or folder, through sentence-transformers in fp32."""
    if name == DEFAULT_MODEL:
        return OnnxEncoder(exported_model(precision), threads)
    return SentenceTransformerEncoder(name)


def _state_digest(model: Any) -> str:
    digest = hashlib.sha256()
    for key, tensor in sorted(model.state_dict().items()):
        digest.update(key.encode())
        digest.update(tensor.cpu().numpy().tobytes())
    return digest.hexdigest()
