"""The documented form of an error."""


class ServiceError(Exception):
    """What the service says no with: HTTP `status`, a Swedish message, its own `code`."""

    def __init__(self, message, code=2000588, status=400):
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status

    def body(self):
        return {"ErrorInformation": {"error": 1, "message": self.message, "code": self.code}}


def not_found(what):
    # Documented: 2000729, "no valid identifier"; that it comes with 404 is our assumption.
    return ServiceError(f"Kan inte hitta {what}.", 2000729, 404)
