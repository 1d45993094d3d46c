"""An HTTP receiver that remembers what it was sent, and answers as it is told."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class Received:
    path: str
    headers: dict[str, str]
    body: str
    answered: int


@dataclass(slots=True)
class Receiver:
    """Webhooks received at `url`; `answers` are the next statuses, then 200."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def wait_for(
        self, wanted: Callable[[Received], bool], count: int = 1, seconds: float = 10
    ) -> list[Received]:
        """The calls that match, as soon as there are `count` of them."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = [call for call in list(self.received) if wanted(call)]
            if len(found) >= count:
                return found
            time.sleep(0.02)
        raise AssertionError(f"{count} calls were expected, and these came: {self.received}")


@contextmanager
def run_receiver() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status = receiver.answers.pop(0) if receiver.answers else 200
            receiver.received.append(Received(self.path, dict(self.headers), body, status))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
