"""The worker: renders one text with pyttsx3 in a process of its own, where it may hang or die without harm.

It is run as a file, never imported: it reads one order (JSON) from its input and answers with one line of JSON. It
imports nothing else of the package, so that it starts in a tenth of a second.

    {"engine": FOLDER, "patience": 20, "text": "...", "voice": "en-us", "rate": 140, "out": FILE}  ->  {"voice": ID}
    {"engine": FOLDER, "patience": 20}                                                             ->  {"voices": [ID]}

and, if that fails: {"refused": VOICE, "voices": [ID]}, {"missing": WHY} or {"failed": WHY}.
"""

import json
import os
import signal
import sys
import threading
import time

__all__ = ["main"]

_DEAD_END = ("!v/", "mb/")
"""Voices that do not work: variants alone are silent; MBROLA's sample rate differs from what pyttsx3 writes."""


def main() -> None:
    """Carry out the order from the input."""
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # pyttsx3 prints to where the answer goes

    def reply(**what: object) -> None:
        json.dump(what, answer)
        answer.flush()
        os._exit(0)  # espeak's threads do not end cleanly, and all output is written

    # An exception inside ctypes' callback is dropped, and pyttsx3 would wait for ever.
    sys.unraisablehook = lambda problem: reply(failed=repr(problem.exc_value))
    order = json.load(sys.stdin)
    signal.alarm(int(order["patience"]) + 2)  # if the assistant was killed, nothing else would end this process
    sys.path.append(order["engine"])
    try:
        import pyttsx3  # noqa: PLC0415 - the order says where it is
        from pyttsx3.drivers import _espeak  # noqa: PLC0415 - the only way to check that a setting has arrived

        engine = pyttsx3.init("espeak")
    except (ImportError, OSError, RuntimeError) as problem:
        reply(missing=str(problem))
    if "text" in order:
        reply(**_render(engine, _espeak, order))
    reply(voices=_voices(engine))


def _render(engine, espeak, order) -> dict[str, object]:  # type: ignore[no-untyped-def]  # noqa: ANN001 - pyttsx3 has no types
    """Render the text into the file, and return the answer."""
    complaints: list[str] = []
    written = threading.Event()
    engine.connect("error", lambda name, exception: complaints.append(f"{name or ''} {exception}".strip()))
    engine.connect("finished-utterance", lambda name, completed: written.set())  # noqa: ARG005 - pyttsx3 passes them by name
    engine.proxy.setBusy(False)  # from here on settings are sent at once, not in the loop
    _settle(engine, espeak)  # the voice is set at once: it must not overtake the settings queued before
    engine.setProperty("voice", order["voice"])
    engine.setProperty("rate", order["rate"])
    _settle(engine, espeak)
    voice = engine.getProperty("voice") or ""
    if complaints or _is_other(voice, order["voice"]):
        return {"refused": order["voice"], "voices": _voices(engine)}
    if hasattr(espeak.dll, "espeak_ng_SetRandSeed"):  # from 1.52 on the clock is the seed: each second sounds different
        espeak.dll.espeak_ng_SetRandSeed(1)
    engine.save_to_file(order["text"], order["out"])
    engine.runAndWait()
    written.wait()  # the loop may end before the file is written; the caller has a timeout
    if complaints or _setting(espeak, espeak.RATE) != order["rate"]:
        return {"failed": complaints[0] if complaints else "the rate was not taken"}
    return {"voice": voice}


def _settle(engine, espeak) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - pyttsx3 has no types
    """Wait until espeak has taken all settings.

    espeak queues them for a thread of its own, and pyttsx3 clears that queue when its loop begins: without this wait
    some renderings have the wrong rate. The queue keeps its order, so once a visible change (of the pitch, by one and
    back) has arrived, all settings before it have. Asking whether the thread is busy is not enough: it may sleep for
    150 ms before it looks at its queue.
    """
    usual = _setting(espeak, espeak.PITCH)
    for pitch in (usual - 1, usual):
        engine.setProperty("pitch", pitch)
        while _setting(espeak, espeak.PITCH) != pitch or espeak.IsPlaying():
            time.sleep(0.001)


def _setting(espeak, which: int) -> int:  # type: ignore[no-untyped-def]  # noqa: ANN001 - pyttsx3 has no types
    """Return a current setting; pyttsx3's own call lacks an argument, and may return the default instead."""
    return int(espeak.dll.espeak_GetParameter(which, 1))


def _is_other(got: str, wanted: str) -> bool:
    """Tell whether espeak silently chose another voice: it drops an unknown variant."""
    _, _, variant = wanted.lower().partition("+")
    return got.startswith(_DEAD_END) or (variant != "" and not got.endswith("+" + variant))


def _voices(engine) -> list[str]:  # type: ignore[no-untyped-def]  # noqa: ANN001 - pyttsx3 has no types
    """Return the names of all voices that can be chosen, such as "en-us"."""
    identifiers = (voice.id for voice in engine.getProperty("voices"))
    return sorted({name.rpartition("/")[2] for name in identifiers if not name.startswith(_DEAD_END)})


if __name__ == "__main__":
    main()
