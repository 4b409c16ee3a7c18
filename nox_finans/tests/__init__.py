from . import (
    test_actions,
    test_company,
    test_connection,
    test_criteria,
    test_guards,
    test_rights,
    test_selection,
    test_send,
    test_settings,
)
