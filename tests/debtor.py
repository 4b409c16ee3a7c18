"""What a debtor sees of an invoice: by its link, without signing in."""

import io
import re

import PyPDF2
import requests

# To print takes a browser that asks the server for styles and pictures.
SECONDS = 120


class Debtor:
    """Somebody who has the link to an invoice, and nothing else."""

    def __init__(self, server, invoice, token=None):
        self.server, self.invoice = server, invoice
        self.session = requests.Session()
        self.token = token or get_token(server, invoice)

    @property
    def path(self):
        return f"/my/invoices/{self.invoice.id}"

    @property
    def link(self):
        return f"{self.server.url}{self.path}?access_token={self.token}"

    def get(self, suffix="", **params):
        return self.session.get(
            f"{self.server.url}{self.path}{suffix}",
            params={"access_token": self.token, **params},
            timeout=SECONDS,
            allow_redirects=False,
        )

    def page(self):
        answer = self.get()
        assert answer.status_code == 200, answer.headers
        return answer.text

    def invoice_html(self):
        """Return the invoice as the page shows it in its frame."""
        return self.get(report_type="html").text

    def pdf(self):
        """Return the text of the PDF that *Download* gives."""
        answer = self.get(report_type="pdf", download="true")
        assert answer.headers["Content-Type"] == "application/pdf", answer.text
        return read_pdf(answer.content)

    def say(self, what, **values):
        """Send a form of the page, as a browser does: with the token that the page holds."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.page())
        return self.session.post(
            f"{self.server.url}{self.path}/{what}",
            data={
                "access_token": self.token,
                "csrf_token": found[1] if found else "",
                **values,
            },
            timeout=SECONDS,
            allow_redirects=False,
        )

    def messages(self):
        """Return the history that the page shows: bodies and attachments."""
        answer = self.session.post(
            f"{self.server.url}/mail/chatter_fetch",
            json={
                "jsonrpc": "2.0",
                "method": "call",
                "params": {
                    "thread_model": "account.move",
                    "thread_id": self.invoice.id,
                    "token": self.token,
                },
            },
            timeout=SECONDS,
        ).json()
        return answer["result"]["data"]["mail.message"]


def get_token(server, invoice):
    """Return the token of the invoice's link, made when there is none yet."""
    server.rpc("clerk").call("account.move", "preview_invoice", [invoice.id])
    ((token,),) = server.sql("SELECT access_token FROM account_move WHERE id = %s", invoice.id)
    return token


def read_pdf(content):
    reader = PyPDF2.PdfReader(io.BytesIO(content))
    return "\n".join(page.extract_text() for page in reader.pages)
