"""The documented form of an error."""

# Documented: "Ogiltig parameter i anropet". Also our choice where no code is known.
INVALID_PARAMETER = 2000588

# Recorded answers to what is not there: the words and the code of each.
NOT_FOUND = {
    "invoice": ("Kan inte hitta fakturan.", 2000434),
    "customer": ("Kan inte hitta kunden.", 2000433),
    "unit": ("Kan inte hitta enheten.", 2000432),
    "terms": ("Kan inte hitta betalningsvillkoret.", 2000429),
    "account": ("Kan inte hitta kontot.", 2000423),
}
# Documented: "no valid identifier"; for what has no recorded answer.
NO_IDENTIFIER = 2000729


class ServiceError(Exception):
    """What the service says no with: HTTP `status`, a Swedish message, its own `code`.

    A `capitalised` one has the keys that answers with 404 have been recorded with.
    """

    def __init__(self, message, code=INVALID_PARAMETER, status=400, capitalised=False):
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status
        self.capitalised = capitalised

    def body(self):
        words = {"error": 1, "message": self.message, "code": self.code}
        if self.capitalised:
            words = {name.capitalize(): value for name, value in words.items()}
        return {"ErrorInformation": words}


class UnauthorizedError(ServiceError):
    """A token that is missing, unknown or too old, as recorded: no error information at all."""

    def __init__(self):
        super().__init__("unauthorized", status=401)

    def body(self):
        return {"message": self.message}


def not_found(what):
    """Return the 404 of `what`: a key of :data:`NOT_FOUND`, or the Swedish word for it."""
    message, code = NOT_FOUND.get(what, (f"Kan inte hitta {what}.", NO_IDENTIFIER))
    return ServiceError(message, code, 404, capitalised=True)


def unknown(what):
    """Return the refusal of a body that names something which is not in a register."""
    message, code = NOT_FOUND[what]
    return ServiceError(message, code)
