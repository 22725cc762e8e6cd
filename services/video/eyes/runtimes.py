"""Runs a model's network on one core: by onnxruntime, or by OpenVINO where a city has installed it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float32]

ONNXRUNTIME: Final = "onnxruntime"
OPENVINO: Final = "openvino"


class Network(Protocol):
    """A loaded model."""

    def run(self, values: Numbers) -> Sequence[Numbers]:
        """The outputs asked for when it was loaded, in their order."""
        ...


class _OnnxRuntime:
    def __init__(self, content: bytes, outputs: Sequence[str]) -> None:
        import onnxruntime  # noqa: PLC0415 only where a model is used

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name
        self._outputs = list(outputs)

    def run(self, values: Numbers) -> Sequence[Numbers]:
        """See Network."""
        found: Sequence[Numbers] = self._session.run(self._outputs, {self._input: values})
        return found


class _OpenVino:
    def __init__(self, content: bytes, outputs: Sequence[str]) -> None:
        import openvino  # noqa: PLC0415 only where it is chosen

        told = {"INFERENCE_NUM_THREADS": "1", "NUM_STREAMS": "1", "PERFORMANCE_HINT": "LATENCY"}
        core = openvino.Core()
        compiled = core.compile_model(core.read_model(content, b""), "CPU", told)
        self._request = compiled.create_infer_request()
        self._outputs = [compiled.output(name) for name in outputs]

    def run(self, values: Numbers) -> Sequence[Numbers]:
        """See Network."""
        found = self._request.infer([values])
        return [found[output] for output in self._outputs]


RUNTIMES: Final[Mapping[str, Callable[[bytes, Sequence[str]], Network]]] = {
    ONNXRUNTIME: _OnnxRuntime,
    OPENVINO: _OpenVino,
}
