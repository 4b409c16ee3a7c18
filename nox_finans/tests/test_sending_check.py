from unittest.mock import patch

from odoo.fields import Domain

from ..criteria import SendingCheck, judge
from ..criteria.criterion import red
from .common import NoxFinansCase


class TestSendingCheck(NoxFinansCase):
    """The check before each sending reads what its criteria ask for, whatever that is."""

    def test_nothing_is_read_that_holds_nothing_back(self):
        move, is_held_back = self.make_invoice(), SendingCheck(self.company)
        with patch.object(type(self.connector), "_is_statement_old", side_effect=AssertionError):
            self.assertFalse(is_held_back(move))
            self.term_30.nox_finans_service = "reminder"
            self.assertTrue(is_held_back(move), "not due yet")

    def test_what_holds_back_may_ask_for_anything(self):
        criterion = red("", "", "", lambda rules: is_any & Domain(rules.is_statement_old))
        move, is_held_back = self.make_invoice(), SendingCheck(self.company)
        is_any = Domain("id", ">", 0)
        old = patch.object(type(self.connector), "_is_statement_old")
        with patch.object(judge, "CRITERIA", (criterion,)), old as is_old:
            for is_old.return_value in (False, False, True, True, False):
                self.assertEqual(is_held_back(move), is_old.return_value)
