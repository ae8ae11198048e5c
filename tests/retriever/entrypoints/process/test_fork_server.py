"""What every worker has imported, whether it needs it or not."""

import os
import subprocess
import sys

from retriever.entrypoints.process.fork_server import ONE_THREAD

SHOWN = """
import os
import sys
from importlib import import_module
from retriever.entrypoints.process.fork_server import PRELOADED
for name in PRELOADED:
    import_module(name)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
print(len(os.listdir("/proc/self/task")))
"""


def test_workers_begin_with_what_they_answer_with_and_nothing_large_besides() -> None:
    """And in one thread: of others, a fork would have the locks that they hold, and nobody to let them go."""
    environment = {**os.environ, **ONE_THREAD}
    done = subprocess.run([sys.executable, "-c", SHOWN], capture_output=True, text=True, check=True, env=environment)
    names, threads = done.stdout.splitlines()
    imported = set(names.split())
    assert {"fastapi", "faiss", "tokenizers", "sqlite_utils"} <= imported
    assert imported.isdisjoint({"onnxruntime", "pandas", "scipy", "sentence_transformers", "torch", "transformers"})
    assert int(threads) == 1
