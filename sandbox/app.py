"""The documented interface over HTTP."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.templating import Jinja2Templates
from starlette.exceptions import HTTPException

from . import interface
from .control import make_control
from .errors import INVALID_PARAMETER, ServiceError
from .registers import make_registers
from .sign_in import make_sign_in

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


def make_app(service):
    """Return the application: documented interface, control interface, ledger page."""
    app = FastAPI(title="Nox Finans sandbox", docs_url=None, redoc_url=None)
    Company = interface.make_company(service)
    app.include_router(make_sign_in(service, TEMPLATES))
    for make in (
        make_registers,
        interface.make_customers,
        interface.make_invoices,
        interface.make_tax_reductions,
        interface.make_cases,
    ):
        app.include_router(make(service, Company))
    app.include_router(interface.make_documents(service))
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
    return JSONResponse(ServiceError(message).body(), error.status_code)
