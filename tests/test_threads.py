"""What belongs to the whole process stays as it was, whatever runs in threads."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
import pytest
from threadpoolctl import ThreadpoolController

from vocal_separation_sanity_check import align, separate
from vocal_separation_sanity_check.demo import demo_song
from vocal_separation_sanity_check.fitting import descent
from vocal_separation_sanity_check.prepare.alignment_file import alignment_text


def blas_limits():
    """Threads of every BLAS of this process."""
    pools = ThreadpoolController().select(user_api="blas")
    return [library["num_threads"] for library in pools.info()]


@pytest.fixture
def several():
    """What BLAS has at first; with one thread in any case there is nothing to see."""
    limits = blas_limits()
    if max(limits) == 1:
        pytest.skip("BLAS has one thread here in any case")
    return limits


def test_fits_that_meet_in_threads_give_blas_its_threads_back(several):
    first_is_in, second_is_in, first_is_out = (threading.Event() for _ in range(3))
    seen = []

    def first():
        with descent.one_blas_thread():
            first_is_in.set()
            seen.extend(blas_limits())
            second_is_in.wait(0.5)  # in vain where fits take turns
        first_is_out.set()

    def second():
        assert first_is_in.wait(10)
        with descent.one_blas_thread():
            second_is_in.set()
            assert first_is_out.wait(10)
            seen.extend(blas_limits())

    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(first), threads.submit(second)]:
            done.result()
    assert set(seen) == {1}
    assert blas_limits() == several


def test_an_alignment_does_not_depend_on_the_threads_of_blas(several):
    """The order of the sums in a product decides its last digits."""
    assert max(several) > 1
    vocal, music = 0.1 * np.random.default_rng(6).standard_normal((2, 6 * 22_050))
    mixture = vocal + music
    with_several = align(mixture, vocal, 22_050)
    with ThreadpoolController().limit(limits=1, user_api="blas"):
        with_one = align(mixture, vocal, 22_050)
    np.testing.assert_array_equal(with_one.aligned, with_several.aligned)
    assert alignment_text(with_one, 22_050, "found") == alignment_text(
        with_several, 22_050, "found"
    )


def test_a_fit_that_fails_gives_blas_its_threads_back(several):
    with pytest.raises(ZeroDivisionError), descent.one_blas_thread():
        raise ZeroDivisionError
    assert blas_limits() == several


@pytest.mark.compiled
def test_two_separations_at_a_time_find_what_one_finds(several):
    song = demo_song(1.5, 22050)
    sounds = song.mixture.mean(1), song.vocal.mean(1)
    alone = separate(*sounds)
    if numba.threading_layer() == "workqueue":
        pytest.skip("this Numba ends the process where two threads use it at a time")
    with ThreadPoolExecutor(2) as threads:
        both = list(threads.map(lambda _: separate(*sounds), range(2)))
    for found in both:
        np.testing.assert_array_equal(found.mask, alone.mask)
    assert blas_limits() == several
