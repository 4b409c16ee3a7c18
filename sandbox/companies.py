"""Companies with their settings, and who may speak for them: codes, tokens, scopes, the rate."""

import secrets
import time
from datetime import UTC, datetime, timedelta

from . import company_settings
from .errors import ServiceError, UnauthorizedError, not_found
from .models import SCOPES, SCOPES_BEFORE

# Documented: 25 requests in a sliding window of 5 seconds, per client and company.
MAX_REQUESTS, WINDOW = 25, 5.0
ACCESS_TOKEN_SECONDS = 3600
CODE_SECONDS = 600
# Kinds of documents that are a company's books.
BOOKS = ("customer", "reserved", "invoice", "reduction", "payment", "case", "plan")


class Companies:
    """Fortnox's companies as the sandbox has them."""

    def create_company(self, new):
        company_id = f"C{self.store.count('company') + 1}-{secrets.token_hex(3)}"
        asked = new.model_dump(mode="json", exclude_unset=True)
        chosen = {name: asked[name] for name in company_settings.DEFAULTS if name in asked}
        company = {
            "company_id": company_id,
            "name": new.name,
            "organisation_number": new.organisation_number,
            "client_id": new.client_id or secrets.token_hex(6),
            "client_secret": secrets.token_hex(12),
            "services": new.services,
            "settings": company_settings.changed(company_settings.DEFAULTS, chosen),
        }
        self.store.put("company", company_id, company)
        return company | self.issue_tokens(company_id, new.scope)

    def get_company(self, company_id):
        company = self.store.get("company", company_id)
        if not company:
            raise not_found("företaget")
        return company

    def company_settings(self, company_id):
        """Return what can be chosen of a company, as it is now."""
        company = self.get_company(company_id)
        settings = company_settings.settings_of(company)
        return settings | {"company_id": company_id, "services": company["services"]}

    def change_company_settings(self, company_id, asked):
        """Choose for one company or, without a `company_id`, for all."""
        companies = [self.get_company(company_id)] if company_id else self.store.all("company")
        services = asked.pop("services", None) or {}
        for company in companies:
            settings = company_settings.changed(company_settings.settings_of(company), asked)
            changed = {"settings": settings, "services": company["services"] | services}
            self.store.put("company", company["company_id"], company | changed)

    def company_of_client(self, client_id, client_secret):
        for company in self.store.all("company"):
            known = company["client_id"], company["client_secret"]
            if known == (client_id, client_secret):
                return company
        return None

    def issue_tokens(self, company_id, scope=SCOPES):
        """Make a pair of tokens; they age by the real clock, or turning it would sign out."""
        now = datetime.now(UTC)
        access, refresh = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        value = {"company_id": company_id, "scope": scope}
        expiry = (now + timedelta(seconds=ACCESS_TOKEN_SECONDS)).isoformat()
        self.store.put("access", access, value | {"expiry": expiry})
        idle = timedelta(days=self.settings["refresh_token_days"])
        self.store.put("refresh", refresh, value | {"expiry": (now + idle).isoformat()})
        return {
            "access_token": access,
            "refresh_token": refresh,
            "expires_in": ACCESS_TOKEN_SECONDS,
            "scope": scope,
            "token_type": "bearer",
        }

    def issue_code(self, company_id, redirect_uri, scope):
        """Make an authorization code; it ages by the sandbox's own clock, unlike tokens."""
        code = secrets.token_urlsafe(16)
        value = {
            "company_id": company_id,
            "expiry": (self.now() + timedelta(seconds=CODE_SECONDS)).isoformat(),
            "redirect_uri": redirect_uri,
            "scope": scope,
        }
        self.store.put("code", code, value)
        return code

    def take(self, kind, key, company_id):
        """Return a single-use code or refresh token that is still good, and use it up."""
        value = self.store.get(kind, key)
        if not value or value["company_id"] != company_id:
            return None
        self.store.delete(kind, key)
        now = self.now() if kind == "code" else datetime.now(UTC)
        return value if now < datetime.fromisoformat(value["expiry"]) else None

    def redeem(self, company_id, kind, key, redirect_uri):
        """Return new tokens for a code or refresh token, None if it is no good."""
        used = self.take(kind, key, company_id)
        if not used or (kind == "code" and used["redirect_uri"] != redirect_uri):
            return None
        return self.issue_tokens(company_id, scope_of(used))

    def revoke(self, company_id, refresh_token):
        """End a connection, and with it the company's access tokens."""
        if self.take("refresh", refresh_token, company_id):
            self.expire_tokens(company_id)

    def company_of_token(self, token):
        value = self.store.get("access", token)
        if not value or datetime.fromisoformat(value["expiry"]) < datetime.now(UTC):
            raise UnauthorizedError()
        return self.store.get("company", value["company_id"]), scope_of(value).split()

    def check_scope(self, scopes, scope):
        if scope not in scopes:
            raise ServiceError("Har inte behörighet för scope.", 2000663, 403)

    def check_agreement(self, company):
        if not any(company["services"].values()):
            # Not documented: our assumption of what a company without an agreement gets.
            raise ServiceError("Avtal med Nox Finans saknas.", status=403)

    def expire_tokens(self, company_id, kinds=("access",)):
        for kind in kinds:
            for key, value in self.store.items(kind):
                if value["company_id"] == company_id:
                    self.store.delete(kind, key)

    def check_rate(self, company):
        """Count a request of the company against the sliding window."""
        if not self.settings["rate_limit"]:
            return
        hits, now = self.hits[company["company_id"]], time.monotonic()
        while hits and hits[0] <= now - WINDOW:
            hits.popleft()
        if len(hits) >= MAX_REQUESTS:
            raise ServiceError("För många anrop.", 1000003, 429)
        hits.append(now)

    def forget(self, company_id=None):
        """Forget customers, invoices and cases of one company or of all."""
        with self.store.transaction():
            for kind in BOOKS:
                for key, value in self.store.items(kind):
                    if company_id in (None, value["company_id"]):
                        self.store.delete(kind, key)


def scope_of(token):
    # A ledger file may hold tokens from before they had scopes.
    return token.get("scope", SCOPES_BEFORE)
