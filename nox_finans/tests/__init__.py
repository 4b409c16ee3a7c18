from . import (
    test_company,
    test_criteria,
    test_rights,
    test_selection,
    test_send,
    test_settings,
)
