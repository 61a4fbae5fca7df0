"""Understanding of text: what people type, or a recogniser reads without a grammar.

A sentence of the grammar counts first, with or without the frames around it. Where the grammar has none, the nearest of
the pack's examples decide (`voice.understanding.meaning`), and the slots are spotted in the words.
"""

import logging
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from voice.asr.words import words_of
from voice.errors import MomentsError
from voice.nlu.amended import amended
from voice.nlu.contexts import ADDRESSED, ANYTIME, CONSENT, CORRECTION, asked, opened
from voice.nlu.intent import LASTING, NEVER_IGNORED, SAID_TO_OTHERS, Intent, Meaning, Reader, Tier
from voice.nlu.matcher import match
from voice.nlu.open_answers import any_answer, open_answer
from voice.nlu.open_values import open_request
from voice.nlu.sentences import Scope, Sentences
from voice.nlu.times import is_timed
from voice.understanding.embedding import Embedder
from voice.understanding.examples import load_examples
from voice.understanding.meaning import Guess, MeaningModel, fit
from voice.understanding.spotting import Spotted, spotted

__all__ = ["FITTED", "Understanding", "reader_of"]

log = logging.getLogger(__name__)

FITTED = "meaning.npz"
"""The file in a pack that holds what was fitted to its examples."""

# Nobody asks for anything in more words; a text of any length is answered quickly.
_MOST_WORDS = 60
_CLAUSES = re.compile(r"[,;:.!?\u2026]+\s+|\s+[\u2013\u2014-]\s+")
# A clause that is a request by itself begins with so many words of a frame, and few others stand beside it.
_ASKING_WORDS, _MOST_CLAUSES = 2, 6
_TELLING_WORDS = 4  # one that names a time has at least so many
_ASKED = asked("")
_CONSENTS = "Agree"
# The answers that may be followed by a reason. A yes may not: "yes, the baby is crying" is none.
_WITH_REASON = frozenset({"NotNow", "NotTonight", "Decline", "Snooze", "Length"})
_OWN = "todo"  # the slot of a request's own words
_DECIDED = "depth"  # where an example has this slot, it decides: "too deep for us" asks for a lighter one
_WITH_NAME = frozenset({ANYTIME, ADDRESSED})
# How far the best meaning has to be ahead of the next one, and of none; docs/recognition.md has the figures.
_SURE, _SURE_LASTING, _SURE_ANSWER, _SURE_CLAUSE = 0.25, 0.35, 0.1, 0.35
_WORTH_ASKING = 0.15  # less than sure, but enough for a question where the assistant is meant
# A clause by itself means something with so many words.
_CLAUSE_WORDS = 3
_NAMING = 0.5  # the confidence that whatever was said answers the question


