"""Downloads a model: fetches, checks and unpacks it, then moves it into place.

The standard library's `urllib` is enough: one GET, with a Range. This is the only module that uses the network.
"""

import errno
import fcntl
import http.client
import json
import shutil
import stat
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO

from voice.asr.models import RECORD, Download, FileChecksum, check_model, sha256_of
from voice.errors import InputError, MomentsError, SystemFailure
from voice.storage.paths import private_folder

__all__ = ["Progress", "fetch"]

Progress = Callable[[int, int], None]
"""Called with the number of bytes so far, and of all bytes."""

_BLOCK = 1 << 16
_TIMEOUT = 30.0  # seconds without a byte
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_MAX_FILES = 1000
_MAX_RATIO = 20  # unpacked size to that of the zip; 2 to 3 for speech models
_MEGABYTE = 1_000_000


def fetch(model: Download, store: Path, progress: Progress = lambda _have, _all: None) -> Path:
    """Download a model; replace an installed one of the same name.

    An interrupted download stays in `store`, and the next call resumes it.

    Args:
        model: the model.
        store: the folder of all models; it is created if missing.
        progress: called during the download.

    Returns:
        The model's folder.

    Raises:
        InputError: the address is not https, or the archive holds no usable model.
        SystemFailure: the network, the server or the disk failed, or the file is not the listed one.
    """
    _check_address(model.address)
    private_folder(store)
    part = store / f"{model.name}.zip.part"
    with _disk_errors(model.name), _locked(part) as file:
        _download(model, part, file, progress)
        found = sha256_of(part)
        if found != model.sha256:
            part.unlink()
            raise SystemFailure(
                f"{model.address}: the SHA-256 of the download is {found[:12]}..., not {model.sha256[:12]}...: "
                "nothing was unpacked; try again, and if this repeats, do not trust this address"
            )
        try:
            folder = _unpack(model, part, store)
        except MomentsError:  # the same archive would fail again; a full disk (OSError) may be mended
            part.unlink()
            raise
        part.unlink()
    return folder


@contextmanager
def _disk_errors(name: str) -> Iterator[None]:
    """Turn errors of the disk into one line for people."""
    try:
        yield
    except OSError as error:
        reason = "the disk is full: make room" if error.errno == errno.ENOSPC else f"{error.strerror}: repair that"
        raise SystemFailure(f"{name} cannot be saved: {reason}, then fetch it again") from None


@contextmanager
def _locked(part: Path) -> Iterator[BinaryIO]:
    """Open the partial download and lock it for this process."""
    with part.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemFailure(f"{part.name} is already being fetched: wait until that has ended") from None
        try:
            yield file
        finally:
            if part.exists() and not part.stat().st_size:
                part.unlink()  # nothing to resume


