"""The documented bodies: required fields, types, lengths and value sets."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr

Number = StrictInt | StrictFloat
Text = Annotated[StrictStr, Field(max_length=1024)]
Reference = Annotated[StrictStr, Field(max_length=80)]
Person = Annotated[StrictStr, Field(max_length=50)]
Remark = Annotated[StrictStr, Field(max_length=1024)]
Postcode = Annotated[StrictStr, Field(max_length=10)]
# A code, or the word that empties a field, which is longer.
Code2 = Annotated[StrictStr, Field(pattern="^([A-Z]{2}|API_BLANK|)$")]
Code3 = Annotated[StrictStr, Field(pattern="^([A-Z]{3}|)$")]
DateOrBlank = date | Literal["API_BLANK"]


class Body(BaseModel):
    """A body with a field that the interface does not know is refused (code 2001399)."""

    model_config = ConfigDict(extra="forbid")


class DeliveryTypes(Body):
    Invoice: Literal["PRINT", "EMAIL", "PRINTSERVICE"] | None = None
    Offer: StrictStr | None = None
    Order: StrictStr | None = None


class CustomerFields(Body):
    CustomerNumber: Text | None = None
    Name: Text | None = None
    Type: Literal["PRIVATE", "COMPANY"] | None = None
    OrganisationNumber: Annotated[StrictStr, Field(max_length=30)] | None = None
    Address1: Text | None = None
    Address2: Text | None = None
    ZipCode: Postcode | None = None
    City: Text | None = None
    CountryCode: Code2 | None = None
    Email: Text | None = None
    EmailInvoice: Text | None = None
    EmailInvoiceCC: Text | None = None
    EmailInvoiceBCC: Text | None = None
    Phone1: Text | None = None
    Phone2: Text | None = None
    Fax: Text | None = None
    WWW: Text | None = None
    Comments: Text | None = None
    GLN: Annotated[StrictStr, Field(max_length=13)] | None = None
    GLNDelivery: Annotated[StrictStr, Field(max_length=13)] | None = None
    VATNumber: Text | None = None
    VATType: Literal["SEVAT", "SEREVERSEDVAT", "EUREVERSEDVAT", "EUVAT", "EXPORT"] | None = None
    Currency: Code3 | None = None
    ExternalReference: Text | None = None
    DefaultDeliveryTypes: DeliveryTypes | None = None
    TermsOfPayment: StrictStr | None = None
    YourReference: Person | None = None
    OurReference: Person | None = None
    ShowPriceVATIncluded: StrictBool | None = None
    InvoiceAdministrationFee: StrictStr | None = None
    InvoiceFreight: StrictStr | None = None
    InvoiceDiscount: Number | Literal["API_BLANK"] | None = None
    InvoiceRemark: Remark | None = None
    DeliveryName: Text | None = None
    DeliveryAddress1: Text | None = None
    DeliveryAddress2: Text | None = None
    DeliveryZipCode: Postcode | None = None
    DeliveryCity: Text | None = None
    DeliveryCountryCode: Code2 | None = None
    DeliveryPhone1: Text | None = None
    DeliveryPhone2: Text | None = None
    VisitingAddress: Text | None = None
    VisitingZipCode: Postcode | None = None
    VisitingCity: Text | None = None
    VisitingCountryCode: Code2 | None = None
    EmailOffer: Text | None = None
    EmailOrder: Text | None = None
    SalesAccount: StrictStr | None = None
    PriceList: StrictStr | None = None
    CostCenter: StrictStr | None = None
    Project: StrictStr | None = None
    WayOfDelivery: StrictStr | None = None
    TermsOfDelivery: StrictStr | None = None
    Active: StrictBool | None = None


class NewCustomer(CustomerFields):
    Name: Annotated[StrictStr, Field(min_length=1, max_length=1024)]


class NewCustomerBody(Body):
    Customer: NewCustomer


class CustomerBody(Body):
    Customer: CustomerFields


class InvoiceRow(Body):
    # Known from recorded refusals; the schema says nothing.
    Description: Annotated[StrictStr, Field(max_length=255)] | None = None
    DeliveredQuantity: StrictStr | None = None
    Price: Number | None = None
    VAT: StrictInt | None = None
    Unit: StrictStr | None = None
    Discount: Number | None = None
    DiscountType: Literal["AMOUNT", "PERCENT"] | None = None
    AccountNumber: StrictInt | None = None
    ArticleNumber: StrictStr | None = None
    CostCenter: StrictStr | None = None
    Project: StrictStr | None = None
    HouseWork: StrictBool | None = None
    HouseWorkType: StrictStr | None = None
    HouseWorkHoursToReport: StrictInt | None = None
    RowId: StrictInt | None = None


class EmailAddresses(Body):
    EmailAddressTo: Text | None = None
    EmailAddressFrom: Text | None = None
    EmailAddressCC: Text | None = None
    EmailAddressBCC: Text | None = None
    EmailSubject: Text | None = None
    EmailBody: StrictStr | None = None


class EDIFields(Body):
    EDIGlobalLocationNumber: Text | None = None
    EDIGlobalLocationNumberDelivery: Text | None = None
    EDIInvoiceExtra1: Text | None = None
    EDIInvoiceExtra2: Text | None = None
    EDIOurElectronicReference: Text | None = None
    EDIYourElectronicReference: Text | None = None


class InvoiceFields(Body):
    CustomerNumber: StrictStr | None = None
    ExternalInvoiceReference1: Reference | None = None
    ExternalInvoiceReference2: Reference | None = None
    InvoiceDate: date | None = None
    DueDate: date | None = None
    DeliveryDate: DateOrBlank | None = None
    Currency: Code3 | None = None
    CurrencyRate: Number | None = None
    CurrencyUnit: Number | None = None
    InvoiceType: (
        Literal["INVOICE", "AGREEMENTINVOICE", "INTRESTINVOICE", "SUMMARYINVOICE", "CASHINVOICE"]
        | None
    ) = None
    NotCompleted: StrictBool | None = None
    OurReference: Person | None = None
    YourReference: Person | None = None
    YourOrderNumber: Annotated[StrictStr, Field(max_length=75)] | None = None
    TermsOfPayment: StrictStr | None = None
    TermsOfDelivery: StrictStr | None = None
    WayOfDelivery: StrictStr | None = None
    PaymentWay: StrictStr | None = None
    PrintTemplate: StrictStr | None = None
    PriceList: StrictStr | None = None
    Language: Literal["SV", "EN"] | None = None
    VATIncluded: StrictBool | None = None
    AdministrationFee: Number | None = None
    Freight: Number | None = None
    Remarks: Remark | None = None
    Comments: Remark | None = None
    CustomerName: Text | None = None
    Address1: Text | None = None
    Address2: Text | None = None
    ZipCode: Postcode | None = None
    City: Text | None = None
    Country: Text | None = None
    Phone1: Text | None = None
    Phone2: Text | None = None
    DeliveryName: Text | None = None
    DeliveryAddress1: Text | None = None
    DeliveryAddress2: Text | None = None
    DeliveryZipCode: Postcode | None = None
    DeliveryCity: Text | None = None
    DeliveryCountry: Text | None = None
    CostCenter: StrictStr | None = None
    Project: StrictStr | None = None
    EUQuarterlyReport: StrictBool | None = None
    OutboundDate: DateOrBlank | None = None
    EmailInformation: EmailAddresses | None = None
    EDIInformation: EDIFields | None = None
    CreditInvoiceReference: StrictStr | None = None
    DocumentNumber: StrictStr | None = None
    OCR: StrictStr | None = None
    TaxReductionType: Literal["none", "rot", "rut", "green"] | None = None
    InvoiceRows: list[InvoiceRow] | None = None


class NewInvoice(InvoiceFields):
    CustomerNumber: Annotated[StrictStr, Field(min_length=1)]


class NewInvoiceBody(Body):
    Invoice: NewInvoice


class InvoiceBody(Body):
    Invoice: InvoiceFields


class TaxReductionAmount(Body):
    WorkType: StrictStr | None = None
    AskedAmount: Number | None = None


class NewTaxReduction(Body):
    ReferenceDocumentType: Literal["OFFER", "ORDER", "INVOICE"]
    ReferenceNumber: StrictStr
    CustomerName: Annotated[StrictStr, Field(min_length=1)]
    SocialSecurityNumber: StrictStr | None = None
    # Whole and not negative, with codes of its own.
    AskedAmount: Number | None = None
    TaxReductionAmounts: list[TaxReductionAmount] | None = None
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

# Documented: all that a connection to Nox Finans uses, and what a check of its set-up reads.
SCOPES_BEFORE = "companyinformation customer invoice noxfinansinvoice payment"
SCOPES = f"{SCOPES_BEFORE} settings bookkeeping"


class FinancialYear(Body):
    from_date: date
    to_date: date


class PaymentMethod(Body):
    code: str
    account: int


class CompanySettings(Body):
    """What can be chosen of a company; see :mod:`sandbox.company_settings` for the defaults."""

    presets: Literal["hostile", "friendly"] = "hostile"
    vat_included: bool = True
    administration_fee: float = 0
    freight: float = 0
    terms_of_payment: str = ""
    customer_address2: str = ""
    accounting_method: Literal["ACCRUAL", "CASH"] = "ACCRUAL"
    financial_years: list[FinancialYear] | None = None
    locked_until: date | None = None
    services: dict[Literal["LEDGERBASE", "REMINDER"], bool] = {"LEDGERBASE": True, "REMINDER": True}
    round_to_kronor: bool = False
    vat_rounding: Literal["row", "invoice"] = "row"
    payments_listed: bool = True
    units: list[str] = []
    terms: list[str] = []
    accounts: list[int] = []
    inactive_accounts: list[int] = []
    mandatory_project: bool = False
    mandatory_cost_center: bool = False
    payment_methods: list[PaymentMethod] = []


class NewCompany(CompanySettings):
    name: str
    organisation_number: str = ""
    client_id: str | None = None
    scope: str = SCOPES


class ChangedCompanySettings(CompanySettings):
    company_id: str | None = None


class Advance(Body):
    advance_days: float = 0
    advance_seconds: float = 0


class Settings(Body):
    confirm_delay: float | None = Field(None, ge=0)
    rate_limit: bool | None = None
    second_hand_over: Literal["refuse", "accept"] | None = None
    latency: float | None = Field(None, ge=0)
    refresh_token_days: float | None = Field(None, gt=0)
    # Not documented: whether the answer to a crediting is the debit, which names the credit
    # invoice, or the credit invoice itself.
    credit_answer: Literal["debit", "credit"] | None = None


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


class ExpiredTokens(CompanyReference):
    """The access tokens of a company; with `refresh` also those that new ones are asked with."""

    refresh: bool = False
