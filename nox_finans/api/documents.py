"""Fetches the document that the service made of an invoice: a PDF at an address that it tells.

The interface's pages do not say where that address leads nor whether it asks for a token. Nobody is
sent a token here: a document that cannot be had without one stays where it is.
"""

import ipaddress
import socket
from urllib.parse import SplitResult, urljoin, urlsplit

import requests

from . import answers, transport
from .errors import RefusedError, UncertainError

MAX_REDIRECTS = 3
HTTPS_PORT = 443
PDF_MAGIC = b"%PDF-"


def fetch(address: str | None, service_url: str | None) -> bytes:
    """Return the bytes of the PDF at `address`.

    Only what is out in the open is fetched: over HTTPS, from a public address of the Internet; or
    from where the service itself is, which in the sandbox is a machine of one's own. Time and size
    are limited as for every call to the service.

    :param service_url: where the service is; what is there may be fetched
    :raises NoxFinansError: it cannot be had, or must not be
    """
    session = requests.Session()
    # Nothing of this machine's, such as a password kept for a host, goes along.
    session.auth = _no_credentials
    where = address or ""
    for _hop in range(MAX_REDIRECTS + 1):
        _check_address(where, service_url)
        answer = transport.fetch(session, where)
        if answer.status_code not in (301, 302, 303, 307, 308):
            return _read_pdf(answer)
        where = answers.link(urljoin(where, answer.headers.get("Location", ""))) or ""
    raise UncertainError("The document's address leads on and on.")


def _no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _read_pdf(answer: transport.Answer) -> bytes:
    if answer.status_code != 200:
        raise UncertainError(f"HTTP {answer.status_code} instead of the document.")
    if not answer.body.startswith(PDF_MAGIC):
        raise UncertainError("What came instead of the document is no PDF.")
    return answer.body


def _check_address(address: str, service_url: str | None) -> None:
    """:raises RefusedError: nothing may be fetched from there"""
    parts = urlsplit(address)
    if _get_origin(parts) == _get_origin(urlsplit(service_url or "")) and parts.hostname:
        return
    if parts.scheme != "https" or parts.username or _get_port(parts) != HTTPS_PORT:
        raise RefusedError("The document's address is not a plain https address.")
    if not all(ipaddress.ip_address(found).is_global for found in _look_up(parts.hostname)):
        raise RefusedError("The document's address leads into a private network.")


def _get_origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, _get_port(parts)


def _get_port(parts: SplitResult) -> int | None:
    try:
        return parts.port or {"http": 80, "https": HTTPS_PORT}.get(parts.scheme)
    except ValueError:
        return None


def _look_up(host: str | None) -> set[str]:
    try:
        return {str(row[4][0]).partition("%")[0] for row in socket.getaddrinfo(host, HTTPS_PORT)}
    except (OSError, UnicodeError) as error:
        raise UncertainError("The document's address cannot be found.") from error
