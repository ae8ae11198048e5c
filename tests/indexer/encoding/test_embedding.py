import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indexer.encoding.embedding import DEFAULT_MODEL, Encoder, OnnxEncoder, load_encoder
from indexer.encoding.onnx_graph import PRECISIONS, Precision, cache_folder, model_folder
from indexer.errors import ModelUnavailable

TEXTS = [
    "Damaged items within 30 days are eligible.",
    "Returns > Damaged items\nYou may return:\ncups that arrived broken",
    "refund",
    "",
    " \n\t ",
    "?!",
    "Возврат товара возможен в течение 30 дней.",
    "返品は三十日以内に限ります。각 항목",
    "Café, naïve, straße — “quoted” … 🙂🚀",
    "x" * 500,
    "The carrier pays for whatever it loses or breaks on the way. " * 60,
    "§ 4.2(b): $1,200.50 or 10 % of P-7's price, whichever is less",
]


@pytest.fixture(scope="module")
def exact() -> Encoder:
    """The default model in fp32."""
    return load_encoder(precision="fp32")


loads_torch = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def reference() -> Any:
    """The same model run by sentence-transformers."""
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(model_folder()), device="cpu")


@loads_torch
@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_a_vector_is_that_of_sentence_transformers(exact: Encoder, reference: Any, text: str) -> None:
    expected = reference.encode([text], normalize_embeddings=True, show_progress_bar=False)[0]
    assert float(exact.encode(text).astype(np.float64) @ expected.astype(np.float64)) >= 0.9999


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_a_vector_in_eight_bits_is_close_to_the_exact_one(encoder: Encoder, exact: Encoder, text: str) -> None:
    assert float(encoder.encode(text) @ exact.encode(text)) >= 0.96


def test_both_precisions_are_of_one_model_and_are_told_apart(encoder: Encoder, exact: Encoder) -> None:
    assert (encoder.digest, encoder.precision, exact.precision) == (exact.digest, "int8", "fp32")


def test_a_vector_has_unit_length_and_the_models_dimension(encoder: Encoder) -> None:
    vectors = encoder.encode_all(TEXTS)
    assert vectors.shape == (len(TEXTS), encoder.dimension) == (12, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=0, atol=1e-6)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("threads", [1, 2, 7])
def test_many_texts_have_the_vectors_that_each_has_alone_bit_for_bit(precision: Precision, threads: int) -> None:
    single = load_encoder(threads=1, precision=precision)
    alone = np.stack([single.encode(text) for text in TEXTS])
    together = load_encoder(threads=threads, precision=precision).encode_all(TEXTS[::-1] * 2)
    assert together.tobytes() == np.concatenate([alone[::-1], alone[::-1]]).tobytes()


def test_words_past_the_models_limit_do_not_change_a_vector(encoder: Encoder) -> None:
    text = "word " * 254  # with its two marks, the model reads 256 tokens
    assert encoder.encode(text).tobytes() == encoder.encode(text + "refund " * 100).tobytes()
    assert encoder.encode(text[5:]).tobytes() != encoder.encode(text).tobytes()


def test_no_texts_have_no_vectors(encoder: Encoder) -> None:
    assert encoder.encode_all([]).shape == (0, 384)


def test_progress_counts_each_text_once(encoder: Encoder) -> None:
    counts: list[int] = []
    encoder.encode_all(TEXTS[:5], counts.append)
    assert counts == [1] * 5


def test_near_meanings_are_nearer_than_far_ones(encoder: Encoder) -> None:
    asked, near, far = encoder.encode_all(
        ["Can I get my money back?", "A refund is paid within ten days.", "The office opens at nine."]
    )
    assert asked @ near > asked @ far + 0.2


def test_token_offsets_are_code_points_without_special_tokens(encoder: Encoder) -> None:
    assert encoder.token_offsets("🙂 refund it") == [(0, 1), (2, 5), (5, 8), (9, 11)]
    assert encoder.token_offsets("") == []


def test_token_offsets_go_past_what_the_model_reads(encoder: Encoder) -> None:
    assert len(encoder.token_offsets("word " * 1000)) == 1000


def test_the_default_model_names_what_made_it(encoder: Encoder) -> None:
    assert isinstance(encoder, OnnxEncoder)
    assert (encoder.name, encoder.precision) == (DEFAULT_MODEL, "int8") == ("all-MiniLM-L6-v2", "int8")
    assert len(encoder.digest) == len(encoder.tokenizer_digest) == 64
    assert encoder.digest != encoder.tokenizer_digest


def printed(code: str) -> str:
    """What a new process prints that loads the default model's encoder and does this; it complains of nothing."""
    loads = "import sys; from indexer.encoding.embedding import load_encoder; encoder = load_encoder(threads=2); "
    done = subprocess.run([sys.executable, "-c", loads + code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_encoding_never_imports_torch() -> None:
    encodes = "encoder.encode_all(['one', 'two']); encoder.token_offsets('one'); "
    torch = "print({'torch', 'sentence_transformers', 'transformers'} & sys.modules.keys())"
    assert printed(encodes + torch) == "set()\n"


def test_a_model_that_is_used_notes_nothing_about_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASOF_MODEL_CACHE", str(cache_folder()))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_CACHE_HOME", "ORT_DISABLE_TELEMETRY"):
        monkeypatch.delenv(name, raising=False)
    assert printed("print(len(encoder.encode('one')))") == "384\n"
    assert list(tmp_path.rglob("*")) == []


def test_an_encoder_loads_nothing_until_it_encodes() -> None:
    before = "print(encoder.precision, {'onnxruntime', 'tokenizers'} & sys.modules.keys()); "
    after = "encoder.encode('one'); print({'onnxruntime', 'tokenizers'} - sys.modules.keys())"
    assert printed(before + after) == "int8 set()\nset()\n"


@loads_torch
def test_a_model_in_a_folder_runs_through_sentence_transformers(exact: Encoder, reference: Any) -> None:
    other = load_encoder(str(model_folder()))
    assert (other.name, other.precision, other.dimension) == (str(model_folder()), "fp32-torch", 384)
    assert len(other.digest) == 64
    assert other.digest != exact.digest
    vectors = other.encode_all(TEXTS[:4])
    assert vectors.tobytes() == np.stack([other.encode(text) for text in TEXTS[:4]]).tobytes()
    np.testing.assert_allclose(np.sum(vectors * exact.encode_all(TEXTS[:4]), axis=1), 1, rtol=0, atol=1e-4)
    assert other.token_offsets(TEXTS[10]) == exact.token_offsets(TEXTS[10])


@loads_torch
def test_a_folder_without_a_model_is_refused_by_name() -> None:
    with pytest.raises(ModelUnavailable, match="/no/such/folder"):
        load_encoder("/no/such/folder")
