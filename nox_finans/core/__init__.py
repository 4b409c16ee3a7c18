"""What holds without Odoo and without a network: words, states, money, course, pauses."""
