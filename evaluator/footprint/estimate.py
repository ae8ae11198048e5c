"""The memory that a model, its context and an index take, and about when a first token comes: by arithmetic alone.

A first token that is slow under load most often waited for memory, or for the prompts before it. So look here first,
before looking for causes in the model's behaviour.
"""

from dataclasses import dataclass
from typing import Any

BYTES = {"fp32": 4.0, "bf16": 2.0, "fp16": 2.0, "fp8": 1.0, "int8": 1.0, "int4": 0.5}
"""Bytes for each number. Quantised weights also have scales, which take a few percent more."""

KEY_BYTES = 32 + 8 + 4
"""For each passage in an index: its content key, the key's head and row."""
COUNT_BYTES = 4 + 4 + 8
"""For each passage: its length in terms and in tokens, and where its record begins."""
POSTING_BYTES = 4 + 4
"""For each posting: a passage's number and how often it holds a term."""
OCCURRENCE_BYTES = 8 + 8 + 8
"""For each occurrence: the passage of a revision, and where it starts and ends."""


@dataclass(frozen=True, slots=True)
class Model:
    """The parts of a decoder's published configuration that decide its memory. `source` says where they are from."""

    name: str
    parameters: float
    layers: int
    kv_heads: int
    head_dim: int
    source: str


@dataclass(frozen=True, slots=True)
class Load:
    """The load on a model: tokens of context (prompt and answer) for each request, and requests at once."""

    context: int
    concurrency: int


@dataclass(frozen=True, slots=True)
class Index:
    """How many different passages there are, and the dimensions of their vectors.

    `terms`, `words` and `occurrences` are means for one passage: distinct terms, bytes of words, and revisions that
    hold it. The defaults are those of a real history of 93 policies, 1,148 revisions and 9,613 different passages.
    """

    passages: int
    dimensions: int = 384
    terms: float = 28.4
    words: float = 430
    occurrences: float = 7


@dataclass(frozen=True, slots=True)
class Footprint:
    """Bytes by part. `memory` is the device's bytes, and the share `reserve` of it is kept free."""

    model: Model
    load: Load
    weights: float
    cache_per_token: float
    index: float
    memory: float | None = None
    reserve: float = 0.0

    @property
    def cache(self) -> float:
        return self.cache_per_token * self.load.context * self.load.concurrency

    @property
    def device(self) -> float:
        """What the device must hold; the index lies in the memory of the service."""
        return self.weights + self.cache

    @property
    def room(self) -> float | None:
        """Bytes of the device for the cache; None without a device, and below 0 where the weights do not fit."""
        return None if self.memory is None else self.memory * (1 - self.reserve) - self.weights

    @property
    def fitting(self) -> int | None:
        """How many requests of this context fit at once; any more wait for their first token."""
        if self.room is None:
            return None
        return max(0, int(self.room // (self.cache_per_token * self.load.context)))

    def content(self) -> dict[str, Any]:
        """The JSON values, in bytes."""
        return {
            "model": self.model.name,
            "source": self.model.source,
            "context": self.load.context,
            "concurrency": self.load.concurrency,
            "weights": round(self.weights),
            "kv_cache_per_token": round(self.cache_per_token),
            "kv_cache": round(self.cache),
            "device": round(self.device),
            "index": round(self.index),
            "fits": None if self.fitting is None else self.fitting >= self.load.concurrency,
            "requests_that_fit": self.fitting,
        }


def weight_bytes(parameters: float, dtype: str) -> float:
    """parameters x bytes of a number."""
    return parameters * BYTES[dtype]


def cache_bytes_per_token(layers: int, kv_heads: int, head_dim: int, dtype: str) -> float:
    """2 x layers x kv_heads x head_dim x bytes of a number: a key and a value for each head of each layer.

    Pope et al. 2022, "Efficiently Scaling Transformer Inference", section 2; kv_heads is that of grouped queries
    (Ainslie et al. 2023). Sliding windows, which keep less, are not taken into account.
    """
    return 2 * layers * kv_heads * head_dim * BYTES[dtype]


def index_bytes(index: Index) -> float:
    """passages x (5 dimensions + 8 terms + words + 24 occurrences + 60): vectors in fp32 and as codes of 8 bits.

    This is what a service reads of the index's files, which are mapped and shared by its processes. Views of one
    question's eligible passages have a budget of their own (512 MB).
    """
    vectors = (4 + 1) * index.dimensions
    held = POSTING_BYTES * index.terms + index.words + OCCURRENCE_BYTES * index.occurrences
    return index.passages * (vectors + held + KEY_BYTES + COUNT_BYTES)


def prefill_seconds(parameters: float, context: int, concurrency: int, flops: float) -> float:
    """About when the last of `concurrency` prompts that arrive together has its first token, in seconds.

    2 x parameters x tokens / flops: a multiplication and an addition for each weight and token. It is no bound.
    Attention, which grows with the square of the context, adds to it. Embeddings, which are looked up, the answer's
    part of the context, and shared prefixes that are kept make it less.
    Kaplan et al. 2020, "Scaling Laws for Neural Language Models", table 1, where N is without embeddings.
    """
    return 2 * parameters * context * concurrency / flops


def footprint(
    model: Model,
    load: Load,
    index: Index,
    weight_dtype: str = "bf16",
    cache_dtype: str = "bf16",
    memory: float | None = None,
    reserve: float = 0.1,
) -> Footprint:
    """The footprint of a model under a load; `reserve` is the share of the device's memory kept for everything else."""
    return Footprint(
        model=model,
        load=load,
        weights=weight_bytes(model.parameters, weight_dtype),
        cache_per_token=cache_bytes_per_token(model.layers, model.kv_heads, model.head_dim, cache_dtype),
        index=index_bytes(index),
        memory=memory,
        reserve=reserve,
    )


def _published(name: str, parameters: float, layers: int, kv_heads: int, head_dim: int, where: str) -> Model:
    return Model(name, parameters, layers, kv_heads, head_dim, f"config.json and size of the weights of {where}")


PRESETS = {
    model.name: model
    for model in (
        _published("llama-2-7b", 6_738_415_616, 32, 32, 128, "meta-llama/Llama-2-7b-hf"),
        _published("llama-3.1-8b", 8_030_261_248, 32, 8, 128, "meta-llama/Llama-3.1-8B"),
        _published("llama-3.1-70b", 70_553_706_496, 80, 8, 128, "meta-llama/Llama-3.1-70B"),
        _published("mistral-7b-v0.3", 7_248_023_552, 32, 8, 128, "mistralai/Mistral-7B-v0.3"),
        _published("qwen2.5-0.5b", 494_032_768, 24, 2, 64, "Qwen/Qwen2.5-0.5B"),
        _published("qwen2.5-7b", 7_615_616_512, 28, 4, 128, "Qwen/Qwen2.5-7B"),
        _published("qwen2.5-72b", 72_706_203_648, 80, 8, 128, "Qwen/Qwen2.5-72B"),
    )
}
