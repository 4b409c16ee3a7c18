"""What each public method asks before it does anything: a right, and records to do it with.

Whoever has an account can call public methods, with any ids: portal users too.
"""

import functools

from odoo.api import NewId
from odoo.exceptions import AccessError, UserError

# Who sees anything of Nox Finans: those who invoice and those who read the accounts.
GROUP_SEND = "account.group_account_invoice"
GROUPS = f"{GROUP_SEND},account.group_account_readonly"
# PostgreSQL's largest id.
MAX_ID = 2**31 - 1


def gate(operation="read", groups=None, on="some"):
    """Let a public method ask for a right before it does anything.

    The method's answer is never None, which XML-RPC cannot carry: a caller would be told of an
    error after all was done, and do it again.

    :param operation: what the user must be allowed to do with the records, and with the model
    :param groups: the user must be in one of these (external ids, separated by commas)
    :param on: what the method is about: `one` record, `some`, or `any` number and none
    """

    def decorate(method):
        @functools.wraps(method)
        def gated(self, *args, **kwargs):
            _check_right(self, operation, groups)
            _check_count(self, on)
            answer = method(self, *args, **kwargs)
            return True if answer is None else answer

        return gated

    return decorate


def _check_right(records, operation, groups):
    """:raises AccessError: the user may not do this, or not with these records
    :raises UserError: the ids are no ids"""
    env = records.env
    if groups and not env.su and not env.user.has_groups(groups):
        raise AccessError(env._("You have no right to do this with Nox Finans."))
    # First with none of them: of ids that cannot be, only those are told who have the right.
    records.browse().check_access(operation)
    check_ids(env, (it for it in records._ids if not isinstance(it, NewId)))
    # Of thousands only what the record rules ask about is read.
    records.with_context(prefetch_fields=False).check_access(operation)


def _check_count(records, on):
    """:raises UserError: there is none, or there are several where one is meant"""
    if on == "one" and len(records) != 1:
        raise UserError(records.env._("Choose one: this is done with one at a time."))
    if on == "some" and not records:
        raise UserError(records.env._("Mark first what this is to be done with."))


def check_ids(env, ids):
    """:raises UserError: one of them cannot be the id of a record"""
    for number in ids:
        if type(number) is not int or not 0 < number <= MAX_ID:
            raise UserError(env._("This is no record's number: %s", number))
