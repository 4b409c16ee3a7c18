"""Speaks to a running Odoo as a user does, by each of its protocols, and tells how it answers."""

import xmlrpc.client
from dataclasses import dataclass

import requests

# What a person may be told. Everything else is a fault of ours, with a traceback.
POLITE = {
    "odoo.exceptions.AccessError",
    "odoo.exceptions.LockError",
    "odoo.exceptions.MissingError",
    "odoo.exceptions.UserError",
    "odoo.exceptions.ValidationError",
}
ACCESS = "odoo.exceptions.AccessError"


@dataclass
class Answer:
    """What came back: `error` is the exception's name, if there was one."""

    error: str | None
    text: str
    result: object = None
    message: str = ""


class Session:
    """A web client that is logged in; its connection is kept."""

    def __init__(self, server, login, password=None):
        self.login, self._url, self._http = login, server.url, requests.Session()
        # Many threads may speak for the same user.
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=32)
        self._http.mount("http://", adapter)
        parameters = {"db": server.database, "login": login, "password": password or login}
        answer = self._post("/web/session/authenticate", parameters).json()
        assert answer["result"]["uid"], login

    def _post(self, path, parameters):
        return self._http.post(self._url + path, json={"params": parameters}, timeout=120)

    def ask(self, model, method, *arguments, **options):
        """Call a method as the web client does."""
        parameters = {"model": model, "method": method, "args": arguments, "kwargs": options}
        answer = self._post("/web/dataset/call_kw", parameters)
        body = answer.json()
        if error := body.get("error"):
            data = error["data"]
            return Answer(data["name"], answer.text, message=data["message"])
        return Answer(None, answer.text, body.get("result"))

    def must(self, model, method, *arguments, **options):
        """Return the result of a method that succeeds."""
        answer = self.ask(model, method, *arguments, **options)
        assert not answer.error, answer.text
        return answer.result


def ask_json_rpc(server, uid, password, model, method, arguments, options):
    parameters = [server.database, uid, password, model, method, arguments, options]
    body = {"params": {"service": "object", "method": "execute_kw", "args": parameters}}
    answer = requests.post(f"{server.url}/jsonrpc", json=body, timeout=120)
    error = answer.json().get("error")
    return Answer(error and error["data"]["name"], answer.text, answer.json().get("result"))


def ask_json_2(server, key, model, method, arguments, options):
    """Ids are named there, and other arguments too: of ours no method has any."""
    body = dict(options)
    if arguments:
        body["ids"] = arguments[0]
    answer = requests.post(
        f"{server.url}/json/2/{model}/{method}",
        json=body,
        headers={"Authorization": f"bearer {key}", "X-Odoo-Database": server.database},
        timeout=120,
    )
    error = answer.json()["name"] if answer.status_code >= 400 else None
    return Answer(error, answer.text, None if error else answer.json())


# How Odoo's XML-RPC calls the exceptions; a 1 stands before a traceback.
FAULTS = {2: "odoo.exceptions.UserError", 4: ACCESS}


def ask_xml_rpc(server, uid, password, model, method, arguments, options):
    proxy = xmlrpc.client.ServerProxy(f"{server.url}/xmlrpc/2/object")
    try:
        result = proxy.execute_kw(
            server.database, uid, password, model, method, list(arguments), options
        )
    except xmlrpc.client.Fault as fault:
        return Answer(FAULTS.get(fault.faultCode, "traceback"), fault.faultString)
    return Answer(None, str(result), result)
