"""Customers, invoices and cases over HTTP, each for the company whose token is given."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from . import lists, models, pdf, shown
from .errors import UnauthorizedError, not_found

# The scope that a resource asks for, as documented.
SCOPE_OF = {
    "companyinformation": "companyinformation",
    "customers": "customer",
    "invoices": "invoice",
    "taxreductions": "invoice",
    "noxfinansinvoices": "noxfinansinvoice",
    "invoicepayments": "payment",
    "settings": "settings",
    "termsofpayments": "settings",
    "units": "settings",
    "modesofpayments": "settings",
    "financialyears": "bookkeeping",
    "accounts": "bookkeeping",
}


def make_company(service):
    """Return what gives a request's company, once token, scope and rate allow it."""

    async def get_company(request: Request):
        scheme, _space, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer":
            raise UnauthorizedError()
        company, scopes = service.company_of_token(token)
        request.state.company_id = company["company_id"]
        resource = request.url.path.split("/")[2]
        service.check_scope(scopes, SCOPE_OF[resource])
        if resource == "noxfinansinvoices":
            service.check_agreement(company)
        service.check_rate(company)
        return company

    return Annotated[dict, Depends(get_company)]


def make_customers(service, Company):
    router = APIRouter(prefix="/3")

    @router.post("/customers", status_code=201)
    async def create(company: Company, body: models.NewCustomerBody, request: Request):
        values = body.Customer.model_dump(mode="json", exclude_unset=True)
        card = service.create_customer(company, values)
        return {"Customer": shown.customer(request.base_url, card)}

    @router.get("/customers")
    async def find(company: Company, request: Request):
        rows = lists.find_customers(service, company, request.query_params)
        base_url = request.base_url
        return lists.page("Customers", rows, request, lambda row: shown.customer_row(base_url, row))

    @router.get("/customers/{number}")
    async def get(company: Company, number: str, request: Request):
        card = service.get_customer(company, number)
        return {"Customer": shown.customer(request.base_url, card)}

    @router.put("/customers/{number}")
    async def update(company: Company, number: str, body: models.CustomerBody, request: Request):
        values = body.Customer.model_dump(mode="json", exclude_unset=True)
        card = service.update_customer(company, number, values)
        return {"Customer": shown.customer(request.base_url, card)}

    @router.delete("/customers/{number}")
    async def delete(company: Company, number: str):
        service.delete_customer(company, number)
        return Response(status_code=204)

    return router


def make_invoices(service, Company):
    router = APIRouter(prefix="/3")
    _add_invoices(router, service, Company)
    _add_invoice_actions(router, service, Company)
    return router


def _answer_invoice(invoice, request):
    return {"Invoice": shown.invoice(request.base_url, invoice)}


def _add_invoices(router, service, Company):
    @router.post("/invoices", status_code=201)
    async def create(company: Company, body: models.NewInvoiceBody, request: Request):
        values = body.Invoice.model_dump(mode="json", exclude_unset=True)
        return _answer_invoice(service.create_invoice(company, values), request)

    @router.get("/invoices")
    async def find(company: Company, request: Request):
        rows = lists.find_invoices(service, company, request.query_params)
        base_url = request.base_url
        return lists.page("Invoices", rows, request, lambda row: shown.invoice_row(base_url, row))

    @router.get("/invoices/{number}")
    async def get(company: Company, number: str, request: Request):
        return _answer_invoice(service.get_invoice(company, number), request)

    @router.put("/invoices/{number}")
    async def update(company: Company, number: str, body: models.InvoiceBody, request: Request):
        values = body.Invoice.model_dump(mode="json", exclude_unset=True)
        return _answer_invoice(service.update_invoice(company, number, values), request)


