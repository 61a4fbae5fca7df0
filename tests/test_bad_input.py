"""Faults from outside: one line that says what to do, the right exit code, and no data lost."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile
from command_line import Ran
from small_pack import SMALL

if TYPE_CHECKING:
    from command_line import CommandLine
    from sound_server import SoundServer

Spoil = Callable[[Path], None]
FIRST_QUESTION = ("say", "give us a question")
NEW_NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")


def can_mount() -> bool:
    """Tell whether this system lets us mount a private file system."""
    command = [*NEW_NAMESPACE, "mount", "-t", "tmpfs", "none", "/mnt"]
    return bool(shutil.which("unshare")) and subprocess.run(command, check=False, capture_output=True).returncode == 0


def contents(folder: Path) -> dict[str, bytes]:
    """Return the content of every file below a folder."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def stored(folder: Path) -> list[str]:
    """Return the content of the store in a folder, as SQL."""
    with closing(sqlite3.connect(folder / "moments.sqlite3")) as connection:
        return list(connection.iterdump())


# --- settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[listening]\nmicrofone = "Jabra"\n', ["unknown key listening.microfone", "listening.microphone"]),
        ("colour = 3\n", ["unknown key colour"]),
        ('[speaking]\nrate = "fast"\n', ["speaking.rate", "whole number"]),
        ("[speaking]\nrate = 9000\n", ["speaking.rate", "at most 400"]),
        ('[rituals.gratitude]\nat = "25:00"\n', ["rituals.gratitude.at", "time of day"]),
        ("[rituals.gratitude]\nat = 21:99\n", ["line 2", "TOML"]),
        ('[partners]\nnames = ["Anna"]\n', ["partners.names", "two names"]),
        ("[pause\n", ["line 1", "TOML"]),
        ('[keeping]\nfolder = "here"\n', ["keeping.folder", "full path"]),
        ("[listening]\nname_required = true\n", ["listening.name_required", "listening.name"]),
        ('[listening]\nname = "Zo\u00eb"\n', ["listening.name", '"zo\u00eb"', "listening.name_sounds", "ARPAbet"]),
        ('[listening]\nname = "Xqz"\n', ["listening.name", '"xqz"', "listening.name_sounds"]),
        ('language = "xx"\n', ["there is no such pack"]),
        ('[speaking]\nvoice = "klingon-nobody"\n', ['no voice is called "klingon-nobody"']),
    ],
)
def test_a_wrong_setting_is_named(moments: "CommandLine", text: str, words: list[str]) -> None:
    """The line names the file, the key and the allowed values; nothing has been written by then."""
    path = moments.settings(text)
    before = contents(moments.home)
    ran = moments.call("say", "help us pause", "--settings", path)
    ran.refused(2, *words)
    assert ran.out == ""
    assert contents(moments.home) == before


@pytest.mark.parametrize("name", ["missing.toml", ".", "latin.toml"])
def test_a_settings_file_that_cannot_be_read_is_named(moments: "CommandLine", name: str) -> None:
    """The line names a file that is missing, is a folder, or is not UTF-8."""
    (moments.home / "latin.toml").write_bytes(b'language = "\xe9"\n')
    moments.call("rituals", "--settings", moments.home / name).refused(2, str(moments.home / name))


# --- packs ------------------------------------------------------------------------------------------------------------


