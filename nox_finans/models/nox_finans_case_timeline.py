from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import formatLang

from ..api import payloads
from ..core.course import EVENT_ORDER, get_following, get_passed, get_stage
from ..core.ledger import SMALL_REST, to_oere
from ..core.words import CLOSE_REASONS, GAVELS, STAGES
from . import nox_finans_case  # noqa: F401 - extended here, so it comes first
from .nox_finans_gate import GROUPS, gate

# What a credit note lowers is no money that somebody owes.
NO_CREDIT_NOTE = ("move_id.move_type", "!=", "out_refund")


class NoxFinansCase(models.Model):
    """The course of a case: what has happened, how far it is, and what comes."""

    _inherit = "nox.finans.case"

    next_event_label = fields.Char(compute="_compute_next_event_label", string="Next Step")
    handed_over_amount = fields.Monetary(
        currency_field="company_currency_id",
        readonly=True,
        help="What Nox Finans was asked to collect.",
    )
    last_event = fields.Char(string="Last Step", readonly=True)
    event_ids = fields.One2many(
        comodel_name="nox.finans.event", inverse_name="case_id", string="Events"
    )
    close_reason = fields.Selection(selection=CLOSE_REASONS, string="Closed as", readonly=True)
    stage = fields.Selection(
        selection=STAGES,
        compute="_compute_stage",
        store=True,
        index=True,
        group_expand="_group_expand_stage",
    )
    gavel = fields.Selection(selection=GAVELS, compute="_compute_gavel", search="_search_gavel")
    course = fields.Json(compute="_compute_course")

    @api.depends("next_event")
    def _compute_next_event_label(self):
        labels = self._get_event_labels()
        for case in self:
            case.next_event_label = labels.get(case.next_event, case.next_event)

    def _get_event_labels(self):
        """Return the names of the service's events, in the order of its course."""
        names = (
            self.env._("Notice of overdue"),
            self.env._("Reminder"),
            self.env._("Debt-collection demand"),
            self.env._("Payment order"),
            self.env._("Long-term monitoring"),
        )
        return dict(zip(EVENT_ORDER, names, strict=True))

    @api.depends("state", "last_event")
    def _compute_stage(self):
        for case in self:
            case.stage = get_stage(case.state, case.last_event)

    @api.model
    def _group_expand_stage(self, _stages, _domain):
        return [stage for stage, _label in STAGES]

    @api.depends(
        "state",
        "remote_status",
        "is_stuck",
        "unbooked_amount",
        "money_message",
        "is_collection_near",
        "is_customer_asked",
        "activity_ids.active",
        "activity_ids.activity_type_id",
    )
    def _compute_gavel(self):
        for gavel, domain in self._get_gavel_domains().items():
            self.filtered_domain(domain).gavel = gavel

    def _search_gavel(self, operator, value):
        if operator != "in":
            return NotImplemented
        domains = self._get_gavel_domains()
        return Domain.OR(domains[gavel] for gavel in value if gavel in domains)

    def _get_gavel_domains(self):
        """Return the domain of each gavel's cases: each case has just one."""
        is_accepted = Domain("state", "=", "accepted")
        paused = is_accepted & Domain("remote_status", "=", payloads.STATUS_PAUSED)
        confirming = (payloads.STATUS_UNKNOWN, payloads.STATUS_NOT_AUTHORIZED, False)
        unconfirmed = is_accepted & Domain("remote_status", "in", confirming)
        domains = {
            "closed": Domain("state", "=", "closed"),
            "paused": paused,
            "waiting": Domain("state", "in", ("queued", "sending", "uncertain")) | unconfirmed,
            "running": is_accepted & ~paused & ~unconfirmed,
        }
        needs_you = self._get_needs_you_domain()
        return {"needs_you": needs_you} | {
            gavel: domain & ~needs_you for gavel, domain in domains.items()
        }

    def _get_needs_you_domain(self):
        """Return the domain of the cases that wait for a person.

        The question's activity may have been ticked off while its reason is still there.
        """
        question = Domain("activity_type_id.res_model", "=", self._name)
        return Domain.OR(
            (
                Domain("state", "=", "refused"),
                Domain("is_stuck", "=", True),
                Domain("unbooked_amount", ">", 0) & Domain("money_message", "!=", False),
                Domain("is_collection_near", "=", True),
                Domain("state", "=", "accepted") & Domain("is_customer_asked", "=", True),
                # Past the rules: that somebody was asked is for all to see who see the case.
                Domain("activity_ids", "any!", question),
            )
        )

    # -------------------------------------------------------------------------
    # What has happened
    # -------------------------------------------------------------------------

    def _get_standing(self):
        """Return what an answer can change, to see afterwards what it has changed."""
        return {
            "status": self.remote_status,
            "event": self.next_event,
            "event_date": self.next_event_date,
            "capital": self.capital_balance,
            "fees": self.fees,
            "is_known": bool(self.confirmed_date),
        }

    def _note_event(self, kind, text, amount=0, date=None, user=None):
        """Keep what has happened, with who did it; tell the invoice what the service did.

        :param user: who did it, empty for nobody; by default who asked for what was just done
        """
        if user is None:
            user = self._get_sent_request().user_id
        self.env["nox.finans.event"].create(
            {
                "case_id": self.id,
                "kind": kind,
                "text": text,
                "amount": amount,
                "user_id": user.id,
                **({"date": date} if date else {}),
            }
        )
        if not user:
            self.move_id.message_post(body=self.env._("Nox Finans: %s", text))

    def _note_events(self, before):
        """Keep what an answer tells that it has not told before."""
        if not before["is_known"]:
            return
        self._note_steps(before)
        self._note_money(before)
        paused = payloads.STATUS_PAUSED
        if self.remote_status == paused and before["status"] != paused:
            self._note_event("pause", self._get_pause_words())
        elif before["status"] == paused and self.remote_status == payloads.STATUS_OPEN:
            self._note_resumed()

    def _note_resumed(self):
        self._note_event("pause", self.env._("Resumed"))

    def _get_pause_words(self):
        if self._get_sent_request() and self.paused_until:
            until = fields.Date.to_string(self.paused_until)
            return self.env._("Paused until and including %s", until)
        return self.env._("Paused")

    def _note_steps(self, before):
        """The steps that lie between the event that was next and the one that is next now."""
        is_over = self.remote_status == payloads.STATUS_CLOSED or self.next_event == before["event"]
        if is_over and not self._has_ended_course(before):
            return
        labels = self._get_event_labels()
        for event in get_passed(before["event"], self._get_coming_event()):
            is_first = event == before["event"]
            planned = fields.Datetime.to_datetime(is_first and before["event_date"])
            self.last_event = event
            self._note_event(
                "course",
                labels.get(event, event),
                date=planned and min(planned, fields.Datetime.now()),
            )
        if self._has_ended_course(before):
            self.next_event = False

    def _has_ended_course(self, before):
        """Tell whether the service goes on with the case, and nothing comes after what was next."""
        return bool(
            before["event"]
            and before["event_date"]
            and not self.next_event_date
            and self.remote_status == payloads.STATUS_OPEN
        )

    def _get_coming_event(self):
        return self.next_event if self.next_event_date else False

    def _note_money(self, before):
        fallen = before["capital"] - self.capital_balance
        if self.company_currency_id.compare_amounts(fallen, 0) > 0:
            text = self.env._("Balance lowered by %s", self._format(fallen))
            self._note_event("payment", text, fallen)
        added = self.fees - before["fees"]
        if self.company_currency_id.compare_amounts(added, 0) > 0:
            self._note_event("fee", self.env._("Fees added: %s", self._format(added)), added)
        if added < 0 and self._is_taking_fees():
            self._note_event("fee", self.env._("Fees taken over: %s", self._format(-added)), added)

    def _is_taking_fees(self):
        request = self._get_sent_request()
        return request.action == "take_fees" or request.takes_fees

    def _format(self, amount):
        return formatLang(self.env, amount, currency_obj=self.company_currency_id)

    def _get_close_reason(self):
        if self.is_cancelled_there:
            return "stopped"
        left = self.handed_over_amount - self.received_amount
        if to_oere(left) >= SMALL_REST:
            return "stopped" if self.stop_id else self._get_unpaid_reason()
        credited = self.move_id.reversal_move_ids.filtered(lambda move: move.state == "posted")
        return "credited" if credited or self.is_credited_there else "paid"

    def _get_unpaid_reason(self):
        # Of a credit note nothing comes in: it is set off against its invoice.
        return "credited" if self.move_id.move_type == "out_refund" else "written_off"

    def _get_close_words(self):
        reasons = dict(self._fields["close_reason"]._description_selection(self.env))
        return self.env._("Closed: %s", reasons[self.close_reason])

    # -------------------------------------------------------------------------
    # What is shown
    # -------------------------------------------------------------------------

    @api.model
    @gate("read", GROUPS, on="any")
    def get_overview(self) -> dict:
        """Return the way of the invoices from ready to paid, for the overview page.

        Steps: name, count, amount and fees in SEK, and the domain that shows what was counted.
        Amounts are what is to be collected; of closed cases what was handed over, and their fees
        are those that the customer was charged. Credit notes are not on that way.
        """
        companies = [("company_id", "in", self.env.companies.ids)]
        cases = [*companies, NO_CREDIT_NOTE]
        return {
            "steps": [
                self._get_ready(companies),
                *self._get_open_steps(cases),
                *self._get_closed_steps(cases),
            ],
            "recovered": self._get_recovered(cases),
            "currency": self.env.ref("base.SEK").id,
        }

    def _get_ready(self, companies):
        """Return the invoices that could be sent now."""
        domain = [
            *companies,
            ("move_type", "=", "out_invoice"),
            ("nox_finans_status", "in", ("approved", "warning")),
            ("nox_finans_case_state", "in", (False, "refused")),
            ("nox_finans_hidden", "=", False),
            ("nox_finans_is_disputed", "=", False),
        ]
        ((count, amount),) = self.env["account.move"]._read_group(
            domain, [], ["__count", "nox_finans_amount_to_collect:sum"]
        )
        ready = self._make_step("ready", self.env._("Ready"), count, amount or 0, 0, domain)
        return ready | {"model": "account.move"}

    def _get_open_steps(self, cases):
        """Return the stages up to long-term monitoring; the refused ones only if there are any."""
        groups = self._sum_by(
            "stage", cases, ["__count", "capital_balance:sum", "balance_with_fees:sum"]
        )
        steps = []
        for stage, label in self._fields["stage"]._description_selection(self.env):
            count, capital, with_fees = groups.get(stage, (0, 0, 0))
            if stage == "closed" or (stage == "refused" and not count):
                continue
            domain = [*cases, ("stage", "=", stage)]
            if stage in ("waiting", "refused"):
                # The service has told no balance yet.
                capital = with_fees = self._sum_to_collect(domain)
            steps.append(self._make_step(stage, label, count, capital, with_fees - capital, domain))
        return steps

    def _get_closed_steps(self, cases):
        """Return the paid cases, and those that ended in another way if there are any."""
        closed = [*cases, ("stage", "=", "closed")]
        groups = self._sum_by("close_reason", closed, ["__count", "handed_over_amount:sum"])
        steps = []
        for reason, label in self._fields["close_reason"]._description_selection(self.env):
            count, amount = groups.get(reason, (0, 0))
            if reason == "paid" or count:
                domain = [*closed, ("close_reason", "=", reason)]
                fees = self._sum_charged_fees(domain)
                steps.append(self._make_step(reason, label, count, amount, fees, domain))
        return steps

    def _sum_by(self, field, domain, aggregates):
        return {value: sums for value, *sums in self._read_group(domain, [field], aggregates)}

    def _make_step(self, key, label, count, amount, fees, domain):
        return {
            "key": key,
            "label": label,
            "count": count,
            "amount": amount,
            "fees": fees,
            "model": self._name,
            "domain": domain,
        }

    def _sum_to_collect(self, domain):
        moves = Domain("nox_finans_case_ids", "any", domain)
        ((amount,),) = self.env["account.move"]._read_group(
            moves, [], ["nox_finans_amount_to_collect:sum"]
        )
        return amount or 0

    def _sum_charged_fees(self, domain):
        """Return what was added, less what the company took over: a closed case has no fees."""
        fees = Domain("kind", "=", "fee") & Domain("case_id", "any", domain)
        ((amount,),) = self.env["nox.finans.event"]._read_group(fees, [], ["amount:sum"])
        return amount or 0

    def _get_recovered(self, cases):
        """Return the share of what was handed over that has come in, of the cases that are closed.

        Part payments of stopped and written-off cases count. What was credited was not to be paid.
        """
        domain = [*cases, ("stage", "=", "closed"), ("close_reason", "!=", "credited")]
        ((handed_over, received),) = self._read_group(
            domain, [], ["handed_over_amount:sum", "received_amount:sum"]
        )
        return {
            # XML-RPC cannot carry None.
            "share": (received or 0) / handed_over if handed_over else False,
            "label": self.env._("Share Recovered"),
            "model": self._name,
            "domain": domain,
        }

    @api.depends(
        "state", "next_event", "next_event_date", "accepted_date", "confirmed_date", "event_ids"
    )
    def _compute_course(self):
        for case in self:
            case.course = case._get_past() + case._get_future()

    def _get_past(self):
        """Return what has happened, each with label, date (ISO, UTC) and whether it is done."""
        happened = [
            (self.create_date, self.env._("Put into the queue by %s", self.user_id.name)),
            (self.accepted_date, self.env._("Handed over to Nox Finans")),
            (self.confirmed_date, self.env._("Confirmed by Nox Finans")),
            *((event.date, event._get_label()) for event in self.event_ids.sorted("id")),
        ]
        return [
            {"label": label, "date": fields.Datetime.to_string(date), "is_done": True}
            for date, label in happened
            if date
        ]

    def _get_future(self):
        """Return the next event with its date, and those that follow if nobody pays."""
        labels = self._get_event_labels()
        if self.state != "accepted" or not self.next_event:
            return []
        following = [labels[event] for event in get_following(self.next_event)]
        return [
            {
                "label": self.next_event_label,
                "date": fields.Date.to_string(self.next_event_date),
                "is_done": False,
            },
            *({"label": label, "date": False, "is_done": False} for label in following),
        ]
