from .run import STEPS, measure, run

__all__ = ["STEPS", "measure", "run"]