def changed(name: str, old: str, new: str) -> Spoil:
    """Return a function that replaces the first `old` in a file of the pack."""

    def spoil(pack: Path) -> None:
        text = (pack / name).read_text(encoding="utf-8")
        assert old in text
        (pack / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return spoil


def removed(name: str) -> Spoil:
    """Return a function that removes a file of the pack."""
    return lambda pack: (pack / name).unlink()


def filled(name: str, content: bytes) -> Spoil:
    """Return a function that overwrites a file of the pack."""

    def spoil(pack: Path) -> None:
        (pack / name).write_bytes(content)

    return spoil


def sentence(text: str) -> Spoil:
    """Return a function that replaces a sentence of the pause."""
    return changed("sentences/pause.yaml", '"[please] breathe with (us|me)"', f'"{text}"')


PACK_FILES = ("sentences/pause.yaml", "responses.yaml", "decks/questions.yaml", "pronunciations.yaml")
SPOILED: dict[str, tuple[Spoil, list[str]]] = {
    "unknown intent": (changed("sentences/pause.yaml", "Pause:", "Juggle:"), ["pause.yaml:", "intent Juggle"]),
    "unknown list": (sentence("help us {nowhere}"), ["pause.yaml:", "nowhere"]),
    "unknown rule": (sentence("help us <nowhere>"), ["pause.yaml:", "nowhere"]),
    "bad template": (sentence("help (us"), ["pause.yaml:", '"help (us"', "brackets"]),
    "two intents, one sentence": (
        changed("sentences/question.yaml", "give us something to talk about", "help us pause"),
        ['"help us pause"', "pause.yaml:", "question.yaml:"],
    ),
    "sentence too short": (sentence("(stop|let us breathe)"), ["pause.yaml:", '"stop"', "phones", "requires_context"]),
    "digits": (sentence("take 3 breaths"), ["pause.yaml:", '"3"', "numbers as words"]),
    "symbols": (sentence("breathe & rest"), ["pause.yaml:", "&", "symbols as words"]),
    "foreign letters": (sentence("breathe чай"), ["pause.yaml:", "чай", "pronunciations.yaml"]),
    "unknown question": (
        changed("sentences/gratitude.yaml", "ask: ritual.ready", "ask: gratitude.later"),
        ["gratitude.yaml:", "gratitude.later"],
    ),
    "strange context": (changed("sentences/gratitude.yaml", "ask: ritual.ready", "area: bed"), ["gratitude.yaml:"]),
    "strange shape": (changed("sentences/pause.yaml", "- sentences:", "- sentence:"), ["pause.yaml:", "sentences"]),
    "missing response": (changed("responses.yaml", '  inhale: "Breathe in"\n', ""), ["responses.yaml", "pause.inhale"]),
    "unknown response": (changed("responses.yaml", "  inhale:", "  sniff: x\n  inhale:"), ["pause.sniff"]),
    "response with a strange name": (
        changed("responses.yaml", "{name},", "{nickname},"),
        ["responses.yaml:", "nickname"],
    ),
    "response with an open brace": (changed("responses.yaml", "{name},", "{name,"), ["responses.yaml:", "braces"]),
    "response that stops": (changed("responses.yaml", "No hurry now.", "Stop now."), ["responses.yaml:", '"stop"']),
    "count that does not fit": (
        changed("responses.yaml", '"two"', '"two hundred and seventy seven thousand seven hundred"'),
        ["responses.yaml", "count.2"],
    ),
    "card twice": (
        changed("decks/questions.yaml", "cards:\n", "cards:\n  - text: Same?\n  - text: same\n"),
        ["questions.yaml:", "twice"],
    ),
    "card that stops": (
        changed("decks/questions.yaml", "cards:\n", "cards:\n  - text: When did you last say that is enough?\n"),
        ["questions.yaml", '"that is enough"'],
    ),
    "bad pronunciation": (
        changed("pronunciations.yaml", "K AE N", "K QQ N"),
        ["pronunciations.yaml:", "QQ", "ARPAbet"],
    ),
    "no sentences": (lambda pack: shutil.rmtree(pack / "sentences"), []),
    "no responses": (removed("responses.yaml"), ["responses.yaml", "missing"]),
    "no deck": (removed("decks/questions.yaml"), ["decks/questions.yaml"]),
    "no pack": (shutil.rmtree, ["there is no such pack"]),
    **{f"{name} is no YAML": (filled(name, b"a: [b\nc: d"), [name, "YAML"]) for name in PACK_FILES},
    **{f"{name} is empty": (filled(name, b""), [name]) for name in PACK_FILES},
    **{f"{name} is no text": (filled(name, b"\xff\xfe\x00\x80"), [name]) for name in PACK_FILES},
    **{
        f"{name} holds something else": (filled(name, b"language: 3\nwords: no\ncards: {}"), [name])
        for name in PACK_FILES
    },
}


@pytest.mark.parametrize("kind", SPOILED)
def test_a_broken_pack_is_refused(moments: "CommandLine", tmp_path: Path, kind: str) -> None:
    """The line names the file, the place in it and the remedy."""
    pack = tmp_path / "pack"
    shutil.copytree(SMALL, pack)
    spoil, words = SPOILED[kind]
    spoil(pack)
    ran = moments.call("perform", "pause", "--pack", pack, "--out", "o.wav")
    ran.refused(2, str(pack), *words)
    assert ran.out == ""
    assert not (moments.home / "o.wav").exists()


# --- recordings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("empty.wav", "is empty (0 bytes)"),
        ("short.wav", "cut short"),
        ("frameless.wav", "0 frames"),
        ("text.wav", "is not a sound file"),
        ("missing.wav", "is not there"),
        ("folder.wav", "is a folder"),
        ("pipe.wav", "is a pipe"),
    ],
)
def test_a_broken_recording_is_refused(moments: "CommandLine", name: str, words: str) -> None:
    """The line names the file and its fault, and nothing is printed for it."""
    soundfile.write(moments.home / "whole.wav", np.zeros(16_000, np.float32), 16_000)
    soundfile.write(moments.home / "frameless.wav", np.zeros(0, np.float32), 16_000)
    (moments.home / "short.wav").write_bytes((moments.home / "whole.wav").read_bytes()[:20_000])
    (moments.home / "empty.wav").touch()
    (moments.home / "text.wav").write_text("help us pause")
    (moments.home / "folder.wav").mkdir()
    os.mkfifo(moments.home / "pipe.wav")
    ran = moments.call("hear", name, "--json")
    ran.refused(2, name, words)
    assert ran.out == ""


