"""Re-rankers: they read a question and a passage together and give a score. Each pair is scored alone."""

import hashlib
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from indexer.errors import ModelUnavailable
from indexer.text.passage import CONTEXT_CHARACTERS, Passage

RERANKED = 50
"""How many passages a re-ranker scores, the best fused scores first. If a question asks for more, all are scored."""


class Reranker(Protocol):
    """Scores pairs of a question and a text. `digest` covers weights and tokenizer; `precision` says how they run."""

    name: str
    digest: str
    precision: str

    def scores(self, query: str, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """The score of each text for the question; shape (n,). Each pair is scored alone."""
        ...


class CrossEncoderReranker:
    """Any sentence-transformers CrossEncoder with one output, by name or folder, on a GPU if torch finds one.

    A score depends on its pair alone. In a batch, padding would make the last bits depend on the other pairs. The
    number of cores that share a sum would change them too; OpenMP keeps this number for each thread, and FAISS sets
    it in threads that search. So each pair is scored alone, by one of `threads` threads that use one core each.
    `precision` says where the model runs, because the last bits differ between devices.
    """

    def __init__(self, name: str, threads: int | None = None) -> None:
        self._model: Any = _load(name)
        self.name = name
        self.digest = _digest(self._model)
        weights = next(self._model.parameters())
        self.precision = f"{str(weights.dtype).removeprefix('torch.')}-torch-{weights.device.type}"
        self._score("", "")  # The first call sets truncation; that fails while others encode.
        self._pool = _threads_of_one_core((threads or os.cpu_count() or 1) if weights.device.type == "cpu" else 1)

    def scores(self, query: str, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        return np.array(list(self._pool.map(lambda text: self._score(query, text), texts)), dtype=np.float64)

    def _score(self, query: str, text: str) -> float:
        return float(self._model.predict([(query, text)], show_progress_bar=False)[0])


def paired(passage: Passage) -> str:
    """What a cross encoder reads beside the question: title, innermost other headings, and the encoded text."""
    headings = " > ".join(name for name in passage.section if name != passage.title)[-CONTEXT_CHARACTERS:]
    return "\n".join(part for part in (passage.title, headings, passage.encoded()) if part)


def _load(name: str) -> Any:
    """The CrossEncoder of that name or folder; ModelUnavailable says why it cannot be loaded."""
    from safetensors import SafetensorError
    from sentence_transformers import CrossEncoder
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        model = CrossEncoder(name)
    except (ImportError, OSError, RuntimeError, SafetensorError, ValueError) as error:
        raise ModelUnavailable(
            f"The re-ranker {name!r} cannot be loaded: {error}. "
            "Give the name or folder of a sentence-transformers CrossEncoder"
        ) from error
    if _made_up(model):
        raise ModelUnavailable(
            f"The re-ranker {name!r} has no weights for scoring a pair: it is not a CrossEncoder. "
            "Give the name or folder of a sentence-transformers CrossEncoder"
        )
    if model.num_labels != 1:
        raise ModelUnavailable(
            f"The re-ranker {name!r} has {model.num_labels} labels, and an order needs one score. "
            "Give a CrossEncoder that was trained with num_labels=1"
        )
    return model


def _made_up(model: Any) -> bool:
    """Whether the last layer is missing in the files. Then each process fills it with new random weights."""
    suffix = "ForSequenceClassification"
    stored = model.config.architectures or []
    return type(model.model).__name__.endswith(suffix) and not any(name.endswith(suffix) for name in stored)


def _threads_of_one_core(count: int) -> ThreadPoolExecutor:
    """Threads in which torch uses one core; in other threads it uses as many cores as before."""
    import torch

    def settle() -> None:
        torch.set_num_threads(1)
        torch.get_num_threads()  # The first look copies the number of the process; it is set back below.

    started = threading.Barrier(count)
    pool = ThreadPoolExecutor(count, "asof-rerank", settle)
    with ThreadPoolExecutor(1) as fresh:  # This thread may have another number than the process.
        before = fresh.submit(torch.get_num_threads).result()
        list(pool.map(lambda _: started.wait(), range(count)))
        fresh.submit(torch.set_num_threads, before).result()
    return pool


def _digest(model: Any) -> str:
    """SHA-256 in hexadecimal over the weights, the tokenizer, its maximum length and the activation function."""
    import torch

    digest = hashlib.sha256()
    for key, tensor in sorted(model.state_dict().items()):
        digest.update(f"{key} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    tokenizer = model.tokenizer
    digest.update(tokenizer.backend_tokenizer.to_str().encode())
    digest.update(f"\n{tokenizer.model_max_length} {type(model.activation_fn).__qualname__}".encode())
    return digest.hexdigest()
