"""Sound files and signals: reading whatever a user drops in, streaming what does not fit, writing.

In come paths of any format and arrays; out go float32 samples, `Signal` objects that are read as
they are needed, and WAV files that appear whole or not at all. Knows nothing of spectra or songs.
Every file of a user's is opened by `opened`, whether it is read whole or in chunks.
"""

from vocal_separation_sanity_check.sound.checks import SILENCE_PEAK, checked_signal
from vocal_separation_sanity_check.sound.chunk_streams import (
    HeldChunks,
    SoundInfo,
    resampled,
    sound_info,
)
from vocal_separation_sanity_check.sound.condition import Condition
from vocal_separation_sanity_check.sound.encodings import split_samples
from vocal_separation_sanity_check.sound.kinds import kind_of_path
from vocal_separation_sanity_check.sound.libsndfile import quiet_decoder
from vocal_separation_sanity_check.sound.mixdown import ChannelRepair, ChannelStatistics, Mixdown
from vocal_separation_sanity_check.sound.mono_files import open_mono
from vocal_separation_sanity_check.sound.opening import SAMPLE_RATES_HZ, opened
from vocal_separation_sanity_check.sound.reading import (
    Sound,
    read_mixdown,
    read_mono,
    read_sound,
    spooled_mixdown,
)
from vocal_separation_sanity_check.sound.signals import (
    Clipped,
    Difference,
    Part,
    Scaled,
    Signal,
    energies,
    peak_of,
    pieces,
)
from vocal_separation_sanity_check.sound.spool import Spool, spooled
from vocal_separation_sanity_check.sound.stem_forms import FORMATS, StemForm, stem_form
from vocal_separation_sanity_check.sound.times import (
    HOUR_S,
    MINUTE_S,
    STEPS_S,
    step_s,
    time_label,
    told_duration,
)
from vocal_separation_sanity_check.sound.writing import write_wav, writing_stem, writing_wav

__all__ = [
    "FORMATS",
    "HOUR_S",
    "MINUTE_S",
    "SAMPLE_RATES_HZ",
    "SILENCE_PEAK",
    "STEPS_S",
    "ChannelRepair",
    "ChannelStatistics",
    "Clipped",
    "Condition",
    "Difference",
    "HeldChunks",
    "Mixdown",
    "Part",
    "Scaled",
    "Signal",
    "Sound",
    "SoundInfo",
    "Spool",
    "StemForm",
    "checked_signal",
    "energies",
    "kind_of_path",
    "open_mono",
    "opened",
    "peak_of",
    "pieces",
    "quiet_decoder",
    "read_mixdown",
    "read_mono",
    "read_sound",
    "resampled",
    "sound_info",
    "split_samples",
    "spooled",
    "spooled_mixdown",
    "stem_form",
    "step_s",
    "time_label",
    "told_duration",
    "write_wav",
    "writing_stem",
    "writing_wav",
]
