"""Frames: each knows when it was recorded, and what the loudspeaker played then."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from voice.audio.clip import to_int16
from voice.audio.devices import LATENCY, Device, StreamTimes, Wiring
from voice.audio.microphone import FRAME, FRAME_SECONDS, RATE, Frame, Framer, frames_of, with_reference
from voice.audio.simulated import ScriptedMicrophone, TimelineLoudspeaker
from voice.clock import CountedClock

CARD = Device(0, "card", inputs=1, outputs=1, rate=48_000)
BLOCK = 960


def noise(seconds: float, rate: int) -> NDArray[np.float32]:
    """Return noise below 6 kHz, whose place in other sound is unmistakable: (n,) float32, peak 0.3."""
    count = round(seconds * rate)
    spectrum = np.fft.rfft(np.random.default_rng(1).standard_normal(count))
    spectrum[round(6_000 * seconds) :] = 0
    samples = np.fft.irfft(spectrum, count)
    soft: NDArray[np.float32] = (samples * 0.3 / np.abs(samples).max()).astype(np.float32)
    return soft


def test_frames_line_up_with_the_loudspeaker() -> None:
    """A frame of our own voice and its reference are the same sound, sample by sample."""
    clock = CountedClock()
    microphone, loudspeaker = ScriptedMicrophone(clock), TimelineLoudspeaker(clock, RATE)
    sound = noise(1.0, RATE)
    before = [with_reference(frame, loudspeaker.played) for _ in range(10) if (frame := microphone.read(0.1))]
    loudspeaker.play(sound)
    loudspeaker.add(sound[::-1].copy(), RATE, at_seconds=0.5)  # the partner's voice is not our echo
    microphone.hear(to_int16(sound))
    frames = [with_reference(frame, loudspeaker.played) for _ in range(50) if (frame := microphone.read(0.1))]
    assert [frame.time for frame in (*before, *frames)] == pytest.approx([n * FRAME_SECONDS for n in range(60)])
    assert max(np.abs(frame.playing).max() for frame in before if frame.playing is not None) < 1e-6
    playing = np.concatenate([frame.playing for frame in frames if frame.playing is not None])
    heard = np.concatenate([frame.samples for frame in frames]) / 32_768
    assert playing.dtype == np.float32
    np.testing.assert_allclose(playing, heard, atol=1 / 32_768)


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("late", [0.0, 0.3, 0.77])
def test_the_reference_has_no_seams(rate: int, late: float) -> None:
    """At any rate, and at any fraction of a sample between the clocks, references join without a seam."""
    loudspeaker = TimelineLoudspeaker(CountedClock(), rate)
    times = np.arange(rate) / rate
    loudspeaker.play((0.5 * np.sin(2 * np.pi * 3_000 * times)).astype(np.float32))
    silence = np.zeros(RATE, np.int16)
    frames = [with_reference(frame, loudspeaker.played) for frame in frames_of(silence, late / RATE)]
    playing = np.concatenate([frame.playing for frame in frames if frame.playing is not None])
    assert playing.size == len(frames) * FRAME
    wanted = 0.5 * np.sin(2 * np.pi * 3_000 * (np.arange(playing.size) + late) / RATE)
    np.testing.assert_allclose(playing[640 : RATE - 640], wanted[640 : RATE - 640], atol=0.002)


def test_a_stop_is_in_the_reference() -> None:
    """A sound that was stopped ends in the reference too, and earlier sounds are remembered."""
    clock = CountedClock()
    loudspeaker = TimelineLoudspeaker(clock, RATE)
    loudspeaker.play(np.full(RATE, 0.5, np.float32))
    clock.sleep(0.5)
    loudspeaker.stop()
    clock.sleep(0.5)
    loudspeaker.play(np.full(RATE, 0.25, np.float32))
    assert loudspeaker.played(0.4, 0.1, RATE) == pytest.approx(0.5, abs=1e-6)
    assert loudspeaker.played(0.6, 0.3, RATE) == pytest.approx(0.0, abs=1e-6)
    assert loudspeaker.played(1.1, 0.1, RATE) == pytest.approx(0.25, abs=1e-6)


def test_without_a_loudspeaker_there_is_no_reference() -> None:
    """A frame that was not paired with a loudspeaker has no reference, rather than silence."""
    assert Frame(np.zeros(FRAME, np.int16), 0.0).playing is None


@pytest.mark.parametrize("rate", [RATE, 44_100, 48_000])
def test_frames_have_the_time_of_their_first_sample(rate: int) -> None:
    """At any device rate, a click lies at the frame and sample that the frames' times say."""
    sound = np.zeros(2 * rate, np.float32)
    clicks = (0.3, 0.71, 1.234, 1.5)
    for at in clicks:
        sound[round(at * rate)] = 0.9
    framer = Framer(rate)
    frames: list[Frame] = []
    for start in range(0, len(sound), 1411):
        framer.push(sound[start : start + 1411], 100.0 + start / rate)
        frames += framer.pop_all()
    assert all(after.time - before.time == pytest.approx(FRAME_SECONDS) for before, after in pairwise(frames))
    for at in clicks:
        (frame,) = (frame for frame in frames if frame.time <= 100.0 + at < frame.time + FRAME_SECONDS)
        assert frame.time + np.abs(frame.samples).argmax() / RATE == pytest.approx(100.0 + at, abs=1.1 / RATE)


