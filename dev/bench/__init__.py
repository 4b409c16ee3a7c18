from .run import measure, run

__all__ = ["measure", "run"]
