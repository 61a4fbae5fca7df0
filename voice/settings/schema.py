"""The settings: all sections and keys, with defaults and descriptions."""

from typing import Annotated, Literal, TypeVar

from pydantic import Field, ValidationInfo, field_validator

from voice.errors import InputError
from voice.settings.fields import (
    Counts,
    CountsOrNone,
    Device,
    Folder,
    LanguageCode,
    Name,
    NamePair,
    PhoneNumber,
    Rounds,
    Section,
    SpokenName,
    SpokenPair,
    check_pronunciations,
    parse_language,
)
from voice.settings.mistakes import shown
from voice.settings.rituals import RitualSetting, RitualsSetting

__all__ = [
    "KeepingSetting",
    "ListeningSetting",
    "PartnersSetting",
    "PauseSetting",
    "RitualSetting",
    "RitualsSetting",
    "SafetyNumber",
    "SafetySetting",
    "Settings",
    "SpeakingSetting",
]

_Value = TypeVar("_Value")


class PartnersSetting(Section):
    """The couple."""

    names: NamePair = Field(default=(), description="The names of both partners, which the voice then uses; optional.")
    sounds: SpokenPair = Field(
        default=(),
        description='The names as the voice should read them, such as ["Shevon", "Ben"]; the names themselves if not '
        "set.",
    )

    @field_validator("sounds")
    @classmethod
    def _needs_names(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if value and info.data.get("names", value) == ():  # a mistake in the names is reported on its own
            raise ValueError("it needs the names: set partners.names too")
        return value

    @property
    def spoken(self) -> tuple[str, ...]:
        """The names of both as the voice reads them; empty if they are not set."""
        return self.sounds or self.names


class ListeningSetting(Section):
    """The microphone and the recogniser."""

    microphone: Device | None = Field(
        default=None, description="The microphone's name or a part of it; the system's default if not set."
    )
    silence: float = Field(
        default=0.4,
        ge=0.2,
        le=2.0,
        description="Seconds of silence that end a request; a complete one ends a little sooner, an incomplete one a "
        "little later.",
    )
    threshold: float = Field(
        default=0.27,
        ge=0.0,
        le=1.0,
        description="How confident the recogniser has to be; higher ignores more speech that was not meant for it. "
        "Within a moment that waits for an answer, a little less is enough.",
    )
    second_ear: bool = Field(
        default=True,
        description="Whether a second recogniser checks what the first one heard and understands free wording; English "
        "only, 170 MB of memory.",
    )
    free_silence: float = Field(
        default=2.5, ge=1.0, le=10.0, description="Seconds of silence that end free speech, such as words of thanks."
    )
    free_limit: float = Field(default=90.0, ge=10.0, le=600.0, description="Seconds of free speech at most.")
    name: Name | None = Field(
        default=None, description='The assistant\'s name: "Juniper, help us pause"; no name if not set.'
    )
    name_required: bool = Field(
        default=False,
        description="Whether a request has to begin with the name; answers and requests within a moment never have to.",
    )
    name_sounds: str | None = Field(
        default=None,
        description="How the name sounds, in ARPAbet (for two words, with a comma between); by its spelling if not "
        "set.",
    )

    @field_validator("name_required", "name_sounds")
    @classmethod
    def _needs_name(cls, value: _Value, info: ValidationInfo) -> _Value:
        name = info.data.get("name", "")  # a mistake in the name is reported on its own
        if name is None and value not in {None, False}:
            raise ValueError("it needs a name: set listening.name too")
        return value

    @field_validator("name_sounds")
    @classmethod
    def _pronounces_the_name(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("name"):
            check_pronunciations(value, len(info.data["name"].split()))
        return value


class SpeakingSetting(Section):
    """The loudspeaker and the voice."""

    loudspeaker: Device | None = Field(
        default=None, description="The loudspeaker's name or a part of it; the system's default if not set."
    )
    voice: Annotated[str, Field(min_length=1)] | None = Field(
        default=None,
        description='The espeak-ng voice, with a variant, such as "en-us+f2"; the default of the language if not set.',
    )
    rate: int = Field(default=140, ge=80, le=400, description="Words per minute.")
    volume: float = Field(default=1.0, gt=0.0, le=1.0, description="Volume, 1.0 is the loudest.")
    lead_in: float = Field(
        default=0.0,
        ge=0.0,
        le=3.0,
        description="Seconds of silence before each sound, for loudspeakers that swallow its beginning (many do over "
        "HDMI).",
    )


class PauseSetting(Section):
    """The breathing pattern, in counts of one second."""

    inhale: Counts = Field(default=3, description="Counts to breathe in.")
    hold: CountsOrNone = Field(default=0, description="Counts to hold the breath after breathing in.")
    exhale: Counts = Field(default=3, description="Counts to breathe out.")
    rest: CountsOrNone = Field(default=0, description="Counts to rest after breathing out.")
    rounds: Rounds = Field(default=3, description="How many breaths.")
    style: Literal["voice", "chimes", "night"] = Field(
        default="voice",
        description='What guides the breath: the "voice", "chimes" alone, or for the "night" the voice after a silent '
        "beginning.",
    )


class KeepingSetting(Section):
    """The data that is kept across restarts, and its folder."""

    folder: Folder | None = Field(
        default=None, description="The folder for everything that is kept; the system's data folder if not set."
    )
    moments: bool = Field(default=False, description="Whether to count the moments you have together.")
    tally: bool = Field(default=False, description="Whether to count the good and hard moments you tell about.")
    notes: bool = Field(default=False, description="Whether to keep your words of thanks, as text or as sound.")


class SafetyNumber(Section):
    """A person to call."""

    name: SpokenName = Field(description='Whose number it is, such as "my sister Anna".')
    number: PhoneNumber = Field(description='The number, such as "+44 20 7946 0000".')


class SafetySetting(Section):
    """Numbers to read out to a partner who is not safe."""

    numbers: Annotated[tuple[SafetyNumber, ...], Field(strict=False, max_length=3)] = Field(
        default=(),
        description='Up to three numbers, read out first: {name = "my sister Anna", number = "+44 20 7946 0000"}.',
    )
    emergency: PhoneNumber = Field(
        default="112", description="The emergency number of your country; 112 works all over Europe."
    )


class Settings(Section):
    """All settings; each section and each key is optional."""

    language: LanguageCode = Field(
        default="en", description="The language to listen and speak in, by the name of its pack."
    )
    engine: Literal["auto", "embedded", "vosk"] = Field(
        default="auto",
        description="What recognises speech: Vosk with a downloaded model, the embedded recogniser, or the first that "
        "is available.",
    )
    partners: PartnersSetting = PartnersSetting()
    listening: ListeningSetting = ListeningSetting()
    speaking: SpeakingSetting = SpeakingSetting()
    pause: PauseSetting = PauseSetting()
    rituals: RitualsSetting = RitualsSetting()
    keeping: KeepingSetting = KeepingSetting()
    safety: SafetySetting = SafetySetting()

    def in_language(self, language: str) -> "Settings":
        """Return the same settings for another language and its default voice.

        Raises:
            InputError: `language` is not a language code.
        """
        if language == self.language:
            return self
        try:
            parse_language(language)
        except ValueError as error:
            raise InputError(f"--lang is {shown(language)}: {error}") from None
        speaking = self.speaking.model_copy(update={"voice": None})
        return self.model_copy(update={"language": language, "speaking": speaking})
