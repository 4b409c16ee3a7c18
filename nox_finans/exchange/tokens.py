"""A connection's access: kept for one client, renewed when it must be."""

import time
from datetime import timedelta

from odoo import fields
from odoo.models import BaseModel
from odoo.tools import SQL
from psycopg2.errors import SerializationFailure

from ..api.errors import NotReachedError, UncertainError
from ..api.sign_in import Tokens

# Renewed this many seconds before it runs out, so that it does not run out on the way.
TOKEN_MARGIN = 60


class AccessToken:
    """Keeps a connector's access token for one client, and renews it when it must."""

    def __init__(self, connector: BaseModel) -> None:
        self._connector = connector
        self._token = ""
        self._good_until = 0.0

    def get(self, renew: bool) -> str:
        """Return a valid access token.

        :param renew: the service no longer accepts the one that was given last
        :raises SignInError: the connection is lost; somebody has to connect again
        :raises NotReachedError: no clear answer; nothing of what the token was for has been sent
        :raises ObstacleError: somebody has disconnected meanwhile
        """
        if renew or time.monotonic() >= self._good_until:
            refused = self._token if renew else ""
            self._token, lifetime = _renew(self._connector, refused)
            self._good_until = time.monotonic() + lifetime
        return self._token


def _renew(connector: BaseModel, refused_token: str) -> tuple[str, float]:
    """Return a valid access token and the seconds it is good for.

    The refresh token is single-use: the row is locked while it is traded in, and the new one is
    committed at once, in a transaction of its own.

    :param refused_token: the one that the service no longer accepts; empty: none
    """
    with connector.env.registry.cursor() as cr:
        # Full rights: only the system reads secrets.
        connector = connector.with_env(connector.env(cr=cr)).sudo()
        _lock_row(connector)
        connector._check_usable()
        lifetime = _get_lifetime(connector)
        if connector.access_token and connector.access_token != refused_token and lifetime > 0:
            return connector.access_token, lifetime
        tokens = _trade_in(connector)
        connector.write(
            {
                "access_token": tokens.access_token,
                "refresh_token": tokens.refresh_token,
                "token_expiry": fields.Datetime.now() + timedelta(seconds=tokens.expires_in),
                "token_renewed": fields.Datetime.now(),
            }
        )
        # The old token is used up: this one must be kept whatever happens to the caller.
        cr.commit()  # pylint: disable=invalid-commit
        return tokens.access_token, _get_lifetime(connector)


def _lock_row(connector: BaseModel) -> None:
    """Wait for the row's lock, and see what its last holder has left."""
    cr = connector.env.cr
    while True:
        try:
            cr.execute(
                SQL("SELECT FROM nox_finans_connector WHERE id = %s FOR UPDATE", connector.id),
                log_exceptions=False,
            )
            return
        except SerializationFailure:
            # It was changed while we waited: that is seen in a new transaction only.
            cr.rollback()


def _trade_in(connector: BaseModel) -> Tokens:
    try:
        return connector._get_token_client().refresh(connector.refresh_token)
    except UncertainError as error:
        # Whether the token is used up shows at the next try: then it is refused.
        raise NotReachedError(str(error)) from error


def _get_lifetime(connector: BaseModel) -> float:
    expiry = connector.token_expiry or fields.Datetime.now()
    return (expiry - fields.Datetime.now()).total_seconds() - TOKEN_MARGIN
