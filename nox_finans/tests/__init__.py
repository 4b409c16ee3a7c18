from . import (
    test_actions,
    test_chain,
    test_company,
    test_connection,
    test_criteria,
    test_guards,
    test_rights,
    test_selection,
    test_send,
    test_send_dialog,
    test_settings,
)
