# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OLDEST := .venv-oldest
DEMO := $(CURDIR)
# Small enough for two cores and minutes; the public settings otherwise.
CARS := --overwrite --epochs 22 --batch-size 4 --learning-rate 0.0001 --classes 1 --base-channels 16 --scale 0.25
# These compile the kernels: ours, and librosa's.
COMPILING_TESTS := tests/test_check_scripts.py tests/test_pitch.py
# What our own kernels do, once more as plain Python.
KERNEL_TESTS := $(addprefix tests/test_,slices.py metrics.py fingerprint.py mask_fit.py silence.py clock.py slips.py wander.py path_kernels.py pitch.py)

.PHONY: demo doctor labs study check test test-all tests-that-compile tests-a-to-f tests-g-to-n tests-o-to-z tests-without-jit test-oldest lint bench bench-all cars clean

demo: $(VENV)/.engine
	$(BIN)/python prepare_audio_files.py --workspace "$(DEMO)" --demo
	$(BIN)/python sanity_check_complete.py --workspace "$(DEMO)"
	$(BIN)/python sanity_check_full_length.py --workspace "$(DEMO)"
	$(BIN)/python separate.py --workspace "$(DEMO)" "$(DEMO)/process/no-limit/demo_nl-full.wav"
	$(BIN)/python benchmarks/demo_figures.py "$(DEMO)"

# What of the installation works, and what brings the rest.
doctor: $(VENV)/.engine
	$(BIN)/python doctor.py

# The five labs, executed, with their plots and players: labs/html/
labs: $(VENV)/.labs
	$(BIN)/python labs/render.py

# Every room, in less than 90 s on two cores.
check: lint
	$(BIN)/python -m pytest -m "not slow"

# What compiles the kernels comes first, or every part would compile them; and where two processes
# compile generalized ufuncs as librosa's, Numba's cache is left such that calling them crashes.
# Then parts at a time: most tests keep one core busy, and some wait.
test: $(VENV)/.test
	$(MAKE) --no-print-directory -j2 lint tests-that-compile
	$(MAKE) --no-print-directory -j3 tests-o-to-z tests-a-to-f tests-g-to-n

# Programs run beside each other: who waits for another thread takes no core from them.
tests-%: export OMP_WAIT_POLICY = passive

tests-that-compile:
	$(BIN)/python -m pytest $(COMPILING_TESTS)

tests-a-to-f:
	$(BIN)/python -m pytest -m "not thorough" \
		$(filter-out $(COMPILING_TESTS),$(wildcard tests/test_[a-f]*.py))

tests-g-to-n:
	$(BIN)/python -m pytest -m "not thorough" $(wildcard tests/test_[g-n]*.py)

tests-o-to-z:
	$(BIN)/python -m pytest -m "not thorough" \
		$(filter-out $(COMPILING_TESTS),$(wildcard tests/test_[o-z]*.py))

tests-without-jit:
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest -m "not compiled" $(KERNEL_TESTS)

# What repeats, for minutes, what those hold in another way as well.
test-all: $(VENV)/.test
	$(BIN)/python -m pytest
	$(MAKE) --no-print-directory tests-without-jit

# On the oldest libraries that pyproject.toml allows; what those warn of is left aside.
test-oldest: $(OLDEST)/.test
	NUMBA_CACHE_DIR=$(CURDIR)/$(OLDEST)/numba $(OLDEST)/bin/python -m pytest -W ignore

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.test
	$(BIN)/python benchmarks/run.py

# What the README quotes besides; takes longer.
bench-all: bench
	$(BIN)/python benchmarks/fit_speed.py
	$(BIN)/python benchmarks/fit_quality.py
	$(BIN)/python benchmarks/window_lengths.py
	$(BIN)/python benchmarks/family_weights.py
	$(BIN)/python benchmarks/block_borders.py
	$(BIN)/python benchmarks/alignment.py
	$(BIN)/python benchmarks/rescued.py
	$(BIN)/python benchmarks/hard_tests.py
	$(BIN)/python benchmarks/separation_speed.py
	$(BIN)/python benchmarks/beyond_the_mask.py
	$(BIN)/python benchmarks/full_quality.py

cars: $(VENV)/.unet
	$(BIN)/python -m unet.commands.draw_cars "$(DEMO)/data"
	$(BIN)/python train.py --workspace "$(DEMO)" --checkpoints "$(DEMO)/checkpoints/cars" $(CARS)
	$(BIN)/python evaluate.py --workspace "$(DEMO)" --scale 0.25 \
		--model "$(DEMO)/checkpoints/cars/checkpoint_best.pth"

# Waveform or spectrogram, and how deep: hours, on songs of yours; goes on where it was stopped.
study: $(VENV)/.test
	$(BIN)/python benchmarks/study.py --data $(SONGS)

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.engine: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[separate]"
	touch $@

$(VENV)/.unet: $(VENV)/.engine
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[unet]"
	touch $@

$(VENV)/.labs: $(VENV)/.unet
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[labs]"
	touch $@

$(VENV)/.test: $(VENV)/bin/python pyproject.toml constraints.txt
	./install_system_packages.sh
	$(BIN)/python -m pip install --quiet --no-compile --constraint constraints.txt \
		--editable ".[unet,cluster,labs,test,lint]"
	touch $(VENV)/.engine $@

$(OLDEST)/.test: pyproject.toml constraints-oldest.txt
	./install_system_packages.sh
	$(PYTHON) -m venv $(OLDEST)
	$(OLDEST)/bin/python -m pip install --quiet --constraint constraints-oldest.txt \
		--editable ".[unet,cluster,labs,test]"
	touch $@

clean:
	rm -rf $(VENV) $(OLDEST)
