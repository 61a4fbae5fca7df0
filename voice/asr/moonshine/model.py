"""The model: sound to log-probabilities of the next token (Moonshine Tiny English, on plain onnxruntime)."""

import ctypes
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from voice.asr.moonshine.tokenizer import BEGIN, Tokenizer
from voice.asr.moonshine.weights import Weights
from voice.errors import SystemFailure

__all__ = ["Encoded", "MoonshineModel", "Prefixes"]

_FULL_SCALE = 32768.0
_LAYERS = 6
_HEADS = 8
_WIDTH = 36
# The encoder's convolutions need this many samples for one frame, and the model was trained on whole sentences.
_SHORTEST = 4000
_M_TRIM_THRESHOLD = -1  # malloc.h
_Cache: TypeAlias = dict[str, NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class Encoded:
    """An utterance that was encoded.

    Attributes:
        hidden: (1, F, 288) float32, about 41 frames a second.
        attention: (1, n) int64, ones, one for each of the raw samples: with one for each frame it fails above 384.
        memory: the keys and values of the encoder's frames in each layer of the decoder.
        start: the state before the first token.
        seconds: the length of the sound.
    """

    hidden: NDArray[np.float32]
    attention: NDArray[np.int64]
    memory: _Cache
    start: "Prefixes"
    seconds: float


@dataclass(frozen=True, eq=False)
class Prefixes:
    """The decoder's state after some beginnings of a text, B of them, equally long.

    Attributes:
        log_probs: (B, V) float32, natural log: the probability of each token that may follow.
        cache: the keys and values of the beginnings in each layer.
    """

    log_probs: NDArray[np.float32]
    cache: _Cache

    def chosen(self, rows: NDArray[np.intp]) -> "Prefixes":
        """Return the state of some of them, in this order."""
        return Prefixes(self.log_probs[rows], {name: value[rows] for name, value in self.cache.items()})


class MoonshineModel:
    """Moonshine Tiny English (Jeffries et al. 2024): an encoder and an autoregressive decoder with 27 million weights.

    Args:
        weights: its files.

    Raises:
        SystemFailure: onnxruntime cannot load them.
    """

    def __init__(self, weights: Weights) -> None:
        _return_freed_memory()
        self.tokenizer = Tokenizer(weights.tokenizer.read_bytes())
        self._encoder = _session(weights.encoder)
        self._decoder = _session(weights.decoder)
        self._outputs = [output.name for output in self._decoder.get_outputs()]

    def encode(self, samples: NDArray[np.int16]) -> Encoded:
        """Encode an utterance: (n,) int16 at 16 kHz; silence is added to less than a quarter of a second."""
        sound = np.pad(samples, (0, max(0, _SHORTEST - samples.size))).astype(np.float32)[np.newaxis] / _FULL_SCALE
        attention = np.ones(sound.shape, np.int64)
        (hidden,) = self._encoder.run(None, {"input_values": sound, "attention_mask": attention})
        empty = np.zeros((1, _HEADS, 0, _WIDTH), np.float32)
        nothing = {
            f"past_key_values.{layer}.{part}.{kind}": empty
            for layer in range(_LAYERS)
            for part in ("decoder", "encoder")
            for kind in ("key", "value")
        }
        start, memory = self._run(np.array([[BEGIN]]), hidden, attention, nothing, cached=False)
        return Encoded(hidden, attention, memory, start, samples.size / 16_000)

    def follow(self, encoded: Encoded, before: Prefixes, tokens: NDArray[np.int64]) -> Prefixes:
        """Add a token, (B,) int64, to each beginning of a text."""
        past = before.cache | encoded.memory
        return self._run(tokens[:, np.newaxis], encoded.hidden, encoded.attention, past, cached=True)[0]

    def _run(
        self,
        tokens: NDArray[np.int64],
        hidden: NDArray[np.float32],
        attention: NDArray[np.int64],
        past: _Cache,
        *,
        cached: bool,
    ) -> tuple[Prefixes, _Cache]:
        """Run the decoder; return the new state and, unless it was cached, the memory of the encoder's frames."""
        results = self._decoder.run(
            None,
            {
                "input_ids": tokens,
                "encoder_hidden_states": hidden,
                "encoder_attention_mask": attention,
                "use_cache_branch": np.array([cached]),
                **past,
            },
        )
        named = dict(zip(self._outputs, results, strict=True))
        present = {name.replace("present", "past_key_values"): value for name, value in named.items()}
        own = {name: value for name, value in present.items() if ".decoder." in name}
        memory = {name: value for name, value in present.items() if ".encoder." in name}
        return Prefixes(_log_softmax(named["logits"][:, -1]), own), memory


def _return_freed_memory() -> None:
    """Let glibc give freed memory back at once: utterances of all lengths leave 60 MB of holes otherwise."""
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(_M_TRIM_THRESHOLD, 1 << 20)


def _session(path: Path) -> Any:  # noqa: ANN401 - onnxruntime has no types
    # Imported late: it takes 0.1 s and 25 MB, and is needed only with the second ear.
    import onnxruntime  # noqa: PLC0415 - as above

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    # The arena and the patterns keep memory of every length of utterance that was ever heard.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise SystemFailure(
            f"onnxruntime cannot load Moonshine ({type(error).__name__}): install both again"
        ) from error


def _log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    shifted: NDArray[np.float32] = logits - logits.max(axis=-1, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return shifted