@dataclass(frozen=True, eq=False)
class Understanding:
    """Understands text in one language.

    Attributes:
        folder: the language's folder, with its examples.
        sentences: its sentences.
        embedder: embeds sentences; None for the languages without such a model.
    """

    folder: Path
    sentences: Sentences
    embedder: Embedder | None

    def understand(self, texts: Sequence[str], tiers: Sequence[Tier]) -> list[Meaning]:
        """Return the meaning of each text; many at once take less time than one after the other.

        Args:
            texts: the texts, in any case and punctuation.
            tiers: the contexts that count; those of a later tier only if nothing in an earlier one fits.
        """
        found = [Meaning() for _ in texts]
        groups: dict[tuple[Tier, ...], list[tuple[int, tuple[str, ...]]]] = defaultdict(list)
        for place, text in enumerate(texts):
            words, counting = self._without_name(self._words(text), tiers)
            groups[counting].append((place, words))
        for counting, sentences in groups.items():
            meanings = self._all([words for _, words in sentences], counting)
            for (place, words), meaning in zip(sentences, meanings, strict=True):
                found[place] = self._in_parts(texts[place], words, counting, meaning)
        return found

    def _in_parts(self, text: str, words: tuple[str, ...], tiers: Sequence[Tier], whole: Meaning) -> Meaning:
        """Return the meaning of a sentence of two wishes, or of one with a reason, else that of the whole."""
        found = self._two(words, tiers, whole) or whole
        if found.intent is None:
            found = self._answer_with_reason(words, tiers) or self._by_clause(text, tiers)
        if found.intent is None and len(words) < len(self._words(text)):
            found = self._after_telling(words, tiers)
        if self._is_withdrawn(found, text, tiers):
            return Meaning(withdrawn=True)
        if self._is_doubtful(found, text, words, tiers):
            found = Meaning()
        found = self._naming(found, words, tiers)
        return Meaning(maybe=whole.maybe) if found.intent is None else found

    def _is_doubtful(self, meaning: Meaning, text: str, words: Sequence[str], tiers: Sequence[Tier]) -> bool:
        """Return whether a yes where everything is erased has more words than a plain yes, or asks ("yeah right")."""
        if meaning.intent is None or meaning.intent.name != _CONSENTS:
            return False
        consents = any(asked(CONSENT) in tier for tier in tiers)
        return consents and ("?" in text or not self._is_plain_yes(words))

    def _is_withdrawn(self, meaning: Meaning, text: str, tiers: Sequence[Tier]) -> bool:
        """Return whether a request is taken back by its own end ("..., never mind"); no answer is."""
        if meaning.intent is None or meaning.intent.name in NEVER_IGNORED or not any(ANYTIME in tier for tier in tiers):
            return False
        answered = (context for tier in tiers for context in tier if context.startswith(_ASKED))
        if any(meaning.intent.name in self.sentences.intents(context) for context in answered):
            return False
        return self.sentences.frames.is_withdrawn([self._words(clause) for clause in _CLAUSES.split(text)])

    def _is_plain_yes(self, words: Sequence[str]) -> bool:
        """Return whether words are a yes that would do where everything is erased."""
        return _CONSENTS in self._plain.text_scope(asked(CONSENT)).graph.accepts(words)

    def _naming(self, meaning: Meaning, words: Sequence[str], tiers: Sequence[Tier]) -> Meaning:
        """Return the answer that anything is to a question which takes it ("the story one"), else the meaning.

        An answer that the question knows, and any request of the grammar, counts first.
        """
        for tier in tiers:
            questions = [context.removeprefix(_ASKED) for context in tier if context.startswith(_ASKED)]
            named = (any_answer(words, question, self.sentences.open_answers) for question in questions)
            intent = next((intent for intent in named if intent is not None), None)
            known = {name for context in tier for name in self.sentences.intents(context)}
            if (
                intent is not None
                and meaning.by != "grammar"
                and (meaning.intent is None or meaning.intent.name not in known)
            ):
                return Meaning(intent, "meaning", _NAMING)
        return meaning

    def _two(self, words: Sequence[str], tiers: Sequence[Tier], whole: Meaning) -> Meaning | None:
        """Return the meaning of two requests in one sentence ("... and then ..."); None if they are not two.

        Each has to be a sentence of the grammar by itself, so that talk isn't taken for requests. The second may be
        short if the first begins as requests do, and so has shown that the assistant is meant.

        Args:
            words: the sentence.
            tiers: the contexts that count; answers to a question are no requests.
            whole: its meaning as one request.
        """
        own_words = whole.intent is not None and _OWN in whole.intent.slots
        if not any(ANYTIME in tier for tier in tiers) or (whole.by == "grammar" and not own_words):
            return None
        requests = [tuple(context for context in tier if not context.startswith(_ASKED)) for tier in tiers]
        for first, second in self.sentences.frames.halves(words):
            # In a request with words of its own only a clear beginning of another one ends these words.
            if own_words and not self._asks(second):
                continue
            one = self._by_grammar(first, requests).intent
            short = (ADDRESSED,) if self._asks(first) else ()
            two = self._by_grammar(second, [(ANYTIME, *short)]).intent if one is not None else None
            if one is not None and two is not None and _differ(one, two):
                return Meaning(one, "grammar", 1.0, two)
        return None

    def _answer_with_reason(self, words: tuple[str, ...], tiers: Sequence[Tier]) -> Meaning | None:
        """Return the meaning of an answer with a reason ("no dear, I've one foot in bed"); None if it is none.

        Just after a change there is none: "no, that's fine" takes nothing back.
        """
        answers = [
            tuple(context for context in tier if context.startswith(_ASKED) and context != asked(CORRECTION))
            for tier in tiers
        ]
        asked_now = [tier for tier in answers if tier]
        for place in range(len(words) - 1, 0, -1) if asked_now else ():
            if self.sentences.frames.begins("telling", words, place):
                intent = self._by_grammar(words[:place], asked_now).intent
                if intent is not None and intent.name in _WITH_REASON:
                    return Meaning(intent, "grammar", 1.0)
        return None

    def _by_clause(self, text: str, tiers: Sequence[Tier]) -> Meaning:
        """Return the meaning of the first clause that is a request, where others give its reason.

        A clause of the grammar counts if it begins as requests do ("could we") or names a time: "take a deep breath,
        this will sting" does neither. One that only means a request counts if all others begin as reasons do.
        """
        anytime = _without_addressed(tiers)
        split = (self._words(clause) for clause in _CLAUSES.split(text)) if anytime else ()
        clauses = [clause for clause in split if clause]
        parts = [self.sentences.frames.without_reason(clause) for clause in clauses]
        if len(parts) > _MOST_CLAUSES or parts == [self._words(text)]:
            return Meaning()
        for place, part in enumerate(parts):
            meaning = self._by_grammar(part, anytime)
            if self._is_asked(part, meaning):
                others = parts[:place] + parts[place + 1 :]
                return Meaning() if any(map(self.sentences.frames.is_reported, others)) else meaning
        return self._clause_by_meaning(clauses, tiers)

    def _clause_by_meaning(self, clauses: Sequence[tuple[str, ...]], tiers: Sequence[Tier]) -> Meaning:
        """Return the meaning of the clause that means most, where all others only tell why."""
        kinds = [tier for tier in tiers if ANYTIME in tier]
        addressed = any(ADDRESSED in tier for tier in kinds)
        found = Meaning()
        for place, clause in enumerate(clauses):
            others = (*clauses[:place], *clauses[place + 1 :])
            if len(clause) < _CLAUSE_WORDS or not all(map(self._is_reason, others)):
                continue
            part = self.sentences.frames.without_reason(clause)
            for meaning in (meaning for tier in kinds for meaning in self._by_meaning([part], tier)):
                said_to_others = meaning.intent is not None and meaning.intent.name in SAID_TO_OTHERS
                if meaning.confidence >= max(_SURE_CLAUSE, found.confidence) and (addressed or not said_to_others):
                    found = meaning
        return found

    def _after_telling(self, words: Sequence[str], tiers: Sequence[Tier]) -> Meaning:
        """Return the meaning of a request behind its reason ("we're tired give us a question"), after the name."""
        frames, anytime = self.sentences.frames, _without_addressed(tiers)
        for place in range(2, len(words) - _ASKING_WORDS):
            before = words[:place]
            meaning = Meaning() if frames.is_unfinished(before) else self._by_grammar(tuple(words[place:]), anytime)
            if meaning.intent is not None:
                told = self._is_reason(before) and not frames.is_negated(before)
                return meaning if told and meaning.intent.name not in LASTING else Meaning()
        return Meaning()

    def _is_reason(self, words: Sequence[str]) -> bool:
        """Return whether words can be the reason of a request, and are no story about one."""
        frames = self.sentences.frames
        return frames.is_aside(words) and not (frames.is_reported(words) or frames.is_question(words))

    def _is_asked(self, words: Sequence[str], meaning: Meaning) -> bool:
        """Return whether a clause by itself asks for something."""
        if meaning.intent is None:
            return False
        return self._asks(words) or (len(words) >= _TELLING_WORDS and is_timed(meaning.intent.slots))

    def _asks(self, words: Sequence[str]) -> bool:
        """Return whether words begin as requests do ("could we")."""
        return max(self.sentences.frames.starts(words)) >= _ASKING_WORDS

    def _all(self, sentences: Sequence[tuple[str, ...]], tiers: Sequence[Tier]) -> list[Meaning]:
        found = [self._by_grammar(words, tiers) for words in sentences]
        requests = [(ANYTIME,)] if any(ANYTIME in tier for tier in tiers) else []
        for place, words in enumerate(sentences):
            request = self.sentences.frames.without_reason(words)
            if found[place].intent is None and len(request) < len(words):
                found[place] = self._by_grammar(request, requests)
        for tier in tiers:
            left = [place for place, words in enumerate(sentences) if found[place].intent is None and words]
            for place, meaning in zip(left, self._by_meaning([sentences[place] for place in left], tier), strict=True):
                found[place] = replace(meaning, maybe=meaning.maybe or found[place].maybe)
        return found

    def _words(self, text: str) -> tuple[str, ...]:
        words = words_of(self.sentences.speech.normalise(text))
        return words if len(words) <= _MOST_WORDS else ()

    def _without_name(self, words: tuple[str, ...], tiers: Sequence[Tier]) -> tuple[tuple[str, ...], tuple[Tier, ...]]:
        """Return the words without the assistant's name, and the contexts that count with or without it."""
        name = self.sentences.wake_name
        if name is None:
            return words, tuple(tiers)
        for prefix in name.prefixes(self.sentences.before_name):
            if words[: len(prefix)] == prefix and len(words) > len(prefix):
                return words[len(prefix) :], tuple((*tier, ADDRESSED) if ANYTIME in tier else tier for tier in tiers)
        if not name.required:
            return words, tuple(tiers)
        free = (tuple(context for context in tier if context not in _WITH_NAME) for tier in tiers)
        return words, tuple(filter(None, free))

    def _by_grammar(self, words: tuple[str, ...], tiers: Sequence[Tier]) -> Meaning:
        found = (self._in_tier(words, tier) for tier in tiers) if words else ()
        intent = next((intent for intent in found if intent is not None), None)
        return Meaning() if intent is None else Meaning(intent, "grammar", 1.0)

    def _in_tier(self, words: tuple[str, ...], tier: Tier) -> Intent | None:
        """Return the intent of a sentence with or without frames, or of one with words of its own."""
        scope = self._plain.text_scope(*tier)
        for way in dict.fromkeys((words, self.sentences.speech.spelled_out(words))):
            intent = self._in_frames(way, scope)
            if intent is not None:
                return intent
        corrected = self._corrected(words, tier) if ANYTIME in tier else None
        if corrected is not None:
            return corrected
        questions = [context.removeprefix(_ASKED) for context in tier if context.startswith(_ASKED)]
        answers = (open_answer(words, question, self.sentences.open_answers) for question in questions)
        request = self._in_own_words(words) if ANYTIME in tier else None
        if request is not None and self._is_corrected(request):
            request = None  # its words of its own would have what was taken back
        return next((answer for answer in answers if answer is not None), request)

    def _in_own_words(self, words: Sequence[str]) -> Intent | None:
        """Return a request with words of its own, without the reason that is given for it behind them."""
        request = open_request(" ".join(words), self._plain)
        rest = self.sentences.frames.without_reason(words)
        if request is None or len(rest) == len(words) or request.slots.get("about") == "that":
            return request
        shorter = open_request(" ".join(rest), self._plain)
        if shorter is None or not (_OWN in shorter.slots or is_timed(shorter.slots)):
            return request
        # A time behind the reason counts where no other was said.
        own = {name: value for name, value in shorter.slots.items() if name == _OWN}
        return shorter if is_timed(shorter.slots) else Intent(request.name, {**request.slots, **own})

    def _corrected(self, words: tuple[str, ...], tier: Tier) -> Intent | None:
        """Return a request whose time its own end corrects ("... tomorrow at five, no, make it six")."""
        corrections = self._plain.text_scope(asked(CORRECTION))
        for place in range(1, len(words)):
            ends = (end for end in self._takes_back(words, place) if corrections.graph.accepts(words[end:]))
            end = next(ends, None)
            if end is not None:
                said = match(" ".join(words[end:]), corrections)
                intent = self._in_tier(words[:place], tier) if said is not None and said.slots else None
                if said is not None and intent is not None and is_timed(intent.slots):
                    return Intent(intent.name, amended(intent.slots, said.slots))
        return None

    def _takes_back(self, words: Sequence[str], start: int) -> list[int]:
        """Return the ends of what takes something back ("no, wait") from a place on; the place itself comes first."""
        ends = [start]
        for end in ends:
            ends += [later for later in self.sentences.frames.ends("correction", words, end) if later not in ends]
        return ends

    def _is_corrected(self, request: Intent) -> bool:
        """Tell whether a request's words of its own take back a slot before them ("call mum, no, make it ten")."""
        own = words_of(str(request.slots.get(_OWN, "")))
        fragments = self.sentences.fragments.get(request.name)
        if fragments is None:
            return False
        ends = set[int]()
        for start in range(len(own)):
            if start in ends and any(True for _ in fragments.graph.ends(own, start)):
                return True
            ends.update(self.sentences.frames.ends("correction", own, start))
        return False

    def _in_frames(self, words: Sequence[str], scope: Scope) -> Intent | None:
        """Return the intent of the longest part of a sentence that the frames leave."""
        found = (match(" ".join(core), scope) for core in self._cores(words, scope))
        return next((intent for intent in found if intent is not None), None)

    def _cores(self, words: Sequence[str], scope: Scope) -> Iterator[Sequence[str]]:
        if scope.language.spaces_optional or any(word.isdigit() for word in words):
            yield words  # the graph has neither these spaces nor digits
        for core in self.sentences.frames.cores(words):
            if scope.graph.accepts(core):
                yield core

    def _by_meaning(self, sentences: Sequence[Sequence[str]], tier: Tier) -> list[Meaning]:
        if not sentences or self._model is None:  # the model takes a while to load: only for what the grammar lacks
            return [Meaning() for _ in sentences]
        groups = tuple(dict.fromkeys(ANYTIME if context == ADDRESSED else context for context in tier))
        guesses = self._model.guesses([" ".join(words) for words in sentences], groups)
        # The examples of `ADDRESSED` are among those of `ANYTIME`, and count less often.
        valid = {intent for context in tier for intent in self.sentences.intents(context)}
        return [
            self._judged(guess, words, tier)
            if guess is not None and guess.label.intent in valid and self._is_meant(guess, words, tier)
            else Meaning()
            for guess, words in zip(guesses, sentences, strict=True)
        ]

    def _judged(self, guess: Guess, words: Sequence[str], tier: Tier) -> Meaning:
        """Return the meaning of a guess that is far enough ahead, or what it may mean."""
        requested = ANYTIME in tier
        sure = (_SURE_LASTING if guess.label.intent in LASTING else _SURE) if requested else _SURE_ANSWER
        if guess.margin >= sure:
            return self._filled(guess, words)
        asks = requested and guess.margin >= _WORTH_ASKING
        return Meaning(maybe=self._filled(guess, words).intent if asks else None)

    def _is_meant(self, guess: Guess, words: Sequence[str], tier: Tier) -> bool:
        """Return whether a guess is no question about what lasts, no doubtful consent and nothing that is excluded."""
        lasting = guess.label.intent in LASTING
        if not self._is_known(words):
            return False
        unless = self.sentences.unless.get(guess.label.intent)
        if unless is not None and any(True for start in range(len(words)) for _ in unless.graph.ends(words, start)):
            return False
        if asked(CONSENT) in tier:
            return guess.label.intent != _CONSENTS
        return not lasting or not self.sentences.frames.is_question(words)

    def _is_known(self, words: Sequence[str]) -> bool:
        """Return whether a single word is one of the examples' own; a longer sentence may have new ones."""
        return len(words) > 1 or (self._model is not None and self._model.grams.knows(words[0]))

    def _filled(self, guess: Guess, words: Sequence[str]) -> Meaning:
        """Return a guess with the slots in the words; nothing if it lacks one that it needs, or a time is half read."""
        name, speech = guess.label.intent, self.sentences.speech
        fragments = self.sentences.fragments.get(name)
        spelled = speech.spelled_out(words)
        found = spotted(spelled, fragments, self.sentences.frames) if fragments else Spotted({}, spelled)
        decided = dict(guess.label.slots)
        slots = {**decided, **found.slots}
        if _DECIDED in decided:
            slots[_DECIDED] = decided[_DECIDED]
        if not self.sentences.required.get(name, frozenset()) <= slots.keys():
            return Meaning()
        if name in LASTING and is_timed(slots):
            # An hour and a length together: one of them was misread ("in two or three minutes").
            both = {"hour", "minutes"} <= slots.keys()
            if both or any(map(speech.is_number, found.unread)) or self._has_torn_time(found.unread):
                return Meaning()
        return Meaning(Intent(name, slots), "meaning", min(guess.margin, 1.0))

    def _has_torn_time(self, words: Sequence[str]) -> bool:
        """Return whether words beside a time belong to one ("fife minutes", "and a half")."""
        torn = self._plain.text_scope(opened(_OWN, "torn")).graph
        return any(True for start in range(len(words)) for _ in torn.ends(words, start))

    @property
    def _plain(self) -> Sentences:
        return self.sentences.nameless

    @cached_property
    def _model(self) -> MeaningModel | None:
        try:
            return fit(
                load_examples(self.folder), self.embedder, self.folder / FITTED, self.sentences.frames.is_negated
            )
        except MomentsError as error:
            log.warning("only sentences of the grammar are understood: %s", error)
            return None


def _without_addressed(tiers: Sequence[Tier]) -> list[Tier]:
    """Return the tiers of requests, without the short ones that count only where the assistant is meant."""
    return [tuple(context for context in tier if context != ADDRESSED) for tier in tiers if ANYTIME in tier]


def _differ(one: Intent, two: Intent) -> bool:
    """Return whether two requests are two wishes, and not one that was said again in other words."""
    return one != two and (one.name != two.name or (_OWN in one.slots and _OWN in two.slots))


def reader_of(folder: Path, sentences: Sentences) -> Reader:
    """Return the reader of a language's folder."""
    return Understanding(folder, sentences, Embedder() if sentences.speech.embeds else None).understand
