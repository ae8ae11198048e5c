"""What every worker has imported, whether it needs it or not."""

import subprocess
import sys

SHOWN = """
import sys
from importlib import import_module
from retriever.entrypoints.process.fork_server import PRELOADED
for name in PRELOADED:
    import_module(name)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_workers_begin_with_what_they_answer_with_and_nothing_large_besides() -> None:
    done = subprocess.run([sys.executable, "-c", SHOWN], capture_output=True, text=True, check=True)
    imported = set(done.stdout.split())
    assert {"fastapi", "faiss", "onnxruntime", "tokenizers", "sqlite_utils"} <= imported
    assert imported.isdisjoint({"pandas", "scipy", "sentence_transformers", "torch", "transformers"})