def _add_invoice_actions(router, service, Company):
    @router.put("/invoices/{number}/credit")
    async def credit(company: Company, number: str, request: Request):
        made = service.credit(company, number)
        if service.settings["credit_answer"] == "debit":
            made = service.get_invoice(company, number)
        return _answer_invoice(made, request)

    @router.put("/invoices/{number}/{action}")
    async def act(company: Company, number: str, action: str, request: Request):
        actions = {
            "bookkeep": service.bookkeep,
            "cancel": service.cancel,
            "externalprint": service.mark_as_sent,
        }
        if action not in actions:
            raise not_found("åtgärden")
        return _answer_invoice(actions[action](company, number), request)


def make_tax_reductions(service, Company):
    router = APIRouter(prefix="/3")

    @router.post("/taxreductions", status_code=201)
    async def create(company: Company, body: models.TaxReductionBody, request: Request):
        values = body.TaxReduction.model_dump(exclude_none=True)
        reduction = service.create_tax_reduction(company, values)
        return {"TaxReduction": shown.tax_reduction(request.base_url, reduction)}

    @router.get("/taxreductions")
    async def find(company: Company, request: Request):
        query, base_url = request.query_params, request.base_url
        lists.check_parameters(query, {"filter", "referencenumber"})
        lists.get_filter(query, {"invoices": None, "orders": None, "offers": None})
        number = query.get("referencenumber")
        rows = service.tax_reductions_of(company, number)
        return lists.page(
            "TaxReductions", rows, request, lambda row: shown.tax_reduction_row(base_url, row)
        )

    @router.get("/taxreductions/{number}")
    async def get(company: Company, number: str, request: Request):
        reduction = service.get_tax_reduction(company, number)
        return {"TaxReduction": shown.tax_reduction(request.base_url, reduction)}

    return router


def make_cases(service, Company):
    router = APIRouter(prefix="/3")

    def answer(case, company, request):
        return {"NoxFinansInvoice": shown.case(service, case, company, request.base_url)}

    _add_cases(router, service, Company, answer)
    _add_case_actions(router, service, Company, answer)
    return router


def _add_cases(router, service, Company, answer):
    @router.post("/noxfinansinvoices", status_code=201)
    async def hand_over(company: Company, body: models.HandOverBody, request: Request):
        case = service.hand_over(company, body.NoxFinansInvoice.model_dump())
        return answer(case, company, request)

    @router.get("/noxfinansinvoices/{number}")
    async def get(company: Company, number: str, request: Request):
        return answer(service.get_case(company, number), company, request)


def _add_case_actions(router, service, Company, answer):
    @router.put("/noxfinansinvoices/{number}/pause")
    async def pause(company: Company, number: str, body: models.PauseBody, request: Request):
        case = service.pause(company, number, body.NoxFinansInvoice.PausedUntilDate)
        return answer(case, company, request)

    @router.put("/noxfinansinvoices/{number}/report-payment")
    async def report(
        company: Company, number: str, body: models.ReportedPaymentBody, request: Request
    ):
        values = body.NoxFinansInvoice.model_dump()
        return answer(service.report_payment(company, number, values), company, request)

    @router.put("/noxfinansinvoices/{number}/{action}")
    async def act(company: Company, number: str, action: str, request: Request):
        actions = {
            "unpause": service.unpause,
            "stop": service.stop,
            "take-fees": service.take_fees,
        }
        if action not in actions:
            raise not_found("åtgärden")
        return answer(actions[action](company, number), company, request)


def make_documents(service):
    """What InvoiceDocumentURL leads to; no token, as for a link in an e-mail.

    That it needs none, that it is a PDF and what it says are our assumptions.
    """
    router = APIRouter(prefix="/3")

    @router.get("/documents/{company_id}/{number}")
    async def document(company_id: str, number: str):
        case = service.store.get("case", f"{company_id}/{number}")
        if not case:
            raise not_found("dokumentet")
        invoice = service.store.get("invoice", f"{company_id}/{number}")
        company = service.store.get("company", company_id)
        content = pdf.write(shown.document(case, invoice, company))
        return Response(content, media_type="application/pdf")

    return router
