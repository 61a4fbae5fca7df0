"""Brings a model from the network: download, check, unpack, and only then into its place.

The standard library's `urllib` is all it takes: one GET, with a Range. This is the only module that uses the network.
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

from voice.asr.models import RECORD, Download, Fact, check_model, digest
from voice.errors import InputError, MomentsError, SystemFailure
from voice.storage.paths import private_folder

__all__ = ["Progress", "fetch"]

Progress = Callable[[int, int], None]
"""Is told how many bytes there are, and how many there will be."""

_BLOCK = 1 << 16
_WAITS = 30.0  # seconds without a byte
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_MOST_FILES = 1000
_LARGEST = 20  # times the size of the zip; speech models pack to a half or a third
_MEGABYTE = 1_000_000


def fetch(model: Download, shelf: Path, progress: Progress = lambda _have, _all: None) -> Path:
    """Bring a model, in place of one of that name that is there.

    A download that broke off stays in `shelf`, and the next call goes on from its end.

    Args:
        model: the model.
        shelf: the folder of all models; it is made if it is not there.
        progress: is told how far the download is.

    Returns:
        The model's folder.

    Raises:
        InputError: the address is not https, or what came is no model that can be used.
        SystemFailure: the network, the server or the disk failed; or what came is not what the manifest tells.
    """
    _check_address(model.address)
    private_folder(shelf)
    part = shelf / f"{model.name}.zip.part"
    with _writing(model.name), _own(part) as file:
        _download(model, part, file, progress)
        found = digest(part)
        if found != model.sha256:
            part.unlink()
            raise SystemFailure(
                f"{model.address}: the SHA-256 of what came is {found[:12]}..., not {model.sha256[:12]}...: "
                "nothing was unpacked; try again, and if it stays so, do not trust this address"
            )
        try:
            folder = _unpack(model, part, shelf)
        except MomentsError:  # what is in it will not be better next time; a full disk may be
            part.unlink()
            raise
        part.unlink()
    return folder


@contextmanager
def _writing(name: str) -> Iterator[None]:
    """Say what the disk refused."""
    try:
        yield
    except OSError as error:
        reason = "the disk is full: make room" if error.errno == errno.ENOSPC else f"{error.strerror}: mend that"
        raise SystemFailure(f"{name} cannot be kept: {reason}, then fetch it again") from None


@contextmanager
def _own(part: Path) -> Iterator[BinaryIO]:
    """Open the partial download, for this process alone."""
    with part.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemFailure(f"{part.name} is being fetched already: wait for that to end") from None
        try:
            yield file
        finally:
            if part.exists() and not part.stat().st_size:
                part.unlink()  # nothing to go on from


def _check_address(address: str) -> None:
    parts = urllib.parse.urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise InputError(f"{address}: models are fetched by https only: mend the address in the list of models")


class _OnlySafely(urllib.request.HTTPRedirectHandler):
    """Follows no redirection to an address that may not be fetched from."""

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
    """Make the partial download whole."""
    have = part.stat().st_size
    if have > model.size:
        file.truncate(0)
        have = 0
    if have == model.size:
        return
    with _reply(model, have) as reply:
        if have and not _goes_on(reply, have):  # the server knows no Range: it begins again
            file.truncate(0)
            have = 0
        _check_length(model, reply, have)
        _room(part, model.size - have)
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
                raise _other_size(model, "more than that")
            file.write(block)
            progress(have, model.size)
        file.flush()
    if have < model.size:
        raise SystemFailure(
            f"{model.address}: the connection broke off at {have / _MEGABYTE:.1f} of {model.size / _MEGABYTE:.1f} MB: "
            "fetch it again, and it goes on from there"
        )


def _reply(model: Download, have: int) -> Any:  # noqa: ANN401 - urllib's own type is that
    request = urllib.request.Request(model.address, headers={"User-Agent": "micro-moments"})  # noqa: S310 - checked
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        return urllib.request.build_opener(_OnlySafely).open(request, timeout=_WAITS)
    except urllib.error.HTTPError as error:
        error.close()
        raise SystemFailure(
            f"{model.address}: the server says {error.code} {error.reason}: look whether the model has moved"
        ) from None
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise SystemFailure(
            f"{urllib.parse.urlsplit(model.address).hostname} cannot be reached ({reason}): "
            "models need the network once; connect, and fetch it again"
        ) from None


def _goes_on(reply: Any, have: int) -> bool:  # noqa: ANN401 - as above
    return bool(reply.status == http.HTTPStatus.PARTIAL_CONTENT) and str(
        reply.headers.get("Content-Range", "")
    ).startswith(f"bytes {have}-")


def _check_length(model: Download, reply: Any, have: int) -> None:  # noqa: ANN401 - as above
    length = reply.headers.get("Content-Length")
    if length is not None and length.isdecimal() and have + int(length) != model.size:
        raise _other_size(model, f"{have + int(length)}")


def _other_size(model: Download, size: str) -> SystemFailure:
    return SystemFailure(
        f"{model.address}: the model has {model.size} bytes, and the server offers {size}: "
        "this is not the file that is listed; it was not taken"
    )


def _room(place: Path, needed: int) -> None:
    if shutil.disk_usage(place.parent).free < needed:
        raise OSError(errno.ENOSPC, "the disk is full")


def _unpack(model: Download, archive: Path, shelf: Path) -> Path:
    """Unpack beside its place, check, and move in one step."""
    with tempfile.TemporaryDirectory(dir=shelf, prefix=f".{model.name}-") as temporary:
        new = Path(temporary) / "new"
        new.mkdir()
        files = _extract(model, archive, new)
        check_model(new)
        record = {"name": model.name, "language": model.language, "archive": model.sha256}
        facts = {name: fact.model_dump() for name, fact in files.items()}
        (new / RECORD).write_text(json.dumps({**record, "files": facts}, indent=1), encoding="utf-8")
        place = shelf / model.name
        if place.exists():
            place.rename(Path(temporary) / "old")
        return new.rename(place)


def _extract(model: Download, archive: Path, folder: Path) -> dict[str, Fact]:
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [member for member in opened.infolist() if not member.filename.endswith("/")]
            _check_members(model, members)
            _room(folder, sum(member.file_size for member in members))
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
    """Look at every name before one file is written."""
    names = [PurePosixPath(member.filename) for member in members]
    for member, name in zip(members, names, strict=True):
        kind = stat.S_IFMT(member.external_attr >> 16)
        strange = name.is_absolute() or not name.parts or ".." in name.parts or set("\\:") & set(member.filename)
        if strange or name.name == RECORD or kind not in {0, stat.S_IFREG}:
            raise SystemFailure(
                f"{model.address}: the zip has a file that leads astray ({name!s}): nothing was unpacked"
            )
    if not members or len(set(names)) < len(names):
        raise SystemFailure(f"{model.address}: the zip is empty, or has a file twice: nothing was unpacked")
    size = sum(member.file_size for member in members)
    if len(members) > _MOST_FILES or size > _LARGEST * model.size + _MEGABYTE:
        raise SystemFailure(
            f"{model.address}: the zip unpacks to {len(members)} files of {size / _MEGABYTE:.0f} MB in all, "
            "far more than a speech model: nothing was unpacked"
        )


def _common_folder(members: list[zipfile.ZipInfo]) -> PurePosixPath:
    """Return the folder that all files lie in; most models have one."""
    parents = [PurePosixPath(member.filename).parts[:-1] for member in members]
    first = parents[0][:1]
    return PurePosixPath(*first) if all(parent[:1] == first for parent in parents) else PurePosixPath()


def _extract_file(opened: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> Fact:
    """Write one file; `zipfile` reads no more of it than the size that was checked, and compares the CRC."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with opened.open(member) as source, path.open("xb") as target:
        shutil.copyfileobj(source, target)
    return Fact(size=member.file_size, sha256=digest(path))
