"""The documented interface over HTTP."""

import base64
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qs, urlencode

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.templating import Jinja2Templates
from starlette.exceptions import HTTPException

from . import models
from .control import make_control
from .errors import ServiceError, not_found

DEFAULT_LIMIT, MAX_LIMIT = 100, 500
TEMPLATES = Jinja2Templates(Path(__file__).parent / "templates")

# pydantic's kinds of errors and the documented general codes they come nearest to.
CODES = {
    "missing": 2001392,
    "extra_forbidden": 2001399,
    "json_invalid": 2002115,
    "string_type": 2000106,
    "int_type": 2000108,
    "float_type": 2000108,
    "bool_type": 2000134,
}
INVALID_PARAMETER = 2000588
# The scope that a resource asks for.
SCOPE_OF = {
    "companyinformation": "companyinformation",
    "customers": "customer",
    "invoices": "invoice",
    "taxreductions": "invoice",
    "noxfinansinvoices": "noxfinansinvoice",
}

# The lists' filters and the fields that they look into.
CUSTOMER_FILTERS = {
    "customernumber": "CustomerNumber",
    "organisationnumber": "OrganisationNumber",
    "email": "Email",
}
INVOICE_FILTERS = {
    "externalinvoicereference1": "ExternalInvoiceReference1",
    "documentnumber": "DocumentNumber",
    "customernumber": "CustomerNumber",
    "ocr": "OCR",
}


def make_app(service):
    """Return the application: documented interface, control interface, ledger page."""
    app = FastAPI(title="Nox Finans sandbox", docs_url=None, redoc_url=None)
    app.include_router(make_sign_in(service))
    app.include_router(make_interface(service))
    app.include_router(make_control(service, TEMPLATES))
    app.add_exception_handler(ServiceError, _answer_service_error)
    app.add_exception_handler(RequestValidationError, _answer_validation_error)
    app.add_exception_handler(HTTPException, _answer_http_error)
    return app


def _answer_service_error(_request, error):
    return JSONResponse(error.body(), error.status)


def _answer_validation_error(_request, error):
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"] if part != "body")
    message = f"Ogiltigt värde i {field}." if field else "Ogiltig begäran."
    code = CODES.get(first["type"], INVALID_PARAMETER)
    return JSONResponse(ServiceError(message, code).body(), 400)


def _answer_http_error(_request, error):
    message = f"Sidan kan inte hittas ({error.detail})."
    return JSONResponse(ServiceError(message, INVALID_PARAMETER).body(), error.status_code)


def make_sign_in(service):
    """OAuth 2, authorization code."""
    router = APIRouter(prefix="/oauth-v1")

    @router.get("/auth")
    async def consent(request: Request, client_id: str, redirect_uri: str, scope: str = ""):
        companies = [c for c in service.store.all("company") if c["client_id"] == client_id]
        context = {"companies": companies, "scope": scope, "query": request.url.query}
        return TEMPLATES.TemplateResponse(request, "consent.html", context)

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

    @router.post("/token")
    async def token(request: Request):
        company = _basic_company(request)
        if not company:
            return _oauth_error("invalid_client", 401)
        form = await _get_form(request)
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
        company = _basic_company(request)
        if not company:
            return _oauth_error("invalid_client", 401)
        form = await _get_form(request)
        service.revoke(company["company_id"], form.get("token"))
        return {"revoked": True}

    async def _get_form(request):
        fields = parse_qs((await request.body()).decode(errors="replace"))
        return {name: values[0] for name, values in fields.items()}

    def _basic_company(request):
        scheme, _space, value = request.headers.get("authorization", "").partition(" ")
        try:
            client_id, _colon, secret = base64.b64decode(value).decode().partition(":")
        except ValueError:
            return None
        return service.company_of_client(client_id, secret) if scheme == "Basic" else None

    return router


def _oauth_error(error, status):
    return JSONResponse({"error": error, "error_description": error.replace("_", " ")}, status)


