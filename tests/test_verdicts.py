"""What is said of a check: every case with the sentence that a sound engineer would say."""

from dataclasses import replace

import pytest

from vocal_separation_sanity_check.separation import Subtraction
from vocal_separation_sanity_check.sound import Condition
from vocal_separation_sanity_check.verdicts import Observed, PathHeard, removal_words, told_of

SOUND = Condition(flat_share=0.0, flat_db=-1.0, crest_db=12.0)
GOOD = Observed(
    source="vocal",
    placed_by="found",
    coherence=0.6,
    rest_db=-2.0,
    reference_in_mixture_db=-21.0,
    mixture_in_reference_db=-7.0,
    duration_s=4.7,
    sounding_s=4.7,
    n_steps=22,
    most_steps=30,
    si_sdr_db={"mixture": -5.0, "extraction": 10.0, "psm": 10.02},
    subtraction=Subtraction(-22.0, None, -12.0, -11.0),
    conditions={"mixture": SOUND, "reference": SOUND},
    offset_shares={"mixture": 0.001, "reference": 0.0},
)
"""An exact stem in its place."""
ABSENT = replace(
    GOOD,
    coherence=0.004,
    reference_in_mixture_db=9.0,
    mixture_in_reference_db=12.0,
    si_sdr_db={"mixture": -30.0, "extraction": 0.3, "psm": 30.0},
    subtraction=Subtraction(-0.2, None, 1.0, -0.5),
)
"""Another song's vocal, with the figures that came of it."""
MUSIC = replace(GOOD, source="music")
CUT_OFF = {"mixture": Condition(0.55, 0.0, 1.8), "reference": SOUND}


def scores(extraction, ideal):
    return {"mixture": -5.0, "extraction": extraction, "psm": ideal}


