"""The vocal's path into the song: the reference as it sounds in there.

In come a mixture and a reference that lies in its place in it, at its level and in its tone; out
goes the reference compressed, with its delays and its reverberation, ready to be subtracted, and
what the path is like. A path that does not predict what it has not seen is not used.
"""

from vocal_separation_sanity_check.rebuilding.echo_decay import EchoDecay
from vocal_separation_sanity_check.rebuilding.rebuilding import Rebuilding, rebuild
from vocal_separation_sanity_check.rebuilding.reference_path import PathStretch, ReferencePath

__all__ = ["EchoDecay", "PathStretch", "Rebuilding", "ReferencePath", "rebuild"]