def make_interface(service):
    """Customers, invoices and cases, each for the company whose token is given."""
    router = APIRouter(prefix="/3")

    async def get_company(request: Request):
        scheme, _space, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer":
            # Documented: 2000311, "token or secret missing".
            raise ServiceError("Inloggning saknas.", 2000311, 401)
        company, scopes = service.company_of_token(token)
        request.state.company_id = company["company_id"]
        resource = request.url.path.split("/")[2]
        service.check_scope(scopes, SCOPE_OF[resource])
        if resource == "noxfinansinvoices":
            service.check_agreement(company)
        service.check_rate(company)
        return company

    Company = Annotated[dict, Depends(get_company)]

    @router.get("/companyinformation")
    async def company_information(company: Company):
        return {
            "CompanyInformation": {
                "CompanyName": company["name"],
                "OrganizationNumber": company["organisation_number"],
            }
        }

    @router.post("/customers", status_code=201)
    async def create_customer(company: Company, body: models.NewCustomerBody):
        values = body.Customer.model_dump(mode="json", exclude_none=True)
        return {"Customer": public(service.create_customer(company, values))}

    @router.get("/customers")
    async def list_customers(company: Company, request: Request):
        rows = find(service.store, "customer", company, CUSTOMER_FILTERS, request.query_params)
        return page("Customers", rows, request)

    @router.get("/customers/{number}")
    async def get_customer(company: Company, number: str):
        return {"Customer": public(service.get_customer(company, number))}

    @router.put("/customers/{number}")
    async def update_customer(company: Company, number: str, body: models.CustomerBody):
        values = body.Customer.model_dump(mode="json", exclude_unset=True)
        return {"Customer": public(service.update_customer(company, number, values))}

    @router.post("/invoices", status_code=201)
    async def create_invoice(company: Company, body: models.NewInvoiceBody):
        values = body.Invoice.model_dump(mode="json", exclude_none=True)
        return {"Invoice": public(service.create_invoice(company, values))}

    @router.get("/invoices")
    async def list_invoices(company: Company, request: Request):
        query = request.query_params
        since = query.get("lastmodified")
        if since:
            service.receive_due_payments(company["company_id"])
        rows = find(service.store, "invoice", company, INVOICE_FILTERS, query, since)
        if sent := query.get("sent"):
            rows = [row for row in rows if str(row["Sent"]).lower() == sent]
        if wanted := query.get("notcompleted"):
            rows = [row for row in rows if str(bool(row.get("NotCompleted"))).lower() == wanted]
        if first := query.get("fromdate"):
            rows = [row for row in rows if row["InvoiceDate"] >= first]
        if last := query.get("todate"):
            rows = [row for row in rows if row["InvoiceDate"] <= last]
        today = service.today().isoformat()
        states = {
            "cancelled": lambda row: row["Cancelled"],
            "fullypaid": lambda row: row["Balance"] == 0,
            "unpaid": lambda row: row["Balance"] > 0,
            "unpaidoverdue": lambda row: row["Balance"] > 0 and row["DueDate"] < today,
            "unbooked": lambda row: not row["Booked"],
        }
        if state := query.get("filter"):
            if state not in states:
                raise ServiceError("Ogiltig parameter i filter.", INVALID_PARAMETER)
            rows = [row for row in rows if states[state](row)]
        return page("Invoices", rows, request)

    @router.get("/invoices/{number}")
    async def get_invoice(company: Company, number: str):
        return {"Invoice": public(service.get_invoice(company, number))}

    @router.put("/invoices/{number}")
    async def update_invoice(company: Company, number: str, body: models.InvoiceBody):
        values = body.Invoice.model_dump(mode="json", exclude_unset=True)
        return {"Invoice": public(service.update_invoice(company, number, values))}

    @router.put("/invoices/{number}/{action}")
    async def act_on_invoice(company: Company, number: str, action: str):
        actions = {
            "bookkeep": service.bookkeep,
            "cancel": service.cancel,
            "credit": service.credit,
            "externalprint": service.mark_as_sent,
        }
        if action not in actions:
            raise not_found("åtgärden")
        return {"Invoice": public(actions[action](company, number))}

    @router.post("/taxreductions", status_code=201)
    async def create_tax_reduction(company: Company, body: models.TaxReductionBody):
        values = body.TaxReduction.model_dump(exclude_none=True)
        return {"TaxReduction": service.reduce_tax(company, values)}

    @router.post("/noxfinansinvoices", status_code=201)
    async def hand_over(company: Company, body: models.HandOverBody, request: Request):
        case = service.hand_over(company, body.NoxFinansInvoice.model_dump())
        return {"NoxFinansInvoice": present(case, company, request)}

    @router.get("/noxfinansinvoices/{number}")
    async def get_case(company: Company, number: str, request: Request):
        return {"NoxFinansInvoice": present(service.get_case(company, number), company, request)}

    @router.put("/noxfinansinvoices/{number}/pause")
    async def pause(company: Company, number: str, body: models.PauseBody, request: Request):
        case = service.pause(company, number, body.NoxFinansInvoice.PausedUntilDate)
        return {"NoxFinansInvoice": present(case, company, request)}

    @router.put("/noxfinansinvoices/{number}/report-payment")
    async def report(
        company: Company, number: str, body: models.ReportedPaymentBody, request: Request
    ):
        values = body.NoxFinansInvoice.model_dump()
        case = service.report_payment(company, number, values)
        return {"NoxFinansInvoice": present(case, company, request)}

    @router.put("/noxfinansinvoices/{number}/{action}")
    async def act_on_case(company: Company, number: str, action: str, request: Request):
        actions = {
            "unpause": service.unpause,
            "stop": service.stop,
            "take-fees": service.take_fees,
        }
        if action not in actions:
            raise not_found("åtgärden")
        return {"NoxFinansInvoice": present(actions[action](company, number), company, request)}

    @router.get("/documents/{company_id}/{number}", response_class=HTMLResponse)
    async def document(company_id: str, number: str, request: Request):
        # What InvoiceDocumentURL leads to; no token, as for a link in an e-mail.
        invoice = service.store.get("invoice", f"{company_id}/{number}")
        if not invoice:
            raise not_found("dokumentet")
        company = service.store.get("company", company_id)
        context = {"invoice": invoice, "company": company}
        return TEMPLATES.TemplateResponse(request, "document.html", context)

    def present(case, company, request):
        """Return a case as the interface shows it: little until it is confirmed."""
        number = case["number"]
        invoice = service.store.get("invoice", f"{company['company_id']}/{number}")
        shown = {
            "@url": f"{request.base_url}3/noxfinansinvoices/{number}",
            "InvoiceNumber": int(number),
            "Service": case["service"],
            "Status": case["status"],
        }
        if case["status"] in ("UNKNOWN", "NOT_AUTHORIZED"):
            return shown
        names = {"LEDGERBASE": "SERVICE_FULL", "REMINDER": "REMINDER_SERVICE"}
        balance = invoice["Balance"]
        return shown | {
            "OCRNumber": case["ocr"],
            "NextEvent": case["next_event"],
            "NextEventDate": case["next_event_date"],
            "CurrentCapitalBalance": balance,
            "CurrentCapitalBalanceCurrency": balance,
            "BalanceIncludeFees": round(balance + (case["fees"] if balance else 0), 2),
            "BalanceIncludeFeesCurrency": round(balance + (case["fees"] if balance else 0), 2),
            "InvoiceDocumentURL": (
                f"{request.base_url}3/documents/{company['company_id']}/{number}"
            ),
            "ServiceName": names[case["service"]],
        }

    return router


