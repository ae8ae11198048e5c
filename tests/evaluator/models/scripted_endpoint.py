"""A real HTTP server in the place of an endpoint: it answers by a function of the request's body."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Said:
    """A response; `events` are sent as a stream, `cut` bytes of the body are withheld."""

    content: Any = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    events: tuple[Any, ...] = ()
    delay: float = 0.0
    cut: int = 0


def completion(text: str | None, **fields: Any) -> Said:
    return Said({"model": "m", "choices": [{"message": {"content": text}, "finish_reason": "stop"}], **fields})


def refusal(message: str, status: int = 400, **fields: Any) -> Said:
    return Said({"error": {"message": message, **fields}}, status)


class Endpoint(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answer: Callable[[dict[str, Any]], Said]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that has gone away is no error here."""


class _Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append({**body, "path": self.path})
        self.server.headers.append({name.lower(): value for name, value in self.headers.items()})
        said = self.server.answer(body)
        threading.Event().wait(said.delay)
        self.send_response(said.status)
        for name, value in said.headers.items():
            self.send_header(name, value)
        if said.events:
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            for event in said.events:
                text = event if isinstance(event, str) else json.dumps(event)
                self.wfile.write(f"data: {text}\n\n".encode())
            return
        content = said.content if isinstance(said.content, bytes) else json.dumps(said.content).encode()
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) - said.cut])

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: a test's output is its own."""


@contextmanager
def endpoint(answer: Callable[[dict[str, Any]], Said]) -> Iterator[Endpoint]:
    """The server, until it is left."""
    with Endpoint(answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
