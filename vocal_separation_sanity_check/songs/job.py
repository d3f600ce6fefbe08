"""`SongJob`: a song that is to be checked, and whether that has been done already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import ERROR_LOG_NAME, sha256_of
from vocal_separation_sanity_check.locks import held
from vocal_separation_sanity_check.settings import Settings, Source
from vocal_separation_sanity_check.songs.prepared_files import (
    ALIGNMENT_NAMES,
    CONDITIONS_NAME,
    MIXTURE_NAME,
    ORIGINAL_NAME,
    PREPARE_AGAIN,
    REFERENCE_NAMES,
)
from vocal_separation_sanity_check.songs.program import library_versions, source_digest
from vocal_separation_sanity_check.songs.results_file import read_results
from vocal_separation_sanity_check.songs.song_names import check_name


@dataclass(frozen=True)
class SongJob:
    """A song that is to be checked; what comes of it is a `CheckedSong`.

    Attributes
    ----------
    song : str
        Its name, empty for a single one.
    prepared, results : Path
        Folders.
    suffix : str
        Of the results' names, before the extension.
    settings : Settings
    is_quick : bool
        Leave out the scores that take long.
    is_full_quality : bool
        Separate the original file as well.
    workspace : Path or None
        Where that file may lie, see `read_original`.
    """

    song: str
    prepared: Path
    results: Path
    suffix: str
    settings: Settings
    is_quick: bool = False
    is_full_quality: bool = False
    workspace: Path | None = None

    def path(self, name: str, extension: str) -> Path:
        """Where a result belongs.

        Parameters
        ----------
        name : str
            Without suffix and extension.
        extension : str
            With its dot.

        Returns
        -------
        Path
        """
        return self.results / f"{name}{self.suffix}{extension}"

    @property
    def facts_path(self) -> Path:
        """`results.json`, the last file that a check writes."""
        return self.path("results", ".json")

    @property
    def error_log_path(self) -> Path:
        """`error.log`, the traceback of a check that failed through no fault of the user's."""
        return self.results / ERROR_LOG_NAME

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the song's two folders, see `locks.held`: one check or one preparing at a time."""
        check_name(self.song)
        with held(self.results), held(self.prepared):
            yield

    def inputs(self) -> tuple[Source, dict[str, Path]]:
        """Find the song's files.

        Returns
        -------
        source : {"vocal", "music"}
            What the reference is of.
        inputs : dict of role to Path
            ``mixture`` and ``reference``; ``alignment``, which tells how the reference was placed,
            where it was to be lined up; ``conditions``, in which the files came; ``original``,
            which tells where the mixture came from, where full quality is asked for.

        Raises
        ------
        InputError
            If one is missing.
        """
        paths = {"mixture": self.prepared / MIXTURE_NAME}
        if not paths["mixture"].is_file():
            raise InputError(f"{self.prepared} holds no {MIXTURE_NAME}; {PREPARE_AGAIN}")
        if self.is_full_quality:
            paths["original"] = self.prepared / ORIGINAL_NAME
            if not paths["original"].is_file():
                raise InputError(
                    f"{self.prepared} does not say which file it is from; {PREPARE_AGAIN}"
                )
        for role, name in (("alignment", ALIGNMENT_NAMES[0]), ("conditions", CONDITIONS_NAME)):
            if (self.prepared / name).is_file():
                paths[role] = self.prepared / name
        for source, name in REFERENCE_NAMES.items():
            if (self.prepared / name).is_file():
                return source, paths | {"reference": self.prepared / name}
        raise InputError(
            f"{self.prepared} holds a mixture and nothing to look for; {PREPARE_AGAIN}"
        )

    def depends_on(self) -> dict[str, Any]:
        """Gather what the results depend on, as it stands in `results.json`; reads the inputs.

        Returns
        -------
        dict
            The program's source and its libraries' versions, the settings, and the contents of
            the inputs.

        Raises
        ------
        InputError
            If an input is missing.
        """
        return {
            "source": source_digest(),
            "versions": library_versions(),
            "settings": asdict(self.settings),
            "quick": self.is_quick,
            "full_quality": self.is_full_quality,
            "inputs": {role: sha256_of(path) for role, path in self.inputs()[1].items()},
        }

    def check_unchanged(self, depends_on: Mapping[str, Any]) -> None:
        """Refuse results whose inputs are no longer what they were when the work began.

        Parameters
        ----------
        depends_on : mapping
            What `depends_on` gave then.

        Raises
        ------
        InputError
            If an input has changed or gone.
        """
        now, before = self.depends_on()["inputs"], depends_on["inputs"]
        changed = [role for role in {**now, **before} if now.get(role) != before.get(role)]
        if changed:
            raise InputError(
                f"{' and '.join(changed)} in {self.prepared} changed while the song was being"
                " checked; check it again"
            )

    def finished(self) -> dict[str, Any] | None:
        """Give what `results.json` holds, if nothing has changed since; reads all files.

        Results that hold more than is asked for now, as full quality or all scores, do as well.

        Returns
        -------
        dict or None
            None where something is missing, changed or damaged: it is done again, and told then.
        """
        try:
            facts = read_results(self.facts_path)
            is_same = _holds(facts["depends_on"], self.depends_on()) and all(
                Path(name).name == name and sha256_of(self.results / name) == digest
                for name, digest in facts["files"].items()
            )
        except InputError:
            return None
        return facts if is_same else None


def _holds(before: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether results that depend on `before` hold all that is wanted, made in the same way."""
    inputs = before.get("inputs")
    has_full_quality = before.get("full_quality") in (True, wanted["full_quality"])
    has_scores = before.get("quick") in (False, wanted["quick"])
    if not isinstance(inputs, dict) or not has_full_quality or not has_scores:
        return False
    if not wanted["full_quality"]:
        inputs = {role: digest for role, digest in inputs.items() if role != "original"}
    asked_for = {name: wanted[name] for name in ("full_quality", "quick")}
    return {**before, **asked_for, "inputs": inputs} == wanted
