"""The rituals: the one list of them all, and the settings made from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import TYPE_CHECKING, Any

from pydantic import Field, ValidationInfo, ValidatorFunctionWrapHandler, create_model, field_validator

from voice.settings.fields import EVERY_DAY, Days, Hours, Section, TimeOfDay

__all__ = ["RITUALS", "Ritual", "RitualSetting", "RitualsSetting"]


@dataclass(frozen=True)
class Ritual:
    """A ritual and its default settings.

    Attributes:
        name: its name, which is also the name of its moment.
        at: the local time of day, such as "21:30".
        description: one line for the reference of the settings.
        days: the weekdays, as in the settings file: "daily", "weekdays", "weekends" or names such as ("fri", "sat").
        enabled: whether it begins by itself before anybody turns it on.
    """

    name: str
    at: str
    description: str
    days: str | tuple[str, ...] = "daily"
    enabled: bool = False


RITUALS = (
    Ritual("gratitude", "21:30", "The evening ritual: one small thing that each thanks the other for.", enabled=True),
    Ritual("good_morning", "07:30", "A moment of eye contact before the day.", "weekdays"),
    Ritual("midday", "12:30", "A kind message to the other.", "weekdays"),
    Ritual("leaving_home", "08:00", "A hug or a thoughtful word at the door.", "weekdays"),
    Ritual("coming_home", "18:00", "A first minute together, before the news of the day.", "weekdays"),
    Ritual("laughter", "21:00", "Something light before bed.", ("fri", "sat")),
    Ritual("good_night", "22:15", "Hands held for a breath before sleep."),
    Ritual("mindfulness", "10:00", "Two quiet minutes together.", ("sun",)),
    Ritual("check_in", "19:00", "How the two are doing.", ("sun",)),
)
"""All rituals. Their settings, the lines every language needs for them and their moments are made from this list."""


class RitualSetting(Section):
    """One ritual: its time, its days, and whether it is on."""

    at: TimeOfDay = Field(description='The local time of day it is due at, such as "21:30".')
    enabled: bool = Field(default=True, description="Whether it begins by itself.")
    days: Days = Field(
        default=EVERY_DAY,
        description='The days it is due on, such as ["fri", "sat"]; or "daily", "weekdays", "weekends".',
    )


class _RitualsSetting(Section):
    """The rituals that begin by themselves."""

    grace: int = Field(
        default=20, ge=1, le=240, description="Minutes a ritual may be late; after that it is left out for the day."
    )
    quiet: Hours = Field(
        default=(time(23, 0), time(6, 30)),
        description="The quiet hours in which no ritual begins, past midnight too; [] for none.",
    )

    @field_validator("*", mode="wrap")
    @classmethod
    def _with_defaults(cls, value: object, check: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
        """Fill in the keys that a ritual's section leaves out."""
        usual = cls.model_fields[info.field_name or ""].default
        if not isinstance(usual, RitualSetting) or not isinstance(value, dict):
            return check(value)
        return RitualSetting.model_construct(set(value), **dict(check(usual.model_dump() | value)))

    def by_name(self) -> Mapping[str, RitualSetting]:
        """Return the setting of each ritual by its name, also of those that are off."""
        return {
            name: value for name in type(self).model_fields if isinstance(value := getattr(self, name), RitualSetting)
        }


def _default(ritual: Ritual) -> RitualSetting:
    days = ritual.days if isinstance(ritual.days, str) else list(ritual.days)
    return RitualSetting.model_validate({"at": ritual.at, "enabled": ritual.enabled, "days": days})


def _fields() -> dict[str, Any]:
    """Return the field of each ritual as pydantic's `create_model` takes it."""
    return {
        ritual.name: (RitualSetting, Field(default=_default(ritual), description=ritual.description))
        for ritual in RITUALS
    }


if TYPE_CHECKING:

    class RitualsSetting(_RitualsSetting):
        """The rituals that begin by themselves; a type checker cannot know their names from a list."""

        def __getattr__(self, name: str) -> RitualSetting: ...
else:
    RitualsSetting = create_model(
        "RitualsSetting", __base__=_RitualsSetting, __module__=__name__, __doc__=_RitualsSetting.__doc__, **_fields()
    )
