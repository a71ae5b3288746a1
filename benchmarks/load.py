"""A load client for loopback: one thread, many kept connections, next to no work per request."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

Picked = tuple[bytes, object]
WAIT_S = 0.001


@dataclass(slots=True)
class Line:
    """One kept connection and the request under way on it."""

    sock: socket.socket
    tag: object = None
    started: float = 0.0
    buffer: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    tag: object
    status: int
    started: float
    seconds: float


def drive(
    port: int, connections: int, pick: Callable[[float], Picked | None], over: Callable[[], bool], *,
    heard: Callable[[Answer], None] = lambda answer: None, timeout_s: float = 30,
) -> list[Answer]:  # fmt: skip
    """Sends what `pick(now)` gives whenever a connection is free, until `over()`. Returns every answer, in the order they came."""
    selector = selectors.DefaultSelector()
    free = [_connect(port, selector) for _ in range(connections)]
    busy: set[int] = set()
    answers: list[Answer] = []
    last = time.perf_counter()
    while True:
        now = time.perf_counter()
        while free and (job := pick(now)) is not None:
            line = free.pop()
            line.tag, line.started, line.buffer = job[1], time.perf_counter(), b""
            line.sock.sendall(job[0])
            busy.add(id(line))
        if not busy and over():
            break
        for key, _ in selector.select(WAIT_S):
            line = key.data
            line.buffer += line.sock.recv(65536)
            status = _status(line.buffer)
            if status:
                answers.append(Answer(line.tag, status, line.started, time.perf_counter() - line.started))
                heard(answers[-1])
                busy.discard(id(line))
                free.append(line)
                last = time.perf_counter()
        if busy and time.perf_counter() - last > timeout_s:
            raise TimeoutError(f"{len(busy)} requests had no answer")
    for line in free:
        selector.unregister(line.sock)
        line.sock.close()
    return answers


def post(path: str, body: bytes, signature: str) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"X-Twilio-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _connect(port: int, selector: selectors.BaseSelector) -> Line:
    line = Line(socket.create_connection(("127.0.0.1", port)))
    line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    selector.register(line.sock, selectors.EVENT_READ, line)
    return line


def _status(buffer: bytes) -> int:
    """The status of a complete answer, else 0."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return 0
    head = buffer[:end].lower()
    at = head.find(b"content-length:")
    length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
    return int(buffer[9:12]) if len(buffer) >= end + 4 + length else 0
