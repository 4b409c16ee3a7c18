"""What the senders are told of a run: one message each, at its end."""

from collections import defaultdict


class News:
    """What has come of the cases of each sender."""

    def __init__(self, env):
        self.env = env
        self._confirmed = defaultdict(list)
        self._refused = defaultdict(list)

    def add_refusal(self, user, case, message):
        """Let `user` be told at the end why a case, or what was asked of it, was refused."""
        self._refused[user].append(f"{case.move_id.name}: {message}")

    def announce(self, case):
        """Tell the invoice, and its sender at the end, once the service has confirmed the case."""
        if case.is_announced or not case.confirmed_date:
            return
        case.is_announced = True
        case.move_id.message_post(
            body=case.env._(
                "Nox Finans: %(status)s OCR number %(ocr)s.",
                status=case.status_message,
                ocr=case.ocr_number or "–",
            )
        )
        self._confirmed[case.user_id].append(case.move_id.name)

    def tell(self):
        """Send the messages."""
        for user, reasons in self._refused.items():
            self._notify(user, "danger", self._get_refusal(user, reasons))
        for user, names in self._confirmed.items():
            self._notify(user, "success", self._get_confirmation(user, names))

    def _get_env(self, user):
        return self.env(context={**self.env.context, "lang": user.lang})

    def _get_refusal(self, user, reasons):
        if len(reasons) == 1:
            return reasons[0]
        return self._get_env(user)._(
            "%s invoices were not accepted. Each says why: Customers > Nox Finans > Cases.",
            len(reasons),
        )

    def _get_confirmation(self, user, names):
        env = self._get_env(user)
        if len(names) == 1:
            return env._("Invoice %s is approved and will be handled.", names[0])
        return env._("%s invoices are approved and will be handled.", len(names))

    def _notify(self, user, kind, message):
        user._bus_send(
            "simple_notification",
            {"type": kind, "title": "Nox Finans", "message": message, "sticky": True},
        )
