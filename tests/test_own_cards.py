"""Own cards: good ones are dealt, and each bad one is reported with its line and the remedy."""

import os
import time
from pathlib import Path

import pytest

from voice.moments.registry import NEEDS
from voice.packs.decks import texts
from voice.packs.load import load_pack
from voice.packs.own_cards import read_own, with_own
from voice.packs.pack import Pack
from voice.storage.paths import data_folder


@pytest.fixture(scope="module")
def pack() -> Pack:
    """Return the shipped pack."""
    return load_pack(data_folder("intents") / "en", NEEDS)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the path of the couple's own questions."""
    return tmp_path / "own-questions.txt"


def test_own_cards_join_the_deck(pack: Pack, file: Path) -> None:
    """Each line is a card of the category "own", except comments and empty lines."""
    file.write_bytes("\ufeff# ours\r\n\r\n  What did   Grandma say?\r\nWhat’s in the blue box?".encode())  # noqa: RUF001 - as typed
    more, problems = with_own(pack, file.parent)
    assert problems == ()
    assert texts(more.decks["questions"], "own") == ("What did Grandma say?", "What’s in the blue box?")  # noqa: RUF001 - as typed
    assert len(more.decks["questions"]) == len(pack.decks["questions"]) + 2
    assert more.decks["laughter"] == pack.decks["laughter"]


BAD = {
    "closed": ("Do you love the sea?", "is not an open question: begin it with what, how, when"),
    "no question": ("What a day", "is not an open question"),
    "no words": ("?!", "has no words"),
    "digits alone": ("12?", "has no words"),
    "too long": ("What " + "really " * 25 + "counts?", "has 27 words in one breath"),
    "stops the assistant": ("When do we stop, and why?", 'has "stop", which stops the assistant'),
    "twice": ("what is in the BLUE box", "is not an open question"),
    "twice in other letters": ("what is, in the BLUE box?", "says the same as line 1"),
    "in the deck already": ("What felt worth doing today", "is not an open question"),
    "in the deck in other letters": ("what felt worth doing, today?", "says the same as a card of the pack"),
    "another encoding": ("What is a caf\udce9?", "is not UTF-8"),
    "unseen letters": ("What is\u200b it?", "has an invisible character"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_card_is_reported_with_its_line(pack: Pack, file: Path, kind: str) -> None:
    """A bad card is left out, and its neighbours count."""
    bad, words = BAD[kind]
    file.write_bytes(f"What is in the blue box?\n{bad}\nWhich hill was it?\n".encode(errors="surrogateescape"))
    own = read_own(file, pack, "questions")
    (problem,) = own.problems
    assert problem.startswith(f"{file}:2: ")
    assert words in problem
    assert "\n" not in problem
    assert texts(own.cards) == ("What is in the blue box?", "Which hill was it?")


def test_prompts_need_not_be_questions(pack: Pack, tmp_path: Path) -> None:
    """Only a deck of questions requires questions."""
    (tmp_path / "own-laughter.txt").write_text("Hop around the sofa.\n", encoding="utf-8")
    more, problems = with_own(pack, tmp_path)
    assert problems == ()
    assert more.decks["laughter"][-1].text == "Hop around the sofa."


def test_unusable_files_are_reported(pack: Pack, tmp_path: Path) -> None:
    """Each file that is unreadable, not a file or misnamed gets one line; the pack stays as it was."""
    (tmp_path / "own-laughter.txt").mkdir()
    os.mkfifo(tmp_path / "own-stories.txt")
    (tmp_path / "own-jokes.txt").write_text("Ha.\n", encoding="utf-8")
    same, problems = with_own(pack, tmp_path)
    assert same.decks == pack.decks
    told = dict(problem.removeprefix(f"{tmp_path}/own-").split(".txt: ", 1) for problem in problems)
    assert set(told) == {"laughter", "stories", "jokes"}
    assert told["laughter"] == told["stories"] == "is not a file: put a text file in its place"
    assert told["jokes"].startswith("there is no deck of this name: call it own-appreciation.txt or ")


def test_a_missing_folder_is_fine(pack: Pack, tmp_path: Path) -> None:
    """A couple without own cards gets no message."""
    same, problems = with_own(pack, tmp_path / "nowhere")
    assert (same.decks, problems) == (pack.decks, ())


def test_ten_thousand_cards_are_read_in_a_moment(pack: Pack, file: Path) -> None:
    """A long file does not delay the start: well below a second of processor time."""
    lines = (f"What would you do with {number} red balloons on a windy day by the sea?" for number in range(10_000))
    file.write_text("\n".join(lines), encoding="utf-8")
    begun = time.process_time()
    own = read_own(file, pack, "questions")
    assert time.process_time() - begun < 1.0
    assert (len(own.cards), own.problems) == (10_000, ())
