"""The cluster protocol: frames of a JSON header and bytes (see the project's README, "Protocol")."""
import json
import socket
import struct
import threading

_LENGTHS = struct.Struct("<II")


class Channel:
    """A connection to the head. Sends may come from any thread; one thread reads."""

    def __init__(self, host, port, timeout=None):
        self.socket = socket.create_connection((host, port), timeout=timeout)
        self.socket.settimeout(None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._lock = threading.Lock()
        self._reader = self.socket.makefile("rb", buffering=256 * 1024)

    def send(self, header, *payload):
        head = json.dumps(header, separators=(",", ":")).encode()
        size = sum(len(p) for p in payload)
        with self._lock:
            if size < 65536:
                self.socket.sendall(b"".join((_LENGTHS.pack(len(head), size), head, *payload)))
            else:
                self.socket.sendall(_LENGTHS.pack(len(head), size) + head)
                for part in payload:
                    self.socket.sendall(part)

    def receive(self):
        """(header, payload), or None when the head has gone."""
        try:
            lengths = self._reader.read(8)
            if len(lengths) < 8:
                return None
            n, m = _LENGTHS.unpack(lengths)
            head = self._reader.read(n)
            payload = self._reader.read(m) if m else b""
            if len(head) < n or len(payload) < m:
                return None
            return json.loads(head), payload
        except (OSError, ValueError):
            return None

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()
