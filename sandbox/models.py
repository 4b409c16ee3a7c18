"""The documented bodies: required fields, types, lengths and value sets."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr

Number = StrictInt | StrictFloat
Reference = Annotated[StrictStr, Field(max_length=80)]
Person = Annotated[StrictStr, Field(max_length=50)]


class Body(BaseModel):
    """A body with a field that the interface does not know is refused (code 2001399)."""

    model_config = ConfigDict(extra="forbid")


class DeliveryTypes(Body):
    Invoice: Literal["PRINT", "EMAIL", "PRINTSERVICE"] | None = None
    Offer: StrictStr | None = None
    Order: StrictStr | None = None


class CustomerFields(Body):
    CustomerNumber: Annotated[StrictStr, Field(max_length=1024)] | None = None
    Name: Annotated[StrictStr, Field(max_length=1024)] | None = None
    Type: Literal["PRIVATE", "COMPANY"] | None = None
    OrganisationNumber: Annotated[StrictStr, Field(max_length=30)] | None = None
    Address1: Annotated[StrictStr, Field(max_length=1024)] | None = None
    Address2: Annotated[StrictStr, Field(max_length=1024)] | None = None
    ZipCode: Annotated[StrictStr, Field(max_length=10)] | None = None
    City: Annotated[StrictStr, Field(max_length=1024)] | None = None
    CountryCode: Annotated[StrictStr, Field(min_length=2, max_length=2)] | None = None
    Email: Annotated[StrictStr, Field(max_length=1024)] | None = None
    EmailInvoice: Annotated[StrictStr, Field(max_length=1024)] | None = None
    Phone1: Annotated[StrictStr, Field(max_length=1024)] | None = None
    GLN: Annotated[StrictStr, Field(max_length=13)] | None = None
    VATNumber: StrictStr | None = None
    VATType: Literal["SEVAT", "SEREVERSEDVAT", "EUREVERSEDVAT", "EUVAT", "EXPORT"] | None = None
    Currency: Annotated[StrictStr, Field(min_length=3, max_length=3)] | None = None
    ExternalReference: StrictStr | None = None
    DefaultDeliveryTypes: DeliveryTypes | None = None


class NewCustomer(CustomerFields):
    Name: Annotated[StrictStr, Field(min_length=1, max_length=1024)]


class NewCustomerBody(Body):
    Customer: NewCustomer


class CustomerBody(Body):
    Customer: CustomerFields


class InvoiceRow(Body):
    Description: StrictStr | None = None
    DeliveredQuantity: StrictStr | None = None
    Price: Number | None = None
    VAT: StrictInt | None = None
    Unit: StrictStr | None = None
    Discount: Number | None = None
    DiscountType: Literal["AMOUNT", "PERCENT"] | None = None
    AccountNumber: StrictInt | None = None
    ArticleNumber: StrictStr | None = None
    HouseWork: StrictBool | None = None
    HouseWorkType: StrictStr | None = None
    HouseWorkHoursToReport: StrictInt | None = None


class EmailAddressee(Body):
    EmailAddressTo: StrictStr | None = None


class InvoiceFields(Body):
    CustomerNumber: StrictStr | None = None
    ExternalInvoiceReference1: Reference | None = None
    ExternalInvoiceReference2: Reference | None = None
    InvoiceDate: date | None = None
    DueDate: date | None = None
    Currency: StrictStr | None = None
    InvoiceType: (
        Literal["INVOICE", "AGREEMENTINVOICE", "INTRESTINVOICE", "SUMMARYINVOICE", "CASHINVOICE"]
        | None
    ) = None
    NotCompleted: StrictBool | None = None
    OurReference: Person | None = None
    YourReference: Person | None = None
    YourOrderNumber: Annotated[StrictStr, Field(max_length=75)] | None = None
    TermsOfPayment: StrictStr | None = None
    Language: Literal["SV", "EN"] | None = None
    VATIncluded: StrictBool | None = None
    Remarks: Annotated[StrictStr, Field(max_length=1024)] | None = None
    CustomerName: StrictStr | None = None
    Address1: StrictStr | None = None
    Address2: StrictStr | None = None
    ZipCode: StrictStr | None = None
    City: StrictStr | None = None
    Country: StrictStr | None = None
    EmailInformation: EmailAddressee | None = None
    CreditInvoiceReference: StrictStr | None = None
    TaxReductionType: Literal["none", "rot", "rut", "green"] | None = None
    InvoiceRows: list[InvoiceRow] | None = None


class NewInvoice(InvoiceFields):
    CustomerNumber: Annotated[StrictStr, Field(min_length=1)]


class NewInvoiceBody(Body):
    Invoice: NewInvoice


class InvoiceBody(Body):
    Invoice: InvoiceFields


class NewTaxReduction(Body):
    ReferenceDocumentType: Literal["OFFER", "ORDER", "INVOICE"]
    ReferenceNumber: StrictStr
    CustomerName: Annotated[StrictStr, Field(min_length=1)]
    SocialSecurityNumber: StrictStr | None = None
    AskedAmount: StrictInt
    PropertyDesignation: StrictStr | None = None
    ResidenceAssociationOrganisationNumber: StrictStr | None = None


class TaxReductionBody(Body):
    TaxReduction: NewTaxReduction


class HandOver(Body):
    InvoiceNumber: Annotated[StrictStr, Field(min_length=1)]
    SendMethod: Literal["EMAIL", "LETTER", "EINVOICE", "NONE"]
    Service: Literal["LEDGERBASE", "REMINDER"]


class HandOverBody(Body):
    NoxFinansInvoice: HandOver


class Pause(Body):
    PausedUntilDate: date


class PauseBody(Body):
    NoxFinansInvoice: Pause


class ReportedPayment(Body):
    PaymentAmount: Number
    PaymentMethodCode: StrictStr
    PaymentMethodAccount: StrictInt
    ClientTakesFees: StrictBool
    BookkeepPaymentInFortnox: StrictBool
    ReportToFinance: StrictBool


class ReportedPaymentBody(Body):
    NoxFinansInvoice: ReportedPayment


# The control interface, which is ours.

# Documented: all that a connection to Nox Finans uses.
SCOPES = "companyinformation customer invoice noxfinansinvoice payment"


class NewCompany(Body):
    name: str
    organisation_number: str = ""
    client_id: str | None = None
    services: dict[Literal["LEDGERBASE", "REMINDER"], bool] = {"LEDGERBASE": True, "REMINDER": True}
    scope: str = SCOPES


class Advance(Body):
    advance_days: float = 0
    advance_seconds: float = 0


class Settings(Body):
    confirm_delay: float | None = Field(None, ge=0)
    rate_limit: bool | None = None
    second_hand_over: Literal["refuse", "accept"] | None = None
    latency: float | None = Field(None, ge=0)


class PlannedPayment(Body):
    company_id: str
    invoice_number: str
    amount: float = Field(gt=0)
    day: date | None = None


class Seed(Body):
    company_id: str
    count: int = Field(gt=0, le=200_000)
    due_date: date | None = None
    total: float = Field(1000.0, gt=0)


class Change(Body):
    """Payments that arrive now on several invoices."""

    company_id: str
    numbers: list[str]
    amount: float = Field(gt=0)


class Fault(Body):
    method: str | None = None
    path: str = ".*"
    when: Literal["before", "after"] = "before"
    kind: Literal["status", "cut", "timeout", "garbage", "missing_fields"]
    code: int = 500
    body: dict | None = None
    headers: dict[str, str] = {}
    seconds: float = 60
    times: int = 1
    skip: int = 0


class Refusal(Body):
    company_id: str | None = None
    customer_number: str | None = None
    external_reference: str | None = None
    message: str
    times: int = 1


class CompanyReference(Body):
    company_id: str | None = None
