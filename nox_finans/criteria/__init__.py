"""The criteria that decide whether an invoice can go to Nox Finans."""