# --- text and options -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["say", ""], "nothing to understand"),
        (["say", " \n\t"], "nothing to understand"),
        (["say", "a" * 10_001], "10001 characters"),
        (["say"], "TEXT"),
        (["say", "a", "--frob"], "--frob"),
        (["perform", "juggle\nnow"], "there is no moment"),
        (["perform", "pause", "--out"], "--out"),
        (["juggle"], "juggle"),
        (["--frob"], "--frob"),
        (["rituals", "more"], "more"),
        (["rituals", "set", "gratitude"], "TIME"),
        (["rituals", "set", "gratitude", "25:00"], 'at is "25:00": it has to be a time of day'),
        (["rituals", "set", "gratitude", "21:30", "--days", "fri,someday"], 'days is ["fri", "someday"]'),
        (["rituals", "set", "gratitude", "21:30", "--days", "often"], 'days is "often": it has to be a list of days'),
        (["rituals", "set", "breakfast", "08:00"], 'there is no ritual "breakfast": name one of gratitude'),
        (["rituals", "enable", "breakfast"], "breakfast"),
        (["rituals", "run", "pause"], "there is no ritual"),
    ],
)
def test_wrong_usage_is_one_line(moments: "CommandLine", args: list[str], words: str) -> None:
    """The line names what is wrong on the command line, with exit code 2."""
    ran = moments.call(*args)
    ran.refused(2, words)
    assert ran.out == ""


@pytest.mark.parametrize("text", ["a" * 10_000, "help us pause " * 714, "please " * 1_428, "\udcff\0[(|<{"])
def test_long_and_strange_text_is_handled(moments: "CommandLine", text: str) -> None:
    """Ten thousand characters, and characters with a meaning in templates, are simply not understood."""
    (reply,) = moments.call("say", text[:10_000], "--json").lines
    assert reply["intent"] is None


@pytest.mark.parametrize("target", ["nowhere/o.wav", ".", "asound.conf/o.wav"])
def test_an_output_file_that_cannot_be_written_is_named(moments: "CommandLine", target: str) -> None:
    """The line names an `--out` that is in a missing folder, is a folder, or is below a file."""
    moments.call("perform", "question", "--out", target).refused(2, target)


# --- devices ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("args", "words"), [(["run"], []), (["perform", "pause"], ["--out FILE.wav"])])
def test_without_a_sound_device(moments: "CommandLine", args: list[str], words: list[str]) -> None:
    """One line says that there is no loudspeaker, and suggests a file where one will do."""
    ran = moments.run(*args)
    ran.refused(1, "No loudspeaker found", *words)
    assert ran.out == ""


