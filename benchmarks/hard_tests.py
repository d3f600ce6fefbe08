"""Hard tests of whole folders: kill -9 twenty times, a full disk, fifty pairs of which ten broken.

Run:  python benchmarks/hard_tests.py [kill] [disk] [broken]

The full disk is a tmpfs of a few megabytes; where this user may not mount one, it is left out.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
import soundfile

from vocal_separation_sanity_check.demo.song import demo_song

ROOT = Path(__file__).resolve().parents[1]
RATE = 22050
N_KILLS = 20
CHECK = [sys.executable, str(ROOT / "sanity_check_complete.py"), "--all", "--quick", "--workspace"]


def main() -> None:
    """Run the tests that are named, or all."""
    tests = {"kill": kill_twenty_times, "disk": fill_the_disk, "broken": fifty_pairs}
    for name in sys.argv[1:] or tests:
        with tempfile.TemporaryDirectory() as folder:
            tests[name](Path(folder))


def kill_twenty_times(workspace: Path) -> None:
    """Kill a run and its workers at random moments, resume, and look at every file each time."""
    names = [f"song {k}" for k in range(16)]
    for name in names:
        prepare(workspace, name)
    moments = np.random.default_rng(0).uniform(0, 20, N_KILLS)
    finished, n_left = [], 0
    for moment in moments:
        process = start_and_wait_for_a_file(workspace)
        time.sleep(moment)
        alive = psutil.pid_exists(process.pid) and process.poll() is None
        workers = psutil.Process(process.pid).children(recursive=True) if alive else []
        process.kill()
        process.wait()
        assert not psutil.wait_procs(workers, timeout=10)[1], "workers outlived their parent"
        finished.append(n_whole(workspace))
        n_left = max(n_left, len(list(workspace.glob("output/*/.*"))))
        if finished[-1] == len(names):
            forget(workspace, names[: len(names) // 2])
    done = subprocess.run([*CHECK, str(workspace)], capture_output=True, text=True, check=False)
    print(f"kill -9 {N_KILLS} times: songs finished after each kill {finished};")
    print(f"  most unfinished files left at once {n_left}; the last run: status {done.returncode},")
    print(
        f"  {n_whole(workspace)} of {len(names)} whole, "
        f"{len(list(workspace.glob('output/*/.*')))} unfinished files left"
    )
    assert done.returncode == 0, done.stderr
    assert n_whole(workspace) == len(names)


def start_and_wait_for_a_file(workspace: Path) -> subprocess.Popen[bytes]:
    """Start a run, and return when it has begun to write."""
    quiet = subprocess.DEVNULL
    started = time.time()
    process = subprocess.Popen([*CHECK, str(workspace)], stdout=quiet, stderr=quiet)
    while process.poll() is None:
        if any(path.stat().st_mtime > started for path in workspace.glob("output/*")):
            break
        time.sleep(0.01)
    return process


def fill_the_disk(workspace: Path) -> None:
    """Let the results go to disks of 64 kB to 6 MB; then make room and resume."""
    for name in ("a", "b"):
        prepare(workspace, name)
    output = workspace / "output"
    output.mkdir()
    for size_kb in (64, 700, 1500, 3000, 6000):
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size_kb}k", "tmpfs", str(output)]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            print("full disk: left out, this user may not mount a tmpfs")
            return
        try:
            done = subprocess.run(
                [*CHECK, str(workspace)], capture_output=True, text=True, check=False
            )
            left = [path.name for path in output.rglob(".*")]
            told = [line for line in done.stdout.splitlines() if "cannot" in line]
            whole = n_whole(workspace)
            print(f"full disk, {size_kb} kB: status {done.returncode}, {whole} songs whole,")
            print(f"  unfinished files {left}, told: {told[:1] or done.stderr.strip()}")
            assert "Traceback" not in done.stderr, done.stderr
        finally:
            subprocess.run(["umount", str(output)], check=True)
    done = subprocess.run([*CHECK, str(workspace)], capture_output=True, text=True, check=False)
    print(f"  with room: status {done.returncode}, {n_whole(workspace)} songs whole")


def fifty_pairs(workspace: Path) -> None:
    """Prepare and check a folder of fifty pairs, ten of which are broken in ten ways."""
    folder = workspace / "process" / "100-window"
    folder.mkdir(parents=True)
    song = demo_song(5.0, RATE)
    for number in range(50):
        for role, sound in (("full", song.mixture), ("stem", song.vocal)):
            soundfile.write(folder / f"song {number:02}_100-{role}.wav", sound, RATE)
    full, stem = (
        [folder / f"song {number:02}_100-{role}.wav" for number in range(50)]
        for role in ("full", "stem")
    )
    stem[3].unlink()
    full[7].unlink()
    full[11].write_bytes(full[11].read_bytes()[:50_000])
    stem[14].write_bytes(b"")
    full[18].write_bytes(b"this is no sound at all" * 1000)
    soundfile.write(stem[22], 0 * song.vocal, RATE)
    soundfile.write(full[27], song.mixture * np.nan, RATE, subtype="FLOAT")
    soundfile.write(stem[31], song.vocal[: RATE // 2], RATE)
    stem[36].with_suffix(".flac").write_bytes(stem[36].read_bytes())
    soundfile.write(stem[44], np.stack([song.vocal[:, 0], -song.vocal[:, 0]], 1), RATE)
    prepare_script = str(ROOT / "prepare_audio_files.py")
    start = time.perf_counter()
    preparing = subprocess.run(
        [sys.executable, prepare_script, "--workspace", str(workspace)],
        capture_output=True,
        text=True,
        check=False,
    )
    prepared_s = time.perf_counter() - start
    for line in preparing.stdout.splitlines():
        if "not prepared" in line or "Not a pair" in line:
            print(" ", line.strip()[:150])
    checking = subprocess.run([*CHECK, str(workspace)], capture_output=True, text=True, check=False)
    print(
        f"fifty pairs: prepare status {preparing.returncode} in {prepared_s:.0f} s, check status "
        f"{checking.returncode} in {time.perf_counter() - start - prepared_s:.0f} s, "
        f"{n_whole(workspace)} songs whole"
    )
    assert n_whole(workspace) == 40, checking.stderr


def prepare(workspace: Path, name: str) -> None:
    """Make a prepared song of 1.5 s."""
    folder = workspace / "rtg" / "100-window" / name
    folder.mkdir(parents=True)
    song = demo_song(1.5, RATE)
    soundfile.write(folder / "stereo_mixture.wav", song.mixture.mean(1), RATE)
    soundfile.write(folder / "isolated_vocal.wav", song.vocal.mean(1), RATE)


def forget(workspace: Path, names: list[str]) -> None:
    """Take the last file of some songs away, so that there is something to do."""
    for name in names:
        (workspace / "output" / name / "results.json").unlink()


def n_whole(workspace: Path) -> int:
    """Count the songs that claim to be finished, and make sure that each is."""
    found = list(workspace.glob("output/*/results.json"))
    for path in found:
        facts = json.loads(path.read_text(encoding="utf-8"))
        for name, size in facts["files"].items():
            assert (path.parent / name).stat().st_size == size, (path, name)
            if name.endswith(".wav"):
                soundfile.read(path.parent / name)
        with np.load(path.parent / "mask.npz", allow_pickle=False) as stored:
            assert np.isfinite(stored["mask"]).all()
    return len(found)


if __name__ == "__main__":
    main()
