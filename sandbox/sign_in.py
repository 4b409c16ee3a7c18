"""OAuth 2, authorization code."""

import base64
from urllib.parse import parse_qs, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse

# Documented: the one kind of account that can be asked for.
SERVICE_ACCOUNT = "service"


def make_sign_in(service, templates):
    router = APIRouter(prefix="/oauth-v1")
    _add_consent(router, service, templates)
    _add_tokens(router, service)
    return router


def _add_consent(router, service, templates):
    @router.get("/auth")
    async def consent(
        request: Request, client_id: str, redirect_uri: str, scope: str = "", account_type: str = ""
    ):
        if account_type not in ("", SERVICE_ACCOUNT):
            return _oauth_error("invalid_request", 400)
        context = {
            "companies": [c for c in service.store.all("company") if c["client_id"] == client_id],
            "scope": scope,
            "is_service_account": account_type == SERVICE_ACCOUNT,
            "query": request.url.query,
        }
        return templates.TemplateResponse(request, "consent.html", context)

    @router.post("/auth")
    async def agree(
        company_id: str, redirect_uri: str, scope: str = "", state: str = "", error: str = ""
    ):
        answer = {"state": state}
        if error:
            answer["error"] = error
        else:
            answer["code"] = service.issue_code(company_id, redirect_uri, scope)
        joint = "&" if "?" in redirect_uri else "?"
        return RedirectResponse(f"{redirect_uri}{joint}{urlencode(answer)}", 303)


def _add_tokens(router, service):
    @router.post("/token")
    async def token(request: Request):
        company = _basic_company(service, request)
        if not company:
            return _oauth_error("invalid_client", 401)
        form = await get_form(request)
        kinds = {
            "authorization_code": ("code", form.get("code")),
            "refresh_token": ("refresh", form.get("refresh_token")),
        }
        if form.get("grant_type") not in kinds:
            return _oauth_error("unsupported_grant_type", 400)
        kind, value = kinds[form["grant_type"]]
        tokens = service.redeem(company["company_id"], kind, value, form.get("redirect_uri"))
        return tokens or _oauth_error("invalid_grant", 400)

    @router.post("/revoke")
    async def revoke(request: Request):
        company = _basic_company(service, request)
        if not company:
            return _oauth_error("invalid_client", 401)
        form = await get_form(request)
        service.revoke(company["company_id"], form.get("token"))
        return {"revoked": True}


def _basic_company(service, request):
    """Return the company whose client and secret the request names, None if there is none."""
    scheme, _space, value = request.headers.get("authorization", "").partition(" ")
    try:
        client_id, _colon, secret = base64.b64decode(value).decode().partition(":")
    except ValueError:
        return None
    return service.company_of_client(client_id, secret) if scheme == "Basic" else None


async def get_form(request):
    """Return the fields of a form body, each with its first value."""
    fields = parse_qs((await request.body()).decode(errors="replace"), keep_blank_values=True)
    return {name: values[0] for name, values in fields.items()}


def _oauth_error(error, status):
    return JSONResponse({"error": error, "error_description": error.replace("_", " ")}, status)
