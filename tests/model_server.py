"""A model server on the loopback interface, with faults that tests can choose."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["Behaviour", "ModelServer", "serving"]


@dataclass
class Behaviour:
    """The behaviour of the server.

    Attributes:
        content: the file that it serves.
        cuts_at: the number of bytes after which it closes the connection; None for never.
        knows_range: whether it answers a Range with status 206.
        says: the length that it claims; None for the right one.
        status: the status that it answers with.
        redirects_to: an address to redirect every request to.
    """

    content: bytes
    cuts_at: int | None = None
    knows_range: bool = True
    says: int | None = None
    status: int = 200
    redirects_to: str | None = None


@dataclass
class ModelServer:
    """A running server; `ranges` are the Range headers it received."""

    address: str
    behaviour: Behaviour
    ranges: list[str | None] = field(default_factory=list)


@contextmanager
def serving(content: bytes) -> Iterator[ModelServer]:
    """Serve until the block ends."""
    running = ModelServer("", Behaviour(content))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, running)

        def log_message(self, *_arguments: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        running.address = f"http://127.0.0.1:{server.server_port}/model.zip"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield running
        finally:
            server.shutdown()
            thread.join()


def _answer(request: BaseHTTPRequestHandler, running: ModelServer) -> None:
    wanted = request.headers.get("Range")
    running.ranges.append(wanted)
    behaviour = running.behaviour
    if behaviour.redirects_to is not None:
        request.send_response(302)
        request.send_header("Location", behaviour.redirects_to)
        request.end_headers()
        return
    if behaviour.status != 200:
        request.send_error(behaviour.status)
        return
    start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and behaviour.knows_range else 0
    body = behaviour.content[start:]
    request.send_response(206 if start else 200)
    if start:
        whole = len(behaviour.content)
        request.send_header("Content-Range", f"bytes {start}-{whole - 1}/{whole}")
    request.send_header("Content-Length", str(len(body) if behaviour.says is None else behaviour.says))
    request.end_headers()
    request.wfile.write(body[: behaviour.cuts_at])
    request.close_connection = True
