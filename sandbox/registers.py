"""What is only looked up: the company, its settings, and its registers."""

from datetime import date

from fastapi import APIRouter, Request

from . import lists
from .company_settings import settings_of, year_of
from .errors import ServiceError, not_found


def make_registers(service, Company):
    router = APIRouter(prefix="/3")
    _add_company(router, Company)
    _add_years(router, service, Company)
    _add_codes(router, Company)
    _add_accounts(router, Company)
    _add_payments(router, service, Company)
    return router


def _add_company(router, Company):
    @router.get("/companyinformation")
    async def information(company: Company):
        return {
            "CompanyInformation": {
                "CompanyName": company["name"],
                "OrganizationNumber": company["organisation_number"],
                "CountryCode": "SE",
                "DatabaseNumber": company["company_id"],
            }
        }

    @router.get("/settings/company")
    async def settings(company: Company):
        number = company["organisation_number"]
        return {
            "CompanySettings": {
                "Name": company["name"],
                "OrganizationNumber": number,
                "VATNumber": f"SE{(number or '').replace('-', '')}01",
                "CountryCode": "SE",
                "TaxEnabled": True,
                "AccountingMethod": settings_of(company)["accounting_method"],
            }
        }

    @router.get("/settings/lockedperiod")
    async def locked_period(company: Company):
        return {"LockedPeriod": {"EndDate": settings_of(company)["locked_until"]}}


def _add_years(router, service, Company):
    @router.get("/financialyears")
    async def years(company: Company, request: Request):
        settings, query = settings_of(company), request.query_params
        # Both spellings occur in the documentation.
        lists.check_parameters(query, {"date", "Date"})
        asked = query.get("date") or query.get("Date")
        if asked:
            found = [year_of(settings, _day(asked))]
        elif settings["financial_years"] is None:
            found = [year_of(settings, service.today())]
        else:
            found = [(year["from_date"], year["to_date"]) for year in settings["financial_years"]]
        rows = [_year(request, settings, *map(str, year)) for year in found if year]
        return lists.page("FinancialYears", rows, request, dict)


def _day(text):
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ServiceError("Ogiltig parameter i anropet.") from error


def _year(request, settings, first, last):
    return {
        "@url": f"{request.base_url}3/financialyears/{first[:4]}",
        "Id": int(first[:4]),
        "FromDate": first,
        "ToDate": last,
        "AccountChartType": "Bas 2026",
        "AccountingMethod": settings["accounting_method"],
    }


def _add_codes(router, Company):
    """Terms of payment, units and modes of payment: a list, and one by its code."""
    _add_register(
        router,
        Company,
        ("termsofpayments", "TermsOfPayments", "TermsOfPayment", "terms"),
        lambda settings: [
            {"Code": code, "Description": f"{code} dagar" if code.isdecimal() else code}
            for code in settings["terms"]
        ],
    )
    _add_register(
        router,
        Company,
        ("units", "Units", "Unit", "unit"),
        lambda settings: [
            {"Code": code, "CodeEnglish": "", "Description": code} for code in settings["units"]
        ],
    )
    _add_register(
        router,
        Company,
        ("modesofpayments", "ModesOfPayments", "ModeOfPayment", "betalningssättet"),
        lambda settings: [
            {
                "Code": method["code"],
                "Description": method["code"],
                "AccountNumber": method["account"],
            }
            for method in settings["payment_methods"]
        ],
    )


def _add_register(router, Company, names, read):
    path, plural, singular, what = names

    @router.get(f"/{path}", name=path)
    async def find(company: Company, request: Request):
        lists.check_parameters(request.query_params, set())
        return lists.page(
            plural, read(settings_of(company)), request, lambda row: show(request, row)
        )

    @router.get(f"/{path}/{{code}}", name=singular)
    async def get(company: Company, code: str, request: Request):
        for row in read(settings_of(company)):
            if row["Code"] == code:
                return {singular: show(request, row)}
        raise not_found(what)

    def show(request, row):
        return {"@url": f"{request.base_url}3/{path}/{row['Code']}"} | row


def _add_accounts(router, Company):
    def show(request, company, number):
        return {
            "@url": f"{request.base_url}3/accounts/{number}",
            "Active": number not in settings_of(company)["inactive_accounts"],
            "Description": f"Konto {number}",
            "Number": number,
            "SRU": 0,
            "VATCode": "",
            "Year": 1,
        }

    @router.get("/accounts")
    async def find(company: Company, request: Request):
        numbers = settings_of(company)["accounts"]
        return lists.page(
            "Accounts", numbers, request, lambda number: show(request, company, number)
        )

    @router.get("/accounts/{number}")
    async def get(company: Company, number: int, request: Request):
        if number not in settings_of(company)["accounts"]:
            raise not_found("account")
        return {"Account": show(request, company, number)}


def _add_payments(router, service, Company):
    @router.get("/invoicepayments")
    async def find(company: Company, request: Request):
        lists.check_parameters(request.query_params, {"invoicenumber"})
        rows = service.payments_of(company, request.query_params.get("invoicenumber"))
        return lists.page("InvoicePayments", rows, request, lambda row: show(request, row))

    def show(request, payment):
        return {
            "@url": f"{request.base_url}3/invoicepayments/{payment['Number']}",
            "Amount": payment["Amount"],
            "Booked": True,
            "Currency": "SEK",
            "CurrencyRate": 1,
            "CurrencyUnit": 1,
            "InvoiceNumber": int(payment["InvoiceNumber"]),
            "Number": str(payment["Number"]),
            "PaymentDate": payment["PaymentDate"],
            "Source": "direct",
        }
