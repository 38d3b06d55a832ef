"""A page from the standard library: `python myapp.py` or `autorun myapp:main`."""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VERSION = 1


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = f"<!doctype html><title>myapp</title><h1>version {VERSION}</h1>\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Serve until Ctrl-C on the port in `PORT`; 0 takes a free one."""
    port = int(os.environ.get("PORT", "8000"))
    with ThreadingHTTPServer(("127.0.0.1", port), Page) as server:
        print(f"version {VERSION} on http://127.0.0.1:{server.server_port}/", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass  # the usual end of a server, no news


if __name__ == "__main__":
    main()
