from ..core.words import STEPS
from ..exchange.steps import SENDING_STEPS, get_steps_left
from .common import NoxFinansCase


class TestSteps(NoxFinansCase):
    """The way on the wire, and what of it an invoice needs."""

    def get_names(self, case):
        return [step.name for step in get_steps_left(case.sudo())]

    def test_the_way_on_the_wire_is_that_of_the_field(self):
        self.assertEqual([step.name for step in SENDING_STEPS], [name for name, _label in STEPS])

    def test_each_invoice_goes_the_way_that_it_needs(self):
        case = self.send(self.make_invoice())[0].sudo()
        self.assertEqual(self.get_names(case), ["customer", "invoice", "bookkept", "handed_over"])
        case.write({"step": "invoice", "service": "reminder"})
        self.assertEqual(self.get_names(case), ["bookkept", "sent", "handed_over"])
        case.accounting_method = "CASH"
        self.assertEqual(self.get_names(case), ["sent", "handed_over"])
        case.step = "handed_over"
        self.assertFalse(self.get_names(case))

    def test_house_work_is_applied_for_once_the_invoice_is_there(self):
        case = self.send(self.make_house_work())[0]
        self.assertEqual(self.get_names(case)[1:3], ["invoice", "tax_reduction"])
