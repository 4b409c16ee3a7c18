"""The Fortnox company as another of its users sees it: by the documented interface."""

import requests


class There:
    def __init__(self, setting):
        (company,) = setting.sandbox.get("companies")
        ((token,),) = setting.sql("SELECT access_token FROM nox_finans_connector")
        self.url, self.company_id = f"{setting.sandbox.url}/3", company["company_id"]
        self.headers = {"Authorization": f"Bearer {token}"}

    def ask(self, method, path, body=None):
        return requests.request(
            method, f"{self.url}{path}", json=body, headers=self.headers, timeout=10
        )

    def make_customer(self, **values):
        answer = self.ask("POST", "/customers", {"Customer": values})
        assert answer.ok, answer.text

    def customer(self, number):
        """Return a customer's card, or None when there is none."""
        answer = self.ask("GET", f"/customers/{number}")
        return answer.json()["Customer"] if answer.ok else None

    def invoice(self, number):
        answer = self.ask("GET", f"/invoices/{number}")
        assert answer.ok, answer.text
        return answer.json()["Invoice"]
