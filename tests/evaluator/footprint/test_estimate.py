import pytest

from evaluator.footprint.estimate import (
    PRESETS,
    Index,
    Load,
    Model,
    cache_bytes_per_token,
    footprint,
    index_bytes,
    prefill_seconds,
    weight_bytes,
)

GIB = 2**30
LLAMA = PRESETS["llama-3.1-8b"]


def decoder(vocabulary: int, width: int, inner: int, heads: int, model: Model, tied: bool, biased: bool) -> int:
    """The parameters of a decoder with RMS norms, grouped queries and a gated inner layer, counted one by one."""
    kv = model.kv_heads * model.head_dim
    attention = 2 * width * heads * model.head_dim + 2 * width * kv
    biases = heads * model.head_dim + 2 * kv if biased else 0
    layer = attention + biases + 3 * width * inner + 2 * width
    return vocabulary * width * (1 if tied else 2) + model.layers * layer + width


@pytest.mark.parametrize(
    ("name", "vocabulary", "width", "inner", "heads", "tied", "biased"),
    [
        ("llama-2-7b", 32000, 4096, 11008, 32, False, False),
        ("llama-3.1-8b", 128256, 4096, 14336, 32, False, False),
        ("llama-3.1-70b", 128256, 8192, 28672, 64, False, False),
        ("mistral-7b-v0.3", 32768, 4096, 14336, 32, False, False),
        ("qwen2.5-0.5b", 151936, 896, 4864, 14, True, True),
        ("qwen2.5-7b", 152064, 3584, 18944, 28, False, True),
        ("qwen2.5-72b", 152064, 8192, 29568, 64, False, True),
    ],
)
def test_published_sizes_follow_from_the_published_configurations(
    name: str, vocabulary: int, width: int, inner: int, heads: int, tied: bool, biased: bool
) -> None:
    model = PRESETS[name]
    assert model.parameters == decoder(vocabulary, width, inner, heads, model, tied, biased)
    assert model.head_dim * heads == width


def test_every_preset_is_checked_and_says_where_it_is_from() -> None:
    assert len(PRESETS) == 7
    assert all("/" in model.source for model in PRESETS.values())


@pytest.mark.parametrize(
    ("name", "tokens", "gib"),
    [
        ("llama-3.1-8b", 1000, 0.125),
        ("llama-3.1-8b", 16_000, 1.95),
        ("llama-3.1-8b", 128_000, 15.62),
        ("llama-3.1-70b", 16_000, 4.88),
        ("llama-3.1-70b", 128_000, 39.06),
    ],
)
def test_the_cache_is_that_of_the_published_table(name: str, tokens: int, gib: float) -> None:
    # Hugging Face, "Llama 3.1 - 405B, 70B & 8B with multilinguality and long context", table of the cache in FP16
    model = PRESETS[name]
    per_token = cache_bytes_per_token(model.layers, model.kv_heads, model.head_dim, "fp16")
    assert per_token * tokens / GIB == pytest.approx(gib, abs=0.006)


def test_weights_cache_and_what_fits_are_worked_out_by_hand() -> None:
    # 2 * 32 * 8 * 128 * 2 = 131,072 bytes a token, so 1 GiB for 8,192 tokens; weights 16.06 GB = 14.96 GiB
    found = footprint(LLAMA, Load(8192, 16), Index(0), memory=24 * GIB, reserve=0.1)
    assert found.weights == 16_060_522_496
    assert found.cache_per_token == 131_072
    assert found.cache == 16 * GIB
    assert found.device == found.weights + found.cache
    # 24 * 0.9 - 14.96 = 6.64 GiB
    assert found.fitting == 6
    assert found.content()["fits"] is False
    assert footprint(LLAMA, Load(8192, 6), Index(0), memory=24 * GIB, reserve=0.1).content()["fits"] is True


def test_weights_that_do_not_fit_leave_no_room() -> None:
    found = footprint(PRESETS["llama-3.1-70b"], Load(1, 1), Index(0), memory=80 * GIB)
    assert found.room is not None
    assert found.room < 0
    assert found.fitting == 0
    # in 4 bits 32.9 GiB of 72
    assert footprint(PRESETS["llama-3.1-70b"], Load(8192, 8), Index(0), "int4", memory=80 * GIB).fitting == 15


def test_without_a_device_nothing_is_said_to_fit() -> None:
    content = footprint(LLAMA, Load(1, 1), Index(0)).content()
    assert (content["fits"], content["requests_that_fit"]) == (None, None)


def test_an_index_is_vectors_codes_postings_words_occurrences_and_keys() -> None:
    assert index_bytes(Index(1000, 384, 40, 500, 3)) == 1000 * (5 * 384 + 8 * 40 + 500 + 24 * 3 + 60)


def test_an_index_of_the_real_history_is_as_large_as_its_file() -> None:
    # The segment of GitHub's site policies, 9,613 passages, has 23,410,599 bytes; codes are not in the file.
    assert index_bytes(Index(9613)) - 9613 * 384 == pytest.approx(23_410_599, rel=0.01)


def test_weights_in_four_bits_are_half_a_byte() -> None:
    assert weight_bytes(1e9, "int4") == 0.5e9


def test_the_first_token_waits_for_every_prompt_before_it() -> None:
    # 2 * 8.03e9 * 8192 * 16 / 120e12
    assert prefill_seconds(LLAMA.parameters, 8192, 16, 120e12) == pytest.approx(17.54, abs=0.005)
