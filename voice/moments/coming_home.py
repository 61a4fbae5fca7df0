"""A first minute together, before the news of the day."""

from voice.moments.usual_ritual import usual_ritual

__all__ = ["coming_home"]

coming_home = usual_ritual("coming_home", rest=60.0)
