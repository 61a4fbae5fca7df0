"""Checks of a pack's contents: its intents, lines, decks and times, and whether they suit the ear."""

import itertools
import re
from collections.abc import Mapping, Sequence
from string import Formatter

from voice.errors import InputError
from voice.nlu.contexts import ADDRESSED, ANYTIME, ASLEEP, SCENE, asked
from voice.nlu.intent import Intent
from voice.nlu.sentences import Sentences
from voice.packs.needs import Needs
from voice.packs.pack import STOP, Pack
from voice.packs.responses import place_of
from voice.packs.spoken_text import fault_of, stop_pattern
from voice.storage.yaml_file import YamlFile

__all__ = ["check_contents", "check_spoken", "requests"]


def requests(sentences: Sentences) -> dict[str, str]:
    """Return the intents that need a moment, each with its "FILE:LINE"."""
    contexts = (ANYTIME, ADDRESSED, SCENE, ASLEEP)
    return {name: place for context in contexts for name, place in sentences.intents(context).items()}


def check_contents(pack: Pack, needs: Mapping[str, Needs], files: Sequence[YamlFile]) -> None:
    """Check that a pack has all that its moments need, and nothing that none needs.

    Args:
        pack: the pack.
        needs: the needs of each moment, by its name; those of `pack.moments` have to be met.
        files: the files of the responses.

    Raises:
        InputError: the first mistake.
    """
    served = {name: need for name, need in needs.items() if name in pack.moments}
    _check_intents(pack, needs)
    _check_answers(pack, served)
    _check_lines_are_there(pack, served, files)
    _check_lines_are_needed(pack, needs, files)
    for name, need in served.items():
        for deck in need.decks:
            if deck not in pack.decks:
                raise InputError(f"{pack.folder}/decks/{deck}.yaml: the moment {name} deals from it: add this file")
    _check_numbers(pack)


def check_spoken(pack: Pack, files: Sequence[YamlFile]) -> None:
    """Check that nothing that is said stops the assistant or is too long for the ear.

    Raises:
        InputError: the first mistake.
    """
    stops = stop_pattern(pack.stop_set)
    for key, variants in pack.responses.items():
        for number, variant in enumerate(variants):
            _check_text(variant, stops, place_of(key, files, number))
    for card in itertools.chain.from_iterable(pack.decks.values()):
        _check_text(card.text, stops, card.place)


def _check_intents(pack: Pack, needs: Mapping[str, Needs]) -> None:
    for name, place in requests(pack.sentences).items():
        if Intent(name).moment not in needs:
            known = ", ".join(sorted(Intent.of(moment).name for moment in needs))
            raise InputError(f"{place}: no moment plays the intent {name}: use one of {known}")
    if STOP not in pack.sentences.intents(SCENE):
        raise InputError(
            f"{pack.folder}/sentences: nothing stops it: add {STOP} with requires_context: {{scene: true}}"
        )


def _check_answers(pack: Pack, served: Mapping[str, Needs]) -> None:
    """Check that each question has answers, and each answer a question."""
    asks = {asked(name) for need in served.values() for name in need.asks}
    for context in sorted(pack.sentences.contexts - asks - {ANYTIME, ADDRESSED, SCENE, ASLEEP}):
        name, place = next(iter(pack.sentences.intents(context).items()))
        known = ", ".join(sorted(ask.removeprefix("ask:") for ask in asks))
        raise InputError(
            f"{place}: nobody asks {context.removeprefix('ask:')}, which {name} answers: use one of {known}"
        )
    for context in sorted(asks - pack.sentences.contexts):
        raise InputError(
            f"{pack.folder}/sentences: nothing answers {context.removeprefix('ask:')}: "
            f"add sentences with requires_context: {{ask: {context.removeprefix('ask:')}}}"
        )


def _check_lines_are_there(pack: Pack, served: Mapping[str, Needs], files: Sequence[YamlFile]) -> None:
    for name, need in served.items():
        for key in need.fields:
            if key not in pack.responses:
                where = files[0].path if len(files) == 1 else files[0].path.parent
                raise InputError(f"{where}: the moment {name} needs the line {key}: add it")


def _check_lines_are_needed(pack: Pack, needs: Mapping[str, Needs], files: Sequence[YamlFile]) -> None:
    wanted: dict[str, frozenset[str]] = {}
    for key, fields in itertools.chain.from_iterable(need.fields.items() for need in needs.values()):
        wanted[key] = wanted.get(key, fields) | fields
    for key, variants in pack.responses.items():
        if key not in wanted:
            raise InputError(f"{place_of(key, files)}: no moment says {key}: take it out, or mend its name")
        for number, variant in enumerate(variants):
            _check_fields(variant, place_of(key, files, number), wanted[key])


def _check_fields(line: str, place: str, known: frozenset[str]) -> None:
    names = " and ".join(f"{{{name}}}" for name in sorted(known))
    mend = f"only {names} may stand in braces" if known else "this line may have no braces"
    try:
        fields = [(name, spec or conversion) for _, name, spec, conversion in Formatter().parse(line)]
    except ValueError as error:
        raise InputError(f'{place}: "{line}": {error}: {mend}') from None
    for name, form in fields:
        if name is not None and (name not in known or form):
            raise InputError(f'{place}: "{line}": {{{name}}} cannot be filled in: {mend}')


def _check_numbers(pack: Pack) -> None:
    """Check that the language can spell the numbers of its times."""
    spoken = pack.speech.spoken
    try:
        for number in range(60):
            spoken.hour(number)
            spoken.minute(number)
    except (KeyError, ValueError):
        raise InputError(
            f"{pack.speech.source}: Unicode's number spelling lacks the language {spoken.code} or this rule set: "
            "give hour_numbers and minute_numbers a list of words from zero on"
        ) from None


def _check_text(text: str, stops: re.Pattern[str], place: str) -> None:
    fault = fault_of(text, stops)
    if fault:
        raise InputError(f'{place}: "{text}" {fault}')
