"""The name: who calls the assistant by it is understood, and who has to is not understood without."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import CommandLine
from small_pack import SMALL

from voice.errors import InputError
from voice.moments import NEEDS
from voice.nlu.matcher import match
from voice.nlu.sentences import ANYTIME, SCENE, Scope, asked
from voice.nlu.wake_name import WakeName
from voice.packs.load import load_pack
from voice.packs.pack import Pack

REQUIRED = '[listening]\nname = "Juniper"\nname_required = true\n'
READY = asked("ritual.ready")


def load(address: WakeName, folder: Path = SMALL) -> Pack:
    """Load a pack for an assistant that is called so."""
    return load_pack(folder, NEEDS, wake_name=address)


def intent(text: str, scope: Scope) -> str | None:
    """Return what a text stands for; the grammar has to be of the same opinion as the matcher."""
    found = match(text, scope)
    assert bool(scope.graph.accepts(text.lower().replace(",", "").split())) == bool(found)
    return found.name if found else None


@pytest.fixture
def changed(tmp_path: Path) -> Callable[[str], Path]:
    """Give a function that makes a copy of the pack with one more sentence for Pause."""

    def add(sentence: str) -> Path:
        folder = Path(shutil.copytree(SMALL, tmp_path / "en"))
        with (folder / "sentences" / "pause.yaml").open("a", encoding="utf-8") as file:
            file.write(f'      - sentences: ["{sentence}"]\n')
        return folder

    return add


@pytest.mark.parametrize("required", [False, True])
def test_the_name_counts_in_front_at_any_time_and_is_never_needed_in_a_scene(*, required: bool) -> None:
    """The name alone, elsewhere or twice is no call; what stops, and what answers, needs none."""
    sentences = load(WakeName("Juniper", required)).sentences
    anytime, scene, ready = sentences.scope(ANYTIME), sentences.scope(SCENE), sentences.scope(SCENE, READY)
    called = ("Juniper, help us pause", "hey Juniper help us pause", "okay juniper, help us pause")
    assert [intent(text, anytime) for text in called] == ["Pause"] * 3
    assert intent("help us pause", anytime) == (None if required else "Pause")
    assert [intent(text, anytime) for text in ("stop", "Juniper, stop", "Juniper", "hey Juniper")] == [None] * 4
    strange = ("hey help us pause", "help us pause Juniper", "Juniper Juniper help us pause", "help Juniper us pause")
    assert [intent(text, anytime) for text in strange] == [None] * 4
    for scope in (scene, ready):
        assert [intent(text, scope) for text in ("stop", "Juniper, stop", "Juniper")] == ["Stop", "Stop", None]
    assert [intent(text, ready) for text in ("yes please", "Juniper, not tonight")] == ["Agree", "NotNow"]


def test_the_name_lengthens_a_sentence_that_needs_it(changed: Callable[[str], Path]) -> None:
    """A sentence that is too short to be believed by itself is long enough where it needs the name in front."""
    folder = changed("breathe")
    load(WakeName("Juniper", required=True), folder)
    for address, said in ((WakeName("Juniper"), "breathe"), (WakeName("Al", required=True), "al breathe")):
        with pytest.raises(InputError, match=rf'/pause.yaml:\d+: "{said}" has \d phones, and with fewer than'):
            load(address, folder)


@pytest.mark.parametrize("address", [WakeName("Nova"), WakeName("Nohvah", sounds=("N OW1 V AH0",))])
def test_a_name_that_makes_a_sentence_ambiguous_is_refused(changed: Callable[[str], Path], address: WakeName) -> None:
    """A sentence that begins with the name, or with what sounds like it, would stand for two things: it is told."""
    folder = changed("nova give us a question")
    with pytest.raises(InputError) as refused:
        load(address, folder)
    assert str(refused.value) == (
        f'listening.name is "{address.name}", and so "nova give us a question" stands for both Pause and Question: '
        "choose another name"
    )


@pytest.mark.parametrize("name", ["Juan", "Art", "Bea", "May", "Please", "Evening Star", "Jean-Luc", "O\u2019Neil"])
def test_names_like_words_of_the_sentences_are_fine(name: str) -> None:
    """Whoever is called like a word, or sounds like one, may be called so."""
    scope = load(WakeName(name, required=True)).sentences.scope(ANYTIME)
    found = match(f"{name}, give us a question", scope)
    assert found is not None
    assert found.name == "Question"


def test_a_name_that_no_rule_can_say_is_told_in_letters_of_sound() -> None:
    """Foreign letters and no vowels are refused, unless the settings tell how the name sounds."""
    for name in ("Zo\u00eb", "Xqz"):
        with pytest.raises(InputError, match=r"is not known: give it in listening\.name_sounds"):
            load(WakeName(name))
        pack = load(WakeName(name, sounds=("Z OW1 IY0",)))
        assert pack.lexicon.pronounce([name.lower()]) == {name.lower(): {("z", "o\u028a", "i")}}


@pytest.mark.parametrize(
    ("text", "moment"),
    [("Juniper, help us pause!", "pause"), ("help us pause", None), ("Juniper, stop", "stop"), ("stop", "stop")],
)
def test_typed_text_is_held_to_the_name_too(moments: CommandLine, text: str, moment: str | None) -> None:
    """`moments say` understands what the microphone would."""
    (reply,) = moments.call("say", text, "--json", "--settings", moments.settings(REQUIRED)).lines
    assert (reply["moment"], reply["heard"]) == (moment, text if moment else None)


@pytest.mark.parametrize(("text", "voice"), [("juniper, help us pause", "slt"), ("hey juniper, help us pause", "rms")])
def test_a_stranger_calls_it_by_its_name(
    moments: CommandLine, spoken: Callable[[str, str], Path], text: str, voice: str
) -> None:
    """Through the microphone path, with the name there is an answer, and without there is none."""
    settings = moments.settings(REQUIRED)
    (reply,) = moments.call("hear", spoken(text, voice), "--json", "--settings", settings).lines
    assert reply["moment"] == "pause"
    assert reply["heard"].startswith(text.partition(",")[0])
    (reply,) = moments.call("hear", spoken("help us pause", voice), "--json", "--settings", settings).lines
    assert (reply["moment"], reply["heard"]) == (None, None)
