"""An OpenAI-compatible endpoint on the loopback interface, whose models are wrong in one way each."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

RIGHT: dict[str, Any] = {
    "eligible": True,
    "policy_id": "P-7",
    "evidence": [{"citation": "P-7@2#1", "quote": "within 30 days of delivery"}],
    "citations": ["P-7@2#1"],
    "answer": "Yes, a damaged item may be returned within 30 days of delivery.",
    "requested_actions": ["create_label"],
}


def citing(citation: str, quote: str, **fields: Any) -> str:
    """The right answer with another citation, and with these fields in place of its own."""
    evidence = [{"citation": citation, "quote": quote}]
    return json.dumps({**RIGHT, "evidence": evidence, "citations": [citation], **fields})


WRITES: dict[str, str] = {
    "right": json.dumps(RIGHT),
    "busy-once": json.dumps(RIGHT),
    "knows-no-schema": json.dumps(RIGHT),
    "knows-no-format": json.dumps(RIGHT),
    "reasons": json.dumps(RIGHT),
    "thinks": f"<think>\nWas it damaged? Yes.\n</think>\n{json.dumps(RIGHT)}",
    "fences": f"```json\n{json.dumps(RIGHT)}\n```",
    "streams": json.dumps(RIGHT),
    "invents": citing("P-77@1#1", "within 30 days"),
    "stale": citing("P-7@1#1", "within 7 days"),
    "misquotes": citing("P-7@2#1", "within 3 days"),
    "narrower": citing("P-7@2#3", "The order number", answer="Send the order number with it."),
    "not-shown": citing("P-1@1#5", "Perishable goods", policy_id="P-1"),
    "other-policy": json.dumps({**RIGHT, "policy_id": "P-1"}),
    "against-facts": citing("P-7@2#1", "within 30 days of delivery", eligible=False, requested_actions=[]),
    "contradicts": json.dumps({**RIGHT, "answer": "A damaged item may be returned within 90 days of delivery."}),
    "denies": json.dumps({**RIGHT, "answer": "No. The item cannot be returned."}),
    "repeats-the-rule": json.dumps(
        {**RIGHT, "answer": "Damaged items within 30 days of delivery are eligible for a return or a replacement."}
    ),
    "against-the-list": citing("P-1@1#3", "Gift cards", policy_id="P-1", answer="Yes, send it back."),
    "uncited": json.dumps({**RIGHT, "evidence": [], "citations": []}),
    "claims-a-label": json.dumps({**RIGHT, "answer": "Good news: your label has been created."}),
    "refuses-and-requests": json.dumps({**RIGHT, "eligible": False}),
    "abstains": json.dumps({**RIGHT, "eligible": None, "policy_id": None, "requested_actions": []}),
    "prose": "Yes, it is eligible.",
    "missing-field": json.dumps({"eligible": True}),
}
"""What each model writes."""


class ChatServer(ThreadingHTTPServer):
    """Answers by the name of the model asked for, which is the answer where none is known; keeps what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[dict[str, Any]] = []
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def count(self, model: str) -> int:
        """How often the model was asked."""
        return sum(body["model"] == model for body in self.asked)


@contextmanager
def chat_server() -> Iterator[ChatServer]:
    """The endpoint, until it is left."""
    with ChatServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join()


def _completion(text: str, finish_reason: str) -> bytes:
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": finish_reason}
    return json.dumps({"choices": [choice], "usage": {"prompt_tokens": 700, "completion_tokens": 60}}).encode()


class _Handler(BaseHTTPRequestHandler):
    server: ChatServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        model = body["model"]
        self.server.asked.append({**body, "path": self.path, "key": self.headers.get("authorization")})
        special: dict[str, Callable[[], None]] = {
            "broken": lambda: self._send(500, b"out of memory"),
            "busy": lambda: self._send(503, b"{}"),
            "no-such-model": lambda: self._send(404, b'{"error": "there is no model no-such-model"}'),
            "cut-off": lambda: self._send(200, _completion('{"eligible": tr', "length")),
            "no-completion": lambda: self._send(200, b'{"choices": []}'),
            "slow": lambda: self._slow(),
            "streams": lambda: self._stream(WRITES[model]),
        }
        form = body.get("response_format", {}).get("type")
        if model == "busy-once" and self.server.count(model) == 1:
            self._send(503, b"{}")
        elif model == "knows-no-schema" and form == "json_schema":
            self._send(500, b'{"error": {"message": "1 validation error: literal_error"}}')
        elif model == "knows-no-format" and form is not None:
            self._send(400, b'{"error": {"message": "Bad Request"}}')
        elif model == "reasons" and "temperature" in body:
            self._send(400, b'{"error": {"message": "Unsupported value", "param": "temperature"}}')
        elif model in special:
            special[model]()
        else:
            self._send(200, _completion(WRITES.get(model, model), "stop"))

    def _send(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _slow(self) -> None:
        self.server.over.wait(10)

    def _stream(self, text: str) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        events: list[dict[str, Any]] = [{"choices": [{"delta": {"role": "assistant"}}]}]
        events += [{"choices": [{"delta": {"content": text[at : at + 40]}}]} for at in range(0, len(text), 40)]
        events += [{"choices": [], "usage": {"prompt_tokens": 700, "completion_tokens": 60}}]
        for event in events:
            self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
            self.wfile.flush()
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: a test's output is its own."""