def test_the_doctor_finds_no_sound_device(moments: "CommandLine") -> None:
    """The doctor reports the faulty parts and goes on to the others."""
    ran = moments.run("doctor")
    assert (ran.code, ran.err) == (1, "")
    signs = {line.split()[1]: line.split()[0] for line in ran.out.splitlines()}
    assert signs == {
        "microphone": "BAD",
        "loudspeaker": "BAD",
        "voice": "ok",
        "recogniser": "ok",
        "noise": "ok",
        "pack": "ok",
        "store": "ok",
    }


def test_json_needs_no_loudspeaker(moments: "CommandLine") -> None:
    """With `--json`, a missing loudspeaker is only noted."""
    ran = moments.run("perform", "pause", "--json")
    assert ran.code == 0
    assert ran.out.startswith('{"name": "pause"')
    assert ran.err.startswith("moments: No loudspeaker found")
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("setting", "args"),
    [
        ('[listening]\nmicrophone = "Trumpet"\n', ["run"]),
        ('[speaking]\nloudspeaker = "Trumpet"\n', ["run"]),
        ('[speaking]\nloudspeaker = "Trumpet"\n', ["perform", "pause"]),
    ],
)
def test_an_unknown_device_lists_the_candidates(
    moments: "CommandLine", sound_server: "SoundServer", setting: str, args: list[str]
) -> None:
    """The line for an unknown device lists the devices that there are."""
    ran = moments.run(*args, "--settings", moments.settings(setting), env=sound_server.env)
    ran.refused(2, '"Trumpet"', '"default"')


# --- the voice --------------------------------------------------------------------------------------------------------


@pytest.fixture
def without_espeak(tmp_path: Path) -> dict[str, str]:
    """Return an environment in which neither espeak-ng nor its library can be used."""
    libraries = tmp_path / "libraries"
    libraries.mkdir()
    for name in ("libespeak-ng.so.1", "libespeak.so.1"):
        (libraries / name).touch()  # found before the system's own, but not a library
    return {"PATH": str(libraries), "LD_LIBRARY_PATH": str(libraries)}


@pytest.mark.skipif(sys.platform != "linux", reason="LD_LIBRARY_PATH is for Linux only")
@pytest.mark.parametrize("args", [["perform", "pause", "--out", "o.wav"], ["say", "help us pause"], ["demo"]])
def test_without_espeak(moments: "CommandLine", without_espeak: dict[str, str], args: list[str]) -> None:
    """One line names the missing package."""
    ran = moments.run(*args, env=without_espeak)
    ran.refused(1, "espeak-ng is missing", "apt install espeak-ng")
    assert not (moments.home / "o.wav").exists()


def test_a_word_that_only_espeak_can_pronounce(
    moments: "CommandLine", without_espeak: dict[str, str], tmp_path: Path
) -> None:
    """Without espeak-ng, the line names the word of the pack that no dictionary has."""
    shutil.copytree(SMALL, tmp_path / "pack")
    sentence("breathe with zorblax")(tmp_path / "pack")
    ran = moments.run("say", "hello", "--pack", tmp_path / "pack", env=without_espeak)
    ran.refused(1, "espeak-ng is missing", '"zorblax"')


# --- the disk ---------------------------------------------------------------------------------------------------------


PREPARED = """
mount -t tmpfs -o size=160k none "$1" && cp -r "$2"/. "$1" || exit 99
case "$3" in
    full) dd if=/dev/zero of="$1/rest" bs=4k 2>"$1.log"; test "$(df --output=avail "$1" | tail -1)" -eq 0 || exit 98 ;;
    read-only) mount -o remount,ro "$1" || exit 97 ;;
esac
disk="$1" data="$2"
shift 3
"$@"
code=$?
cp -r "$disk"/micro-moments/. "$data/after"
exit $code
"""