def public(document):
    """Return a document as the interface shows it, without what the sandbox keeps for itself."""
    private = ("company_id", "paid", "credited", "reported", "reduction", "LastModified")
    return {name: value for name, value in document.items() if name not in private}


def find(store, kind, company, filters, query, since=None):
    """Return the company's documents that the list's filters leave, of those modified `since`."""
    company_id = company["company_id"]
    asked = {field: query[name] for name, field in filters.items() if name in query}
    if asked:
        rows = store.find(kind, company_id, *next(iter(asked.items())))
    elif since:
        rows = store.find_since(kind, company_id, "LastModified", since)
        rows.sort(key=lambda row: int(row["DocumentNumber"]))
    else:
        return store.of_company(kind, company_id)
    return [
        row
        for row in rows
        if all(row.get(name) == asked[name] for name in asked)
        and (not since or row["LastModified"] >= since)
    ]


def page(wrapper, rows, request):
    """Return one page of a list with the documented MetaInformation."""
    try:
        number = int(request.query_params.get("page", 1))
        limit = int(request.query_params.get("limit", DEFAULT_LIMIT))
    except ValueError as error:
        raise ServiceError("Ogiltig parameter i page eller limit.", 2000108) from error
    if number < 1 or not 1 <= limit <= MAX_LIMIT:
        raise ServiceError("Ogiltig parameter i page eller limit.", INVALID_PARAMETER)
    return {
        "MetaInformation": {
            "@TotalResources": len(rows),
            "@TotalPages": max(-(-len(rows) // limit), 1),
            "@CurrentPage": number,
        },
        wrapper: [public(row) for row in rows[(number - 1) * limit : number * limit]],
    }
