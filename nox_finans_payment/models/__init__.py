from . import account_move, payment_link_wizard
