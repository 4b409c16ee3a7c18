from . import (
    account_move,
    account_move_line,
    account_payment_term,
    nox_finans_case,
    nox_finans_connector,
    nox_finans_exchange,
    nox_finans_payload,
    nox_finans_price,
    nox_finans_sign_in,
    res_company,
    res_config_settings,
    res_partner,
)
