"""ONNX Runtime, which is told before it is loaded to note and send nothing of its use."""

import os
from types import ModuleType


def onnx_runtime() -> ModuleType:
    """The package. Without this it notes the machine and the path of the interpreter below `~/.cache`, to be sent."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    runtime: ModuleType = onnxruntime
    return runtime
