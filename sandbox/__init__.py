"""A stand-alone server that behaves as the documented interface to Nox Finans does.

Nothing is ever sent or charged. What the documentation leaves open is marked "Not documented".
"""