def test_lost_blocks_do_not_shift_later_frames() -> None:
    """After blocks were dropped unread, later frames still have the right time."""
    framer = Framer(RATE)
    for number in (0, 1, 2, 10, 11, 12):
        framer.push(np.full(FRAME, number / 100, np.float32), number * FRAME_SECONDS)
        (frame,) = framer.pop_all()
        assert frame.time == pytest.approx(number * FRAME_SECONDS)


class Stream:
    """An output stream with PortAudio's times: on a clock of its own, 40 ms ahead, each off by some jitter."""

    def __init__(self) -> None:
        self.clock = CountedClock()
        self.times = StreamTimes(Wiring("output", CARD, 48_000, 1), self.clock)
        self.wall = 1_800_000_000.0

    def block(self, jitter: float = 0.0, *, lost: bool = False) -> float:
        """Hand over a block; return the time of its first sample."""
        position = self.times.add(self.wall + 0.04 + jitter, self.wall, BLOCK, lost=lost)
        self.pass_time(BLOCK / 48_000)
        return self.times.of(position)

    def pass_time(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.sleep(seconds)
        self.wall += seconds


def test_times_run_evenly_though_estimates_jump() -> None:
    """Times run as evenly as the sound though estimates jump by 15 ms, also when the wall clock is set."""
    stream, chance = Stream(), np.random.default_rng(0)
    for _ in range(100):
        stream.block(float(chance.choice([0.0, 0.0, -0.015])))
    times = []
    for number in range(200):
        stream.wall += 3600.0 * (number == 100)
        expected = stream.clock.monotonic() + 0.04
        times.append(stream.block(float(chance.choice([0.0, 0.0, -0.015]))))
        assert times[-1] == pytest.approx(expected, abs=0.001)
    assert np.diff(times) == pytest.approx([0.02] * 199, abs=10e-6)


def test_times_follow_a_device_whose_clock_drifts() -> None:
    """Times keep up with a device whose clock is 100 ppm slow."""
    stream = Stream()
    for _ in range(30_000):
        expected = stream.clock.monotonic() + 0.04
        assert stream.block() == pytest.approx(expected, abs=0.002)
        stream.pass_time(0.02 * 100e-6)


@pytest.mark.parametrize(("gap", "told", "within"), [(0.5, True, 3), (0.5, False, 120), (0.04, False, 250)])
def test_times_start_over_after_lost_sound(gap: float, told: bool, within: int) -> None:  # noqa: FBT001 - a parameter
    """After a gap times are right again: at once if PortAudio reports it, else within seconds."""
    stream = Stream()
    for number in range(100):
        stream.block(-0.015 if number % 3 == 0 else 0.0)
    stream.pass_time(gap)
    for number in range(1, within):
        stream.block(-0.015 if number % 3 == 0 else 0.0, lost=told and number == 1)
    expected = stream.clock.monotonic() + 0.04
    assert stream.block() == pytest.approx(expected, abs=0.001)


def test_a_host_without_times_gets_the_usual_latency() -> None:
    """If the sound system gives no times, the usual latency counts."""
    clock = CountedClock()
    clock.sleep(50.0)
    times = StreamTimes(Wiring("input", CARD, RATE, 1), clock)
    assert times.of(times.add(0.0, 0.0, FRAME, lost=False)) == pytest.approx(50.0 - LATENCY["input"])
