"""The sign-in's endpoints: from a user's consent to tokens, and to newer ones."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import requests

from . import answers, transport
from .errors import SignInError, UncertainError
from .transport import Answer, read_answer, read_json

AUTHORIZATION_PATH = "/oauth-v1"
# Only what is used here: without these the connection does not work.
SCOPES = ("companyinformation", "customer", "invoice", "noxfinansinvoice", "payment")
# The check of the set-up reads by these; without them it cannot look at everything.
CHECK_SCOPES = ("settings", "bookkeeping")
# Documented: such a connection does not end with the person who has made it, and only a system
# administrator can agree to it.
ACCOUNT_TYPE = "service"
MAX_TOKEN = 4096
# An access token lives an hour; who says more is not believed.
LONGEST_LIFE = 24 * 3600


@dataclass(frozen=True)
class Tokens:
    """What the token endpoint answers. `expires_in` is in seconds, `scope` None if not said."""

    access_token: str
    refresh_token: str
    expires_in: int
    scope: str | None = None


class TokenClient:
    """Speaks to the sign-in's endpoints; knows the client's secret and keeps nothing."""

    def __init__(
        self,
        authorization_url: str,
        client_id: str,
        client_secret: str,
        session: requests.Session | None = None,
    ):
        self._url = authorization_url.rstrip("/") + AUTHORIZATION_PATH
        self._client_id = client_id or ""
        self._client_secret = client_secret or ""
        self._session = session or requests.Session()

    def get_consent_url(self, redirect_uri: str, state: str, scopes: Iterable[str] = SCOPES) -> str:
        """Return where a user agrees to the connection."""
        query = {
            "client_id": self._client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(scopes),
            "state": state,
            "access_type": "offline",
            "response_type": "code",
            "account_type": ACCOUNT_TYPE,
        }
        return f"{self._url}/auth?{urlencode(query)}"

    def redeem(self, code: str, redirect_uri: str) -> Tokens:
        """Trade the single-use authorization `code` for tokens.

        :raises: as :meth:`refresh`
        """
        return self._get_tokens(
            {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        )

    def refresh(self, refresh_token: str) -> Tokens:
        """Trade the single-use `refresh_token` for new tokens.

        :raises SignInError: the token is used up, revoked or too old, or the client is unknown
        :raises NotReachedError: nothing was sent; the token is still good
        :raises RateLimitedError: nothing was done; the token is still good
        :raises UncertainError: no usable answer; the token may be used up
        """
        return self._get_tokens({"grant_type": "refresh_token", "refresh_token": refresh_token})

    def check_client(self) -> None:
        """Ask whether the service knows the client's id and secret, by a token that cannot exist.

        :raises SignInError: it does not; `reason` is `invalid_client`
        :raises: as :meth:`refresh`: it is not known whether it does
        """
        try:
            self.refresh("none")
        except SignInError as error:
            # Whose token is at fault has been let in.
            if error.reason == "invalid_client":
                raise

    def revoke(self, refresh_token: str) -> None:
        """End the connection at the service's side.

        :raises: as :meth:`refresh`
        """
        self._post("revoke", {"token_type_hint": "refresh_token", "token": refresh_token})

    def _get_tokens(self, data: Mapping[str, str]) -> Tokens:
        answer = read_answer(self._post("token", data))
        try:
            return Tokens(
                access_token=_token(answer["access_token"]),
                refresh_token=_token(answer["refresh_token"]),
                expires_in=max(min(int(answer["expires_in"]), LONGEST_LIFE), 0),
                scope=answers.word(answer.get("scope")),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise UncertainError("The answer holds no tokens.") from error

    def _post(self, path: str, data: Mapping[str, str]) -> Answer:
        auth = (self._client_id.encode(), self._client_secret.encode())
        response = transport.send(
            self._session, "POST", f"{self._url}/{path}", data=data, auth=auth
        )
        if response.status_code in (400, 401, 403):
            raise SignInError(*_sign_in_words(response))
        return response


def _sign_in_words(response: Answer) -> tuple[str, str | None]:
    """Return the words and the code of an OAuth error, which has a form of its own."""
    try:
        answer = read_json(response)
    except UncertainError as error:
        return str(error), None
    code = answers.word(answer.get("error"))
    return answers.text(answer.get("error_description")) or code or "", code


def _token(value: object) -> str:
    """:raises ValueError: this cannot be a token"""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TOKEN:
        raise ValueError("no token")
    if not (value.isascii() and value.isprintable()) or " " in value:
        raise ValueError("no token")
    return value
