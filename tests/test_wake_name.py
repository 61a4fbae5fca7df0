"""The assistant's name: understood in front of a request, and required if the settings say so."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import CommandLine
from small_pack import SMALL

from voice.errors import InputError
from voice.moments.registry import NEEDS
from voice.nlu.contexts import ANYTIME, SCENE, asked
from voice.nlu.matcher import match
from voice.nlu.sentences import Scope
from voice.nlu.wake_name import WakeName
from voice.packs.load import load_pack
from voice.packs.pack import Pack

REQUIRED = '[listening]\nname = "Juniper"\nname_required = true\n'
READY = asked("ritual.ready")


def load(address: WakeName, folder: Path = SMALL) -> Pack:
    """Return the small pack with a name."""
    return load_pack(folder, NEEDS, wake_name=address)


def intent(text: str, scope: Scope) -> str | None:
    """Return the intent of a text, and check that grammar and matcher agree."""
    found = match(text, scope)
    assert bool(scope.graph.accepts(text.lower().replace(",", "").split())) == bool(found)
    return found.name if found else None


@pytest.fixture
def changed(tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that copies the pack with one more sentence for Pause."""

    def add(sentence: str) -> Path:
        folder = Path(shutil.copytree(SMALL, tmp_path / "en"))
        with (folder / "sentences" / "pause.yaml").open("a", encoding="utf-8") as file:
            file.write(f'      - sentences: ["{sentence}"]\n')
        return folder

    return add


@pytest.mark.parametrize("required", [False, True])
def test_the_name_is_understood_before_requests_and_never_needed_in_a_scene(*, required: bool) -> None:
    """The name counts only once and in front of a request; the stop set and answers never need it."""
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
    """A sentence too short on its own is accepted if the name is required before it."""
    folder = changed("breathe")
    load(WakeName("Juniper", required=True), folder)
    for address, said in ((WakeName("Juniper"), "breathe"), (WakeName("Al", required=True), "al breathe")):
        with pytest.raises(InputError, match=rf'/pause.yaml:\d+: "{said}" has \d phones, and with fewer than'):
            load(address, folder)


@pytest.mark.parametrize("address", [WakeName("Nova"), WakeName("Nohvah", sounds=("N OW1 V AH0",))])
def test_a_name_that_makes_a_sentence_ambiguous_is_refused(changed: Callable[[str], Path], address: WakeName) -> None:
    """A sentence that begins with the name, or with a word that sounds like it, is reported."""
    folder = changed("nova give us a question")
    with pytest.raises(InputError) as refused:
        load(address, folder)
    assert str(refused.value) == (
        f'listening.name is "{address.name}", and so "nova give us a question" stands for both Pause and Question: '
        "choose another name"
    )


@pytest.mark.parametrize("name", ["Juan", "Art", "Bea", "May", "Please", "Evening Star", "Jean-Luc", "O\u2019Neil"])
def test_a_name_may_be_like_a_word_of_the_sentences(name: str) -> None:
    """A name may be spelled or sound like a word of the sentences."""
    scope = load(WakeName(name, required=True)).sentences.scope(ANYTIME)
    found = match(f"{name}, give us a question", scope)
    assert found is not None
    assert found.name == "Question"


def test_a_name_that_rules_cannot_pronounce_needs_its_sounds() -> None:
    """A name with foreign letters or without vowels needs its pronunciation in the settings."""
    for name in ("Zo\u00eb", "Xqz"):
        with pytest.raises(InputError, match=r"is not known: give it in listening\.name_sounds"):
            load(WakeName(name))
        pack = load(WakeName(name, sounds=("Z OW1 IY0",)))
        assert pack.lexicon.pronounce([name.lower()]) == {name.lower(): {("z", "o\u028a", "i")}}


@pytest.mark.parametrize(
    ("text", "moment"),
    [("Juniper, help us pause!", "pause"), ("help us pause", None), ("Juniper, stop", "stop"), ("stop", "stop")],
)
def test_typed_text_needs_the_name_too(moments: CommandLine, text: str, moment: str | None) -> None:
    """`moments say` follows the same rule as the microphone."""
    (reply,) = moments.call("say", text, "--json", "--settings", moments.settings(REQUIRED)).lines
    assert (reply["moment"], reply["heard"]) == (moment, text if moment else None)


@pytest.mark.parametrize(("text", "voice"), [("juniper, help us pause", "slt"), ("hey juniper, help us pause", "rms")])
def test_a_stranger_calls_it_by_its_name(
    moments: CommandLine, spoken: Callable[[str, str], Path], text: str, voice: str
) -> None:
    """By microphone, a request with the name is answered, and one without it is not."""
    settings = moments.settings(REQUIRED)
    (reply,) = moments.call("hear", spoken(text, voice), "--json", "--settings", settings).lines
    assert reply["moment"] == "pause"
    assert reply["heard"].startswith(text.partition(",")[0])
    (reply,) = moments.call("hear", spoken("help us pause", voice), "--json", "--settings", settings).lines
    assert (reply["moment"], reply["heard"]) == (None, None)