def _check_address(address: str) -> None:
    parts = urllib.parse.urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise InputError(f"{address}: models are fetched by https only: correct the address in the list of models")


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirections to https addresses only."""

    def redirect_request(  # noqa: PLR0913, PLR0917 - the signature of the standard library
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        _check_address(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _download(model: Download, part: Path, file: BinaryIO, progress: Progress) -> None:
    """Download the missing part of the file."""
    have = part.stat().st_size
    if have > model.size:
        file.truncate(0)
        have = 0
    if have == model.size:
        return
    with _open(model, have) as reply:
        if have and not _resumes(reply, have):  # the server ignores Range and sends everything
            file.truncate(0)
            have = 0
        _check_length(model, reply, have)
        _check_space(part, model.size - have)
        while True:
            try:
                block = reply.read(_BLOCK)
            except (OSError, http.client.HTTPException):
                block = b""
            if not block:
                break
            have += len(block)
            if have > model.size:
                file.truncate(0)
                raise _wrong_size(model, "more than that")
            file.write(block)
            progress(have, model.size)
        file.flush()
    if have < model.size:
        raise SystemFailure(
            f"{model.address}: the connection broke at {have / _MEGABYTE:.1f} of {model.size / _MEGABYTE:.1f} MB: "
            "fetch it again, and the download resumes there"
        )


def _open(model: Download, have: int) -> Any:  # noqa: ANN401 - urllib's own type
    request = urllib.request.Request(model.address, headers={"User-Agent": "micro-moments"})  # noqa: S310 - the address was checked
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        return urllib.request.build_opener(_SafeRedirects).open(request, timeout=_TIMEOUT)
    except urllib.error.HTTPError as error:
        error.close()
        raise SystemFailure(
            f"{model.address}: the server says {error.code} {error.reason}: check whether the model has moved"
        ) from None
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise SystemFailure(
            f"{urllib.parse.urlsplit(model.address).hostname} cannot be reached ({reason}): "
            "models need the network once: connect, and fetch it again"
        ) from None


def _resumes(reply: Any, have: int) -> bool:  # noqa: ANN401 - urllib's own type
    return bool(reply.status == http.HTTPStatus.PARTIAL_CONTENT) and str(
        reply.headers.get("Content-Range", "")
    ).startswith(f"bytes {have}-")


def _check_length(model: Download, reply: Any, have: int) -> None:  # noqa: ANN401 - urllib's own type
    length = reply.headers.get("Content-Length")
    if length is not None and length.isdecimal() and have + int(length) != model.size:
        raise _wrong_size(model, f"{have + int(length)}")


def _wrong_size(model: Download, size: str) -> SystemFailure:
    return SystemFailure(
        f"{model.address}: the model has {model.size} bytes, and the server offers {size}: "
        "this is not the file that is listed, and it was not downloaded"
    )


def _check_space(path: Path, needed: int) -> None:
    if shutil.disk_usage(path.parent).free < needed:
        raise OSError(errno.ENOSPC, "the disk is full")


def _unpack(model: Download, archive: Path, store: Path) -> Path:
    """Unpack into a temporary folder, check the model, and move it into place in one step."""
    with tempfile.TemporaryDirectory(dir=store, prefix=f".{model.name}-") as temporary:
        new = Path(temporary) / "new"
        new.mkdir()
        files = _extract(model, archive, new)
        check_model(new)
        record = {"name": model.name, "language": model.language, "archive": model.sha256}
        checksums = {name: checksum.model_dump() for name, checksum in files.items()}
        (new / RECORD).write_text(json.dumps({**record, "files": checksums}, indent=1), encoding="utf-8")
        target = store / model.name
        if target.exists():
            target.rename(Path(temporary) / "old")
        return new.rename(target)


def _extract(model: Download, archive: Path, folder: Path) -> dict[str, FileChecksum]:
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [member for member in opened.infolist() if not member.filename.endswith("/")]
            _check_members(model, members)
            _check_space(folder, sum(member.file_size for member in members))
            top = _common_folder(members)
            return {
                name: _extract_file(opened, member, folder / name)
                for member in members
                for name in [str(PurePosixPath(member.filename).relative_to(top))]
            }
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise SystemFailure(
            f"{model.address}: this is no zip that can be unpacked ({error}): nothing was kept"
        ) from None


def _check_members(model: Download, members: list[zipfile.ZipInfo]) -> None:
    """Check all names and sizes before any file is written."""
    names = [PurePosixPath(member.filename) for member in members]
    for member, name in zip(members, names, strict=True):
        kind = stat.S_IFMT(member.external_attr >> 16)
        strange = name.is_absolute() or not name.parts or ".." in name.parts or set("\\:") & set(member.filename)
        if strange or name.name == RECORD or kind not in {0, stat.S_IFREG}:
            raise SystemFailure(
                f"{model.address}: the zip has a file with a forbidden path or type ({name!s}): nothing was unpacked"
            )
    if not members or len(set(names)) < len(names):
        raise SystemFailure(f"{model.address}: the zip is empty, or has a file twice: nothing was unpacked")
    size = sum(member.file_size for member in members)
    if len(members) > _MAX_FILES or size > _MAX_RATIO * model.size + _MEGABYTE:
        raise SystemFailure(
            f"{model.address}: the zip unpacks to {len(members)} files of {size / _MEGABYTE:.0f} MB in all, "
            "far more than a speech model: nothing was unpacked"
        )


def _common_folder(members: list[zipfile.ZipInfo]) -> PurePosixPath:
    """Return the top folder that all files share; most models have one."""
    parents = [PurePosixPath(member.filename).parts[:-1] for member in members]
    first = parents[0][:1]
    return PurePosixPath(*first) if all(parent[:1] == first for parent in parents) else PurePosixPath()


def _extract_file(opened: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> FileChecksum:
    """Write one file; `zipfile` reads no more than the checked size, and compares the CRC."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with opened.open(member) as source, path.open("xb") as target:
        shutil.copyfileobj(source, target)
    return FileChecksum(size=member.file_size, sha256=sha256_of(path))
