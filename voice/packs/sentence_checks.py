"""Checks of a pack's sentences: unambiguous, pronounceable, long enough, and clear of the assistant's name."""

import itertools
from collections.abc import Mapping

from voice.asr.automaton import with_prefixes
from voice.asr.grammar import compile_templates
from voice.asr.lexicon import UnpronounceableError
from voice.errors import InputError
from voice.languages.phones import Pronunciation
from voice.nlu.contexts import ANYTIME, SCENE
from voice.nlu.sentences import Sentences
from voice.nlu.wake_name import WakeName
from voice.packs.pack import Pack

__all__ = ["check_sentences"]

_LATIN_VOWELS = frozenset("aeiouy")
# Shorter requests turn up in other people's speech: docs/recognition.md tells how often, by the number of phones.
_FEWEST_PHONES = 7


def check_sentences(pack: Pack, plain: Sentences, *, pronounceable: bool) -> None:
    """Check the sentences of a pack.

    Args:
        pack: the pack.
        plain: its sentences without the assistant's name.
        pronounceable: whether every word has to be in the lexicon.

    Raises:
        InputError: the first mistake.
    """
    _check_claims(pack, plain)
    if pronounceable:
        _check_words(pack, plain)
    name = pack.sentences.wake_name
    if name is not None:
        _check_name(pack, name, plain, pronounceable=pronounceable)
    if pronounceable:
        _check_lengths(pack)


def _check_claims(pack: Pack, plain: Sentences) -> None:
    """Check that no sentence has two intents at the same time."""
    for context in sorted(plain.open_contexts):
        _ = plain.text_scope(context).graph  # raises where a template cannot be compiled
    for context in sorted(plain.contexts):
        claimed = plain.scope_within(context).graph.ambiguous()
        if claimed:
            words, intents = claimed
            places = {**pack.sentences.intents(SCENE), **pack.sentences.intents(context)}
            both = " and ".join(f"{intent} ({places[intent]})" for intent in sorted(intents))
            raise InputError(f'{pack.folder}: "{" ".join(words)}" is claimed by {both}: reword one of them')


def _check_words(pack: Pack, plain: Sentences) -> None:
    """Check that every word of the sentences can be pronounced."""
    try:
        # All words at once, since starting espeak-ng takes time.
        words = frozenset().union(*(plain.scope_within(context).graph.words for context in plain.contexts))
        pack.lexicon.pronounce(sorted({*words, *itertools.chain.from_iterable(plain.before_name)}))
    except UnpronounceableError as error:
        raise InputError(f"{plain.place_of(error.word)}: {error}") from None


def _check_name(pack: Pack, name: WakeName, plain: Sentences, *, pronounceable: bool) -> None:
    """Check that the name can be pronounced, and gives no sentence a second intent by spelling or sound."""
    sounds = _sounds_of_name(pack, name) if pronounceable else {}
    for context in sorted(plain.contexts):
        graph = plain.scope_within(context).graph
        words = pack.lexicon.pronounce(sorted(graph.words)) if pronounceable else {}
        twins = [
            [part, *(word for word, ways in words.items() if word != part and ways & sounds[part])]
            for part in name.words
        ]
        claimed = with_prefixes(graph, itertools.product(*twins), graph).ambiguous()
        if claimed:
            sentence, intents = claimed
            raise InputError(
                f'listening.name is "{name.name}", and so "{" ".join(sentence)}" stands for both '
                f"{' and '.join(sorted(intents))}: choose another name"
            )


def _sounds_of_name(pack: Pack, name: WakeName) -> Mapping[str, frozenset[Pronunciation]]:
    try:
        sounds = pack.lexicon.pronounce(name.words)
        # espeak-ng spells a word without vowels letter by letter, and nobody says a name like that.
        spelled = [word for word in name.words if not _LATIN_VOWELS.intersection(word)]
        unknown = spelled[0] if spelled and not name.sounds else None
    except UnpronounceableError as error:
        unknown = error.word
    if unknown is not None:
        raise InputError(
            f'listening.name is "{name.name}", and the pronunciation of "{unknown}" is not known: '
            "give it in listening.name_sounds, in ARPAbet"
        )
    return sounds


def _check_lengths(pack: Pack) -> None:
    """Check that requests have enough phones to be told from other talk."""
    scope = pack.sentences.scope(ANYTIME)
    sounds = pack.lexicon.pronounce(sorted(scope.graph.words))
    found = scope.graph.shortest({word: min(map(len, ways)) for word, ways in sounds.items()})
    if found is None or found[0] >= _FEWEST_PHONES:
        return
    phones, words = found
    places = (
        template.place
        for part, rest in ((scope, words), *scope.without_prefix(words))
        for template in part.templates
        if compile_templates([template]).accepts(rest)
    )
    raise InputError(
        f'{next(places)}: "{" ".join(words)}" has {phones} phones, and with fewer than {_FEWEST_PHONES} other talk is '
        "taken for it: lengthen it, or let it count in a scene alone (requires_context: {scene: true})"
    )
