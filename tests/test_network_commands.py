"""The commands of the networks: names, help, and what they load before they begin."""

import subprocess
import sys
from pathlib import Path

import pytest

from unet.commands import evaluate_network, predict_masks, separate_vocals, train_network

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = {
    "train": train_network,
    "evaluate": evaluate_network,
    "predict": predict_masks,
    "separate": separate_vocals,
}


def test_parsers_load_nothing_that_computes():
    code = """if True:
        import sys, unet.commands
        heavy = {"torch", "lightning", "numpy", "scipy", "PIL", "tqdm"}
        print(sorted(heavy & set(sys.modules)))"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("script", sorted(COMMANDS))
def test_help_speaks_of_the_command_as_it_was_called(script, capsys):
    command = COMMANDS[script]
    for path, spoken in ((None, command.program), (ROOT / f"{script}.py", f"python {script}.py")):
        with pytest.raises(SystemExit) as ended:
            command(path and str(path), ["--help"])
        assert ended.value.code == 0
        assert f"example:\n  {spoken} " in capsys.readouterr().out


@pytest.mark.parametrize("command", [train_network, evaluate_network])
def test_the_task_decides_about_the_flags(command, capsys):
    shown = {}
    for arguments in ([], ["--task", "cars"], ["--task", "vocals"]):
        with pytest.raises(SystemExit):
            command(None, [*arguments, "--help"])
        shown[arguments[-1] if arguments else "cars by default"] = capsys.readouterr().out
    assert shown["cars"] == shown["cars by default"]
    assert "--scale" in shown["cars"]
    assert "flags for vocals: --task vocals --help" in shown["cars"]
    assert "--csv" in shown["vocals"] or "--steps" in shown["vocals"]
    assert "--scale" not in shown["vocals"]
    with pytest.raises(SystemExit) as ended:
        command(None, ["--task", "vocals", "--data", "x", "--scale", "1"])
    assert ended.value.code == 2
    assert "unrecognized arguments: --scale 1" in capsys.readouterr().err


@pytest.mark.parametrize("script", sorted(COMMANDS))
def test_scripts_call_their_command(script):
    arguments = [sys.executable, str(ROOT / f"{script}.py"), "--no-such-flag"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(f"usage: {script}.py")


def test_drawing_cars_is_a_module_to_run(tmp_path):
    (tmp_path / "drawn_cars.txt").touch()
    arguments = [sys.executable, "-m", "unet.commands.draw_cars", str(tmp_path)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == f"The cars in {tmp_path} are there already.\n"
    assert done.stderr == ""
