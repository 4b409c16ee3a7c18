"""From where the service's document may be fetched, without Odoo."""

import http.server
import threading

import pytest
from api import documents, transport
from api.errors import NoxFinansError, RefusedError

PDF = b"%PDF-1.4\n%%EOF\n"


@pytest.fixture
def machine():
    """A machine that answers as `answers` says: path to status, headers and body."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked.append((self.path, dict(self.headers)))
            status, headers, body = self.server.answers.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.answers, server.asked = {}, []
    server.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_it_is_fetched_from_where_the_service_is_without_any_token(machine):
    machine.answers["/a"] = (302, {"Location": "/b"}, b"")
    machine.answers["/b"] = (200, {"Content-Type": "application/octet-stream"}, PDF)
    assert documents.fetch(f"{machine.url}/a", machine.url) == PDF
    assert [path for path, _headers in machine.asked] == ["/a", "/b"]
    assert not any("Authorization" in headers for _path, headers in machine.asked)


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com/a.pdf",
        "https://user:secret@example.com/a.pdf",
        "https://example.com:8443/a.pdf",
        "https://127.0.0.1/a.pdf",
        "https://localhost/a.pdf",
        "https://10.0.0.1/a.pdf",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/a.pdf",
        "https://[fe80::1]/a.pdf",
        "https://0/a.pdf",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "",
        None,
    ],
)
def test_nothing_is_fetched_from_anywhere_else(address):
    with pytest.raises(RefusedError):
        documents.fetch(address, "https://api.fortnox.se")


def test_a_redirect_leads_nowhere_else(machine, monkeypatch):
    for path, target in {"/a": "http://127.0.0.1:1/x", "/b": "/b", "/c": "javascript:x"}.items():
        machine.answers[path] = (302, {"Location": target}, b"")
    for path in ("/a", "/b", "/c"):
        with pytest.raises(NoxFinansError):
            documents.fetch(machine.url + path, machine.url)
    assert len(machine.asked) == 1 + (documents.MAX_REDIRECTS + 1) + 1


@pytest.mark.parametrize("body", [b"", b"<html>%PDF-</html>", b"MZ", b" %PDF-1.4"])
def test_what_is_no_pdf_is_not_kept(machine, body):
    machine.answers["/a"] = (200, {"Content-Type": "application/pdf"}, body)
    with pytest.raises(NoxFinansError):
        documents.fetch(f"{machine.url}/a", machine.url)


def test_what_is_too_large_is_not_read_to_its_end(machine):
    machine.answers["/a"] = (200, {}, PDF + b"x" * transport.MAX_ANSWER_BYTES)
    with pytest.raises(NoxFinansError):
        documents.fetch(f"{machine.url}/a", machine.url)