@pytest.fixture
def on_a_disk_that_is(moments: "CommandLine") -> Callable[..., Ran]:
    """Return a function that runs a command with its data on a disk that is "full" or "read-only".

    The disk starts with a copy of the data folder; its content afterwards is copied to `data/after`.
    """

    def run(state: str, *args: str) -> Ran:
        disk, data = moments.home / "disk", moments.home / "data"
        disk.mkdir()
        (data / "after").mkdir(parents=True)
        prepared = ["sh", "-c", PREPARED, "sh", str(disk), str(data), state]
        done = subprocess.run(
            [*NEW_NAMESPACE, *prepared, sys.executable, "-m", "voice", *args],
            cwd=moments.home,
            env=moments.env | {"XDG_DATA_HOME": str(disk)},
            capture_output=True,
            text=True,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


needs_a_disk = pytest.mark.skipif(not can_mount(), reason="this system does not let us mount a disk")
REFUSALS = {"full": "full", "read-only": "cannot be written"}


@needs_a_disk
@pytest.mark.parametrize("state", REFUSALS)
def test_a_full_or_read_only_disk_loses_nothing(
    moments: "CommandLine", on_a_disk_that_is: Callable[..., Ran], state: str
) -> None:
    """A request that has to be recorded is refused in one line, and the stored data stays."""
    assert moments.call(*FIRST_QUESTION).code == 0
    before = stored(moments.data)
    on_a_disk_that_is(state, *FIRST_QUESTION).refused(1, "moments.sqlite3", REFUSALS[state])
    assert stored(moments.home / "data" / "after") == before


@needs_a_disk
@pytest.mark.parametrize("state", REFUSALS)
def test_a_full_or_read_only_disk_does_not_stop_a_pause(
    moments: "CommandLine", on_a_disk_that_is: Callable[..., Ran], state: str
) -> None:
    """A moment that records nothing plays, even if the disk was full or read-only from the start."""
    moments.data.mkdir(parents=True)
    (reply,) = on_a_disk_that_is(state, "say", "help us pause", "--json").lines
    assert reply["moment"] == "pause"


@needs_a_disk
@pytest.mark.parametrize("state", REFUSALS)
def test_the_doctor_checks_the_disk(moments: "CommandLine", on_a_disk_that_is: Callable[..., Ran], state: str) -> None:
    """The doctor reports a disk that cannot be written, even if the stored data can be read."""
    assert moments.call(*FIRST_QUESTION).code == 0
    ran = on_a_disk_that_is(state, "doctor")
    assert (ran.code, ran.err) == (1, "")
    (store,) = [line for line in ran.out.splitlines() if " store " in line]
    assert store.startswith("BAD")
    assert state.replace("read-only", "cannot be written") in store


@pytest.mark.parametrize("args", [FIRST_QUESTION, ("rituals",), ("run",)])
def test_a_data_folder_that_cannot_be_made(moments: "CommandLine", args: tuple[str, ...]) -> None:
    """If a file is in the folder's place, the line names it, and the file stays."""
    (moments.home / "data").write_text("not a folder")
    moments.run(*args).refused(1, str(moments.data))
    assert (moments.home / "data").read_text() == "not a folder"


@pytest.mark.parametrize("content", [b"SQLite format 3\0 and nothing more" * 100, "newer", b"a diary, not a database"])
@pytest.mark.parametrize("args", [FIRST_QUESTION, ("rituals",)])
def test_an_unusable_database_is_left_unchanged(
    moments: "CommandLine", content: bytes | str, args: tuple[str, ...]
) -> None:
    """A damaged database, or one of a newer version, is refused in one line and not changed."""
    database = moments.data / "moments.sqlite3"
    moments.data.mkdir(parents=True)
    if isinstance(content, bytes):
        database.write_bytes(content)
    else:
        with closing(sqlite3.connect(database)) as connection:
            connection.executescript("CREATE TABLE tomorrow (a); PRAGMA user_version = 99;")
    before = database.read_bytes()
    ran = moments.call(*args)
    ran.refused(1, str(database), "newer" if content == "newer" else "damaged")
    assert database.read_bytes() == before
    assert ran.out == ""


def test_sound_that_does_not_fit_is_reported(moments: "CommandLine") -> None:
    """A full disk is reported for `--out`, and a device is never replaced by a file."""
    moments.call("perform", "question", "--out", "/dev/full").refused(1, "/dev/full", "No space left")
    assert Path("/dev/full").is_char_device()


@pytest.mark.parametrize("args", [("rituals", "--json"), ("say", "help us pause"), ("--help",)])
def test_standard_output_that_cannot_be_written_is_reported(moments: "CommandLine", args: tuple[str, ...]) -> None:
    """A full disk is also reported for redirected output."""
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "voice", *args],
            env=moments.env,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    Ran(done.returncode, "", done.stderr).refused(1, "No space left")
