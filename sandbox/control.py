"""The control interface and the page for those who evaluate: ours, not the service's."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from . import models
from .company_settings import settings_of
from .sign_in import get_form

DAY = 24 * 60 * 60
SHOWN_REQUESTS = 30
SHOWN_CASES = 200


def make_control(service, templates):
    router = APIRouter()
    _add_companies(router, service)
    _add_books(router, service)
    _add_clock_and_settings(router, service)
    _add_payments(router, service)
    _add_faults(router, service)
    _add_page(router, service, templates)
    return router


def _add_companies(router, service):
    @router.get("/sandbox/health")
    async def health():
        return {"ok": True}

    @router.post("/sandbox/companies")
    async def create_company(body: models.NewCompany):
        return service.create_company(body)

    @router.get("/sandbox/companies")
    async def companies():
        return service.store.all("company")

    @router.get("/sandbox/company-settings")
    async def company_settings(company_id: str):
        return service.company_settings(company_id)

    @router.post("/sandbox/company-settings")
    async def change_company_settings(body: models.ChangedCompanySettings):
        asked = body.model_dump(mode="json", exclude_unset=True)
        service.change_company_settings(asked.pop("company_id", None), asked)
        return {"ok": True}

    @router.post("/sandbox/expire-tokens")
    async def expire_tokens(body: models.ExpiredTokens):
        kinds = ("access", "refresh") if body.refresh else ("access",)
        service.expire_tokens(body.company_id, kinds)
        return {"ok": True}


def _add_books(router, service):
    @router.get("/sandbox/invoices")
    async def invoices(our_number: str):
        return [
            invoice
            for invoice in service.store.all("invoice")
            if invoice.get("ExternalInvoiceReference2") == our_number
        ]

    @router.get("/sandbox/ledger")
    async def ledger(company_id: str | None = None):
        return service.ledger(company_id)

    @router.get("/sandbox/requests")
    async def requests(company_id: str | None = None):
        return [row for row in service.requests if company_id in (None, row["company_id"])]

    @router.post("/sandbox/reset")
    async def reset(body: models.CompanyReference):
        """Forget customers, invoices and cases of one company or of all; connections stay."""
        service.forget(body.company_id)
        service.faults.clear()
        service.refusals.clear()
        service.requests.clear()
        return {"ok": True}


def _add_clock_and_settings(router, service):
    @router.get("/sandbox/clock")
    async def clock():
        return {"now": service.now().isoformat(), "today": service.today().isoformat()}

    @router.post("/sandbox/clock")
    async def advance(body: models.Advance):
        service.advance(body.advance_days * DAY + body.advance_seconds)
        return {"now": service.now().isoformat()}

    @router.get("/sandbox/settings")
    async def settings():
        return service.settings

    @router.post("/sandbox/settings")
    async def change_settings(body: models.Settings):
        service.settings |= body.model_dump(exclude_none=True)
        return service.settings


def _add_payments(router, service):
    @router.post("/sandbox/payments")
    async def plan_payment(body: models.PlannedPayment):
        service.plan_payment(body.company_id, body.invoice_number, body.amount, body.day)
        return {"ok": True}

    @router.post("/sandbox/seed")
    async def seed(body: models.Seed):
        first = service.seed(body.company_id, body.count, body.due_date, body.total)
        return {"first_number": str(first), "count": body.count}

    @router.post("/sandbox/change")
    async def change(body: models.Change):
        service.receive(body.company_id, body.numbers, body.amount)
        return {"ok": True}


def _add_faults(router, service):
    @router.get("/sandbox/faults")
    async def faults():
        return service.faults

    @router.post("/sandbox/faults")
    async def add_fault(body: models.Fault):
        service.faults.append(body)
        return {"ok": True}

    @router.delete("/sandbox/faults")
    async def clear_faults():
        service.faults.clear()
        return {"ok": True}

    @router.post("/sandbox/refusals")
    async def add_refusal(body: models.Refusal):
        service.refusals.append(body)
        return {"ok": True}


def _add_page(router, service, templates):
    @router.post("/sandbox/page/clock/{days}")
    async def advance_from_page(days: int):
        service.advance(days * DAY)
        return RedirectResponse("/", 303)

    @router.post("/sandbox/page/company-settings/{company_id}")
    async def change_from_page(company_id: str, request: Request):
        body = _chosen_on_page(await get_form(request))
        service.change_company_settings(
            company_id, body.model_dump(mode="json", exclude_unset=True)
        )
        return RedirectResponse("/", 303)

    @router.get("/", response_class=HTMLResponse)
    async def show(request: Request):
        context = {
            "ledger": list(reversed(service.ledger(newest=SHOWN_CASES))),
            "count": service.invoice_count(),
            "companies": [
                company | {"settings": settings_of(company)}
                for company in service.store.all("company")
            ],
            "now": service.now(),
            "requests": list(service.requests)[-SHOWN_REQUESTS:][::-1],
            "settings": service.settings,
        }
        return templates.TemplateResponse(request, "ledger.html", context)


def _chosen_on_page(form):
    """Return what the page's form chooses of a company's settings."""
    asked = {
        "accounting_method": form["accounting_method"],
        "locked_until": form["locked_until"] or None,
        "round_to_kronor": "round_to_kronor" in form,
        "services": {name: name in form for name in ("LEDGERBASE", "REMINDER")},
    }
    if form["presets"]:
        asked["presets"] = form["presets"]
    return models.ChangedCompanySettings(**asked)
