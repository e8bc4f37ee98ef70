"""HTTP/1.1 by hand over a socket, for what no client library would send."""

import contextlib
import socket
from dataclasses import dataclass, field


@dataclass
class Answer:
    status: int
    headers: dict = field(default_factory=dict)  # names in lower case
    body: bytes = b""


class Raw:
    """One connection. Loopback has many addresses; source says from which one it comes."""

    def __init__(self, where, source="127.0.0.1", timeout=20):
        self.socket = socket.create_connection((where.host, where.port), timeout, (source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """False when the other side does not take it any more."""
        try:
            self.socket.sendall(data)
        except ConnectionError:
            return False
        return True

    def send_bytewise(self, data):
        for at in range(len(data)):
            self.socket.sendall(data[at : at + 1])

    def _more(self):
        part = self.socket.recv(65536)
        self.received += part
        return part

    def _until(self, enough):
        while not enough():
            assert self._more(), f"the connection ended early, with {self.received[:300]!r}"

    def answer(self, head_only=False):
        """The next answer; every one of them has a Content-Length, but 1xx."""
        self._until(lambda: b"\r\n\r\n" in self.received)
        head, _, self.received = self.received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        version, status, _ = first.split(" ", 2)
        assert version == "HTTP/1.1", first
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if head_only or status.startswith("1"):
            return Answer(int(status), headers)
        size = int(headers["content-length"])
        self._until(lambda: len(self.received) >= size)
        body, self.received = self.received[:size], self.received[size:]
        return Answer(int(status), headers, body)

    def first_words(self):
        """What has come, when something has or the end has."""
        with contextlib.suppress(ConnectionError):
            self._more()
        return self.received

    def ended(self):
        """Whether the other side ends the connection, in peace and without another word."""
        return self.received == b"" and self.socket.recv(1) == b""

    def gone(self):
        """Whether it is over, in peace or not."""
        with contextlib.suppress(ConnectionError):
            while self.socket.recv(65536):
                pass
        return True