CASES = {
    "an exact stem": (GOOD, "The fingerprint is enough to find the vocal: the fit came within"),
    "an instrumental": (MUSIC, "The fingerprint is enough to find the music"),
    "another song's": (
        replace(ABSENT, placed_by="none"),
        "The acapella does not occur in this song, as far as can be told: no place was found",
    ),
    "another song's instrumental": (
        replace(ABSENT, source="music", placed_by="none"),
        "The instrumental does not occur in this song",
    ),
    "put where it is not": (
        replace(ABSENT, placed_by="user"),
        "The acapella does not occur in the song where you placed it",
    ),
    "not lined up, as asked": (
        replace(ABSENT, placed_by=None),
        "The acapella does not occur in this part of the song",
    ),
    "so faint that only its place is sure": (
        replace(GOOD, coherence=0.01, si_sdr_db=scores(1.2, 1.25)),
        "No mask brings out much of this vocal: the best there is reaches +1.2 dB SI-SDR",
    ),
    "no place for it": (
        replace(GOOD, placed_by="none"),
        "The acapella was not lined up with the song, so how well the vocal was found cannot be",
    ),
    "swapped": (
        replace(GOOD, reference_in_mixture_db=-7.0, mixture_in_reference_db=-21.0),
        "The song and the acapella look swapped: the file given as the acapella holds all of the",
    ),
    "swapped and not lined up": (
        replace(
            GOOD,
            placed_by="none",
            reference_in_mixture_db=2.0,
            mixture_in_reference_db=-21.0,
        ),
        "The song and the acapella look swapped",
    ),
    "one file twice": (
        replace(GOOD, rest_db=-120.0, si_sdr_db=scores(100.0, 135.5)),
        "The song and the acapella are the same sound: what the song has beyond it is 120 dB",
    ),
    "a song without a vocal": (
        replace(MUSIC, rest_db=-45.0),
        "Was one file given twice, or is nothing sung here?",
    ),
    "a clipped song": (
        replace(GOOD, conditions=CUT_OFF),
        "The song is clipped: 55.0 % of its samples are cut off at full scale.",
    ),
    "a clipped acapella that was turned down": (
        replace(GOOD, conditions={"mixture": SOUND, "reference": Condition(0.3, -8.0, 2.0)}),
        "The acapella is clipped: 30.0 % of its samples are cut off at −8.0 dB of full scale.",
    ),
    "clipped, then coded": (
        replace(GOOD, conditions={"mixture": Condition(0.0, -1.0, 3.7), "reference": SOUND}),
        "The song has hardly any peaks (3.7 dB over its mean level",
    ),
    "so clipped that no place was found": (
        replace(ABSENT, placed_by="none", conditions=CUT_OFF),
        "The song is clipped",
    ),
    "off zero": (
        replace(GOOD, offset_shares={"mixture": 0.0, "reference": 0.9}),
        "The acapella is off zero, by 90 % of its mean level",
    ),
    "nearly silent": (
        replace(GOOD, turned_up_db=60.0),
        "The acapella is almost silent: it had to be made 60 dB louder",
    ),
    "half of it": (
        replace(GOOD, gaps_s=((2.35, 4.7),), si_sdr_db=scores(-0.7, -0.68)),
        "The acapella looks cut: it has nothing from 2.35 to 4.70 s",
    ),
    "--iterations 1": (
        replace(GOOD, n_steps=1, most_steps=1, si_sdr_db=scores(4.0, 10.0)),
        "The fit was stopped after 1 step, 6.0 dB under what the best mask reaches: that says"
        " nothing of the pair. Give it more with --iterations.",
    ),
    "one step was enough": (
        replace(GOOD, n_steps=1, most_steps=1),
        "The fingerprint is enough",
    ),
    "--target magnitude": (
        replace(GOOD, wanted_target="magnitude", si_sdr_db=scores(8.0, 10.0)),
        "Plain magnitude was matched, as --target magnitude asks, and that is 2.0 dB under",
    ),
    "other phases in a band": (
        replace(GOOD, has_magnitude_bands=True, si_sdr_db=scores(6.0, 10.0)),
        "The extraction is 4.0 dB under what the best mask reaches, where the song holds the vocal"
        " with other phases",
    ),
    "over the ceiling": (
        replace(GOOD, si_sdr_db=scores(33.6, 10.0)),
        "The extraction is 23.6 dB over what the ideal mask reaches, which no sound pair comes to",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_headline_says_what_matters_most(case):
    observed, wanted = CASES[case]
    told = told_of(observed)
    assert wanted in told.headline
    harmless = ("The fingerprint", "The fit was", "Plain magnitude", "The extraction", "No mask")
    assert told.is_suspicious != told.headline.startswith(harmless)
    assert (told.headline in told.alarms) == told.is_suspicious


@pytest.mark.parametrize("case", CASES)
def test_nothing_supposes_a_reference_that_is_not_there(case):
    observed, _ = CASES[case]
    told = told_of(observed)
    said = " ".join((told.headline, *told.sentences, *told.warnings))
    assert "found only in part" not in said
    if observed.is_judged:
        return
    assert told.sentences == ()
    for claim in ("take extracted", "take subtracted", "best mask", "SI-SDR", "enough", "leaves "):
        assert claim not in said


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, ["For the music take subtracted_music: −22 dB of the vocal is left in it."]),
        (
            {"subtraction": Subtraction(-6.0, None, -12.0, -11.0)},
            ["For the music take extracted_music: subtraction leaves −6 dB of the vocal"],
        ),
        (
            {"subtraction": Subtraction(1.0, None, -12.0, -11.0)},
            ["For the music take extracted_music. Nothing was subtracted: the song has this vocal"],
        ),
        (  # what a flag did to the mask is no reason to take it
            {"subtraction": Subtraction(-6.0, None, -2.0, -1.0), "most_steps": 22}
            | {"si_sdr_db": scores(4.0, 10.0)},
            [],
        ),
        (  # nor a reason to speak ill of it
            {"n_steps": 1, "most_steps": 1, "si_sdr_db": scores(4.0, 10.0)},
            ["For the music take subtracted_music: −22 dB of the vocal is left in it."],
        ),
        (
            {"path": PathHeard(-4.2, 1.0, True, 0.8)}
            | {"subtraction": Subtraction(-22.0, -8.0, -12.0, -11.0)}
            | {"si_sdr_db": scores(10.0, 10.1) | {"psm_as_given": 8.0}},
            [
                "For the music take subtracted_music",
                "its level moves from −4.2 to +1.0 dB and it has echoes that die away in about"
                " 0.8 s (RT60). Rebuilt so, subtracting it leaves −22 dB of it; as it was given,"
                " −8 dB.",
            ],
        ),
    ],
)
def test_advice_follows_from_what_is_left(changes, wanted):
    told = told_of(replace(GOOD, **changes))
    assert not told.is_suspicious
    assert len(told.sentences) == len(wanted)
    for sentence, part in zip(told.sentences, wanted, strict=True):
        assert part in sentence
    if told_of(replace(GOOD, **changes)).headline.startswith("The fit was stopped"):
        assert "extracted" not in " ".join(told.sentences)


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"is_inverted": True}, "The vocal is inverted in the mix; that is taken care of."),
        ({"sounding_s": 1.0}, "Only the first 1.00 of 4.70 s hold any sound"),
        ({"mended": ("The song's waveform was off zero.",)}, "The song's waveform was off zero."),
        (
            {"conditions": {"mixture": Condition(0.004, 0.0, 9.0), "reference": SOUND}},
            "The song is clipped: 0.4 % of its samples",
        ),
    ],
)
def test_what_is_no_suspicion_is_a_note_below(changes, note):
    told = told_of(replace(GOOD, **changes))
    assert told.headline.startswith("The fingerprint is enough")
    assert any(note in warning for warning in told.warnings)
    assert told.alarms == told.warnings


def test_suspicions_come_first_and_all_are_told():
    told = told_of(
        replace(GOOD, conditions=CUT_OFF, turned_up_db=60.0, gaps_s=((1.0, 2.0),), sounding_s=1.0)
    )
    words = [one.split(":")[0] for one in (told.headline, *told.warnings)]
    assert words[:3] == [
        "The song is clipped",
        "The acapella is almost silent",
        "The acapella looks cut",
    ]
    assert told.sentences[0].startswith("The fingerprint is enough")
    assert "Only the first" in told.warnings[-1]


def test_a_sum_that_gets_louder_is_not_removed():
    assert removal_words(12.34, -1.0) == (
        "removes 12.3 dB from 150 Hz to 8 kHz (as it came: 1.0 dB louder)"
    )
    assert removal_words(-13.2, 0.5, "; confidence 0.98") == (
        "makes the song 13.2 dB louder from 150 Hz to 8 kHz (as it came: 0.5 dB; confidence 0.98)"
    )
