"""The criteria that decide whether an invoice can go to Nox Finans: `table` has them.

Nothing of the models is imported here: they ask, and a criterion answers with a domain.
"""

from .cases import COUNTING, CREDITABLE, SENT, has_case
from .criterion import APPROVED, REJECTED, WARNING, is_blocking, is_red, is_yellow
from .domains import has_open_balance
from .judge import SendingCheck, failing_criteria, failing_domain
from .rules import DEFAULT_TIMEZONE, Rules
from .table import ASKED, CRITERIA
