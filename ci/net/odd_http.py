# SPDX-License-Identifier: BSD-2-Clause
"""An HTTP server for what others do not do by themselves: the first part of a path says what it does with the file.

    python3 -m ci.net.odd_http ADDRESS PORT FOLDER
"""

from __future__ import annotations

import re
import socket
import struct
import sys
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl

MOVED, CHUNKED, CUT, SECRET, FORM, ECHO = "moved", "chunked", "cut", "secret", "form", "echo"
CIRCLE, ENDLESS, LYING, SHORT, RESET = "circle", "endless", "lying", "short", "reset"
USER, PASSWORD = "lab", "open sesame"
WORDS = "Two words & more=100%, 1+1"  # of a form
MAC = r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}"
PIECE = 7000  # bytes until a connection is cut, and of a chunk


class Handler(BaseHTTPRequestHandler):
    """Its folder is the server's."""

    protocol_version = "HTTP/1.1"
    folder = Path()
    query = ""

    def do_GET(self) -> None:  # pylint: disable=invalid-name
        """The way, and behind it the file."""
        target, _, self.query = self.path.partition("?")
        way, _, name = target.lstrip("/").partition("/")
        path = self.folder / name
        if way not in WAYS or not path.is_file():
            self.send_error(404)
            return
        WAYS[way](self, name, path.read_bytes())

    def do_POST(self) -> None:  # pylint: disable=invalid-name
        """A form. The answer is a script: ECHO sets a variable to the form, FORM goes on to its file."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode("ascii")
        if self.headers["Content-Type"] != "application/x-www-form-urlencoded":
            self.send_error(415)
        elif self.path == f"/{ECHO}":
            self._answer(f"#!ipxe\nset posted {body}\n".encode())
        elif self.path == f"/{FORM}":
            fields = dict(parse_qsl(body, strict_parsing=True))
            good = set(fields) == {"mac", "words", "file"} and fields["words"] == WORDS
            if good and re.fullmatch(MAC, fields["mac"]):
                self._answer(f"#!ipxe\nchain /{CHUNKED}/{fields['file']}\n".encode())
            else:
                self.send_error(400)
        else:
            self.send_error(405)

    def _answer(self, data: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def moved(self, name: str, _: bytes) -> None:
        """By a relative URI, by a whole one, and to where it comes in chunks."""
        host = self.headers["Host"]
        up = "../" * (name.count("/") + 1)
        place = f"http://{host}/{CHUNKED}/{name}" if self.query else f"{up}{MOVED}/{name}?again"
        self.send_response(302)
        self.send_header("Location", place)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def chunked(self, _: str, data: bytes) -> None:
        """With extensions and a trailer."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for at in range(0, len(data), PIECE):
            part = data[at : at + PIECE]
            self.wfile.write(b"%x;at=%d\r\n%b\r\n" % (len(part), at, part))
        self.wfile.write(b"0\r\nX-Trailer: yes\r\n\r\n")

    def cut(self, _: str, data: bytes) -> None:
        """The connection is closed again and again; who asks for a range of the same file gets it."""
        start = 0
        tag = f'"{len(data)}"'
        if self.headers.get("If-Range") == tag:
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.send_header("ETag", tag)
        self.end_headers()
        self.wfile.write(data[start : start + PIECE])
        self.close_connection = True

    def secret(self, _: str, data: bytes) -> None:
        """For who knows the password."""
        expected = "Basic " + b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") != expected:
            self.send_error(401)
            return
        self._answer(data)

    def circle(self, name: str, _: bytes) -> None:
        """It is always elsewhere."""
        self.send_response(302)
        self.send_header("Location", f"/{CIRCLE}/{name}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def endless(self, _: str, __: bytes) -> None:
        """Headers, until nobody takes them any more."""
        self.send_response(200)
        self.close_connection = True
        while True:
            self.send_header("X-More", "y" * 99)
            self.flush_headers()

    def lying(self, _: str, data: bytes) -> None:
        """A chunk of a length beyond all bounds."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"fffffffff0000000f\r\n" + data)

    def short(self, _: str, data: bytes) -> None:
        """Less than it says."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(data) + PIECE))
        self.end_headers()
        self.wfile.write(data)
        self.close_connection = True

    def reset(self, _: str, data: bytes) -> None:
        """The connection breaks in the middle."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[:PIECE])
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True


WAYS = {
    MOVED: Handler.moved,
    CHUNKED: Handler.chunked,
    CUT: Handler.cut,
    SECRET: Handler.secret,
    CIRCLE: Handler.circle,
    ENDLESS: Handler.endless,
    LYING: Handler.lying,
    SHORT: Handler.short,
    RESET: Handler.reset,
}


def main(address: str, port: str, folder: str) -> None:
    """Serve, until it is ended."""
    Handler.folder = Path(folder)
    with ThreadingHTTPServer((address, int(port)), Handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
