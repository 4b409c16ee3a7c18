from . import (
    base_module_uninstall,
    nox_finans_action,
    nox_finans_connect,
    nox_finans_dispute,
    nox_finans_limits,
    nox_finans_rule_preview,
    nox_finans_send,
    portal_share,
)
