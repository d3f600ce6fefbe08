"""Hard tests: over a thousand attempts to make the program lose, spoil or fail something.

Run:  python benchmarks/hard_tests.py [ATTACK ...]

ATTACK: one or more of `ATTACKS`; all of them take 16 minutes on two cores, 20 of processor time.
What is tried is the same each time; at which moments races and kills hit is drawn with fixed seeds,
and what is under way then depends on the machine. The table says what was tried, how often, and how
it ended; exit status 1 if anything was lost, wrong, or ended in a traceback.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from attempts import Attempt, table  # noqa: E402
from hard_files import (  # noqa: E402
    damaged_masks,
    damaged_results,
    damaged_state,
    odd_names,
)
from hard_hours import long_songs  # noqa: E402
from hard_kills import (  # noqa: E402
    broken_pairs,
    full_disks,
    killed_checks,
    killed_folders,
    killed_preparing,
)
from hard_races import (  # noqa: E402
    changing_songs,
    failing_clusters,
    two_checks,
    two_folders,
    vanishing_files,
)
from hard_sounds import (  # noqa: E402
    bombs,
    cut_streams,
    damaged_floats,
    damaged_sounds,
    playlists,
    unsaid_lengths,
)
from hard_stems import (  # noqa: E402
    full_temporary_folders,
    hostile_models,
    killed_separations,
    strange_songs,
)

ATTACKS = {
    "sounds": damaged_sounds,
    "floats": damaged_floats,
    "playlists": playlists,
    "lengths": unsaid_lengths,
    "cut": cut_streams,
    "bombs": bombs,
    "hours": long_songs,
    "models": hostile_models,
    "songs": strange_songs,
    "stems": killed_separations,
    "temporary": full_temporary_folders,
    "results": damaged_results,
    "state": damaged_state,
    "masks": damaged_masks,
    "names": odd_names,
    "pairs": broken_pairs,
    "check": killed_checks,
    "folder": killed_folders,
    "prepare": killed_preparing,
    "disk": full_disks,
    "two": two_checks,
    "runs": two_folders,
    "changes": changing_songs,
    "vanishing": vanishing_files,
    "cluster": failing_clusters,
}


def main() -> int:
    """Attack as named, or in every way, and print the table."""
    attempts: list[Attempt] = []
    with tempfile.TemporaryDirectory() as state:
        os.environ["XDG_STATE_HOME"] = state  # what preparing remembers is not for this user
        for name in sys.argv[1:] or ATTACKS:
            began = time.monotonic()
            with tempfile.TemporaryDirectory() as folder:
                attempts += ATTACKS[name](Path(folder))
            print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
    failures = [attempt for attempt in attempts if attempt.ending not in ("done", "told")]
    for failure in failures:
        print(f"\n{failure.attack}: {failure.ending}\n{failure.told}")
    print(f"\n{table(attempts)}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
