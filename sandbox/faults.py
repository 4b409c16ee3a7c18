"""Faults on demand, and the log of requests: an ASGI layer around the documented interface."""

import asyncio
import json
import re
from datetime import UTC, datetime
from email.utils import format_datetime


class FaultLayer:
    """Wraps the application. Outermost, since a cut needs the server's own connection."""

    def __init__(self, app, service):
        self.app = app
        self.service = service

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["path"].startswith("/sandbox") or scope["path"] == "/":
            await self.app(scope, receive, send)
            return
        answer = _Answer(send, self.service.now)
        if delay := self.service.settings["latency"]:
            await asyncio.sleep(delay)
        fault = self._take_fault(scope["method"], scope["path"])
        if fault and fault.when == "before" and fault.kind != "missing_fields":
            await self._fail(fault, answer)
        else:
            await self.app(scope, receive, answer.keep)
            if fault:
                await self._fail(fault, answer)
        self._log(scope, answer)
        await answer.give()

    def _take_fault(self, method, path):
        for fault in self.service.faults:
            if fault.times <= 0 or not re.search(fault.path, path):
                continue
            if fault.method not in (None, method):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.times -= 1
            return fault
        return None

    async def _fail(self, fault, answer):
        if fault.kind == "cut":
            answer.cut()
        elif fault.kind == "timeout":
            await asyncio.sleep(fault.seconds)
            answer.cut()
        elif fault.kind == "garbage":
            answer.replace(200, b"<html>\xff\xfe not what was asked for", {})
        elif fault.kind == "missing_fields":
            answer.replace(answer.status, _without_fields(answer.body), {})
        else:
            body = fault.body or {
                "ErrorInformation": {"error": 1, "message": "Systemfel.", "code": 1000003}
            }
            answer.replace(fault.code, json.dumps(body).encode(), fault.headers)

    def _log(self, scope, answer):
        self.service.requests.append(
            {
                "time": datetime.now(UTC).isoformat(),
                "company_id": scope.get("state", {}).get("company_id"),
                "method": scope["method"],
                "path": scope["path"],
                "query": scope["query_string"].decode("latin-1"),
                "status": 0 if answer.is_cut else answer.status,
            }
        )


def _without_fields(body):
    """Empty what stands under the wrapper: the answer has the right form and says nothing."""
    return json.dumps({name: {} for name in json.loads(body or b"{}")}).encode()


class _Answer:
    """Holds back an answer until it is known what becomes of it."""

    def __init__(self, send, now):
        self._send = send
        self._now = now
        self.status = 200
        self.headers = [(b"content-type", b"application/json")]
        self.body = b""
        self.is_cut = False

    async def keep(self, message):
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], message["headers"]
        else:
            self.body += message.get("body", b"")

    def replace(self, status, body, headers):
        self.status, self.body = status, body
        self.headers = [(b"content-type", b"application/json")]
        self.headers += [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    def cut(self):
        """Close the connection without an answer: only uvicorn's own cycle holds it."""
        self.is_cut = True
        cycle = self._send.__self__
        cycle.disconnected = True
        cycle.transport.abort()

    async def give(self):
        if self.is_cut:
            return
        headers = [(name, value) for name, value in self.headers if name != b"content-length"]
        headers.append((b"content-length", str(len(self.body)).encode()))
        # The sandbox's own clock, not the machine's: who follows the service follows its days.
        headers.append((b"date", format_datetime(self._now(), usegmt=True).encode()))
        start = {"type": "http.response.start", "status": self.status, "headers": headers}
        await self._send(start)
        await self._send({"type": "http.response.body", "body": self.body})
