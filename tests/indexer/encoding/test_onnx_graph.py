import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indexer.encoding import onnx_graph
from indexer.encoding.embedding import Encoder, OnnxEncoder
from indexer.encoding.onnx_graph import cache_folder, exported_model, file_digest, model_folder
from indexer.errors import ModelUnavailable


def test_the_exported_model_names_its_files_and_digests() -> None:
    model = exported_model()
    weights, tokenizer = model_folder() / "model.safetensors", model_folder() / "tokenizer.json"
    assert (model.name, model.dimension, model.max_tokens) == ("all-MiniLM-L6-v2", 384, 256)
    assert model.tokenizer == tokenizer
    assert model.graph.is_file()
    assert model.digest == hashlib.sha256(weights.read_bytes() + tokenizer.read_bytes()).hexdigest()
    assert model.tokenizer_digest == hashlib.sha256(tokenizer.read_bytes()).hexdigest()


def test_a_graph_is_exported_once() -> None:
    made = exported_model().graph.stat()
    again = exported_model().graph.stat()
    assert (again.st_mtime_ns, again.st_ino) == (made.st_mtime_ns, made.st_ino)


@pytest.mark.slow
def test_an_unfinished_export_is_made_again_with_the_same_vectors(
    encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unfinished = tmp_path / exported_model().graph.parent.name
    unfinished.mkdir()
    (unfinished / "int8.onnx").write_bytes(b"half a graph")
    monkeypatch.setenv("ASOF_MODEL_CACHE", str(tmp_path))
    model = exported_model()
    assert model.graph.parent == unfinished
    assert sorted(path.name for path in unfinished.iterdir()) == ["fp32.onnx", "int8.onnx", "model.json"]
    assert [path.name for path in tmp_path.iterdir()] == [unfinished.name]
    text = "Damaged items within 30 days are eligible."
    assert np.array_equal(OnnxEncoder(model).encode(text), encoder.encode(text))


def test_the_cache_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("ASOF_MODEL_CACHE", raising=False)
    assert cache_folder() == Path("/home/someone/.cache/asof")
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert cache_folder() == Path("/cache/asof")
    monkeypatch.setenv("ASOF_MODEL_CACHE", "/models")
    assert cache_folder() == Path("/models")


def test_a_missing_package_is_named_with_the_way_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_graph, "PACKAGE", "no_such_package")
    with pytest.raises(ModelUnavailable, match="no_such_package is not installed; run `pip install"):
        model_folder()


def test_a_graph_that_cannot_be_loaded_is_named_with_the_next_step(tmp_path: Path) -> None:
    broken = tmp_path / "model.onnx"
    broken.write_bytes(b"not a graph")
    with pytest.raises(ModelUnavailable, match=f"Delete {tmp_path} to have it exported again"):
        OnnxEncoder(replace(exported_model(), graph=broken)).encode("one")


@pytest.mark.slow
def test_a_failed_export_says_why_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "model"
    source.mkdir()
    (source / "model.safetensors").write_bytes(b"not weights")
    (source / "config.json").write_text(json.dumps({"model_type": "unheard-of"}))
    monkeypatch.setattr(onnx_graph, "model_folder", lambda: source)
    monkeypatch.setenv("ASOF_MODEL_CACHE", str(tmp_path / "cache"))
    with pytest.raises(ModelUnavailable, match="could not be exported"):
        exported_model()
    assert list((tmp_path / "cache").iterdir()) == []


def test_where_the_graph_cannot_be_kept_another_folder_may_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ASOF_MODEL_CACHE", str(tmp_path / "file"))
    with pytest.raises(ModelUnavailable, match=r"cannot be kept in .*file.* another folder in ASOF_MODEL_CACHE"):
        exported_model()


def test_a_file_digest_covers_the_files_one_after_the_other(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"ab")
    (tmp_path / "two").write_bytes(b"c")
    # The SHA-256 of "abc" in FIPS 180-2.
    assert (
        file_digest([tmp_path / "one", tmp_path / "two"])
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
