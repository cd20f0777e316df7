"""The help of the commands: every option with its default, examples that are legal."""

import re
import shlex
import subprocess
import sys

import pytest

from skae.__main__ import _Parser, main, script
from skae.runtime.catalogue import COMMANDS as CATALOGUE

COMMANDS = ["fit", "transform", "reconstruct", "score", "plot", "report"]
every_command = pytest.mark.parametrize("command", COMMANDS)


def _help(capsys, *command):
    with pytest.raises(SystemExit) as stop:
        main([*command, "--help"])
    assert stop.value.code == 0
    return capsys.readouterr().out


def test_every_command_is_listed(capsys):
    text = _help(capsys)
    for command in list(CATALOGUE):
        assert re.search(rf"^    {command}\b", text, re.MULTILINE)


def test_the_help_and_the_version_import_nothing_heavy():
    for option in ("--help", "--version"):
        code = (
            f"import sys; from skae.__main__ import main, script\ntry:\n    main([{option!r}])\nexcept SystemExit:\n"
            "    sys.exit(len({'numpy', 'numba', 'sklearn', 'scipy', 'pandas'} & set(sys.modules)))"
        )
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
        assert (run.returncode, run.stderr) == (0, "") and "skae" in run.stdout


def test_the_script_calls_itself_by_its_name(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/usr/bin/skae", "fit"])
    with pytest.raises(SystemExit) as stop:
        script()
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith("skae fit: error: ")


def test_a_command_that_does_not_exist_is_one_line(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["fitt"])
    error = capsys.readouterr().err
    assert stop.value.code == 2 and error.count("\n") == 1 and "'handwriting'" in error


@pytest.mark.parametrize(
    "arguments, told",
    [
        # What was meant is told before that it is missing.
        ("fit rows.csv --ouput m.skae", "--ouput. Did you mean --output?"),
        ("fit rows.csv --output m.skae --epochs=3", "--epochs. Did you mean --max-iter?"),
        ("fit rows.csv --output m.skae --no-tied-weight", "--no-tied-weight. Did you mean --no-tied-weights?"),
        ("score m.skae rows.csv --xyzzy", "--xyzzy"),
        ("plot m.skae --kid code --output p.png", "--kid. Did you mean --kind?"),
        ("handwriting --seeed 3", "--seeed. Did you mean --seed?"),
        ("transform m.skae rows.csv more.csv -x", "more.csv -x"),
    ],
)
def test_an_unknown_option_names_the_help_of_its_command_and_a_near_one(arguments, told, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments.split())
    command = f"python -m skae {arguments.split()[0]}"
    assert stop.value.code == 2
    assert capsys.readouterr().err == f"{command}: error: unrecognized arguments: {told} (see {command} --help)\n"


def test_a_value_may_look_like_an_option(capsys, tmp_path):
    for rows in ("--a b.csv", "-- --ab.csv"):
        arguments = ["score", "m.skae", *([rows] if " b" in rows else rows.split())]
        assert main(arguments) == 1
        assert "m.skae" in capsys.readouterr().err


@every_command
def test_every_option_tells_its_default_or_must_be_given(command, capsys):
    text = _help(capsys, command)
    usage, _, options = text.partition("\npositional arguments:")
    entries = re.split(r"\n(?=  -)", options.partition("\nexit status")[0])[1:]
    assert len(entries) > 5
    for entry in entries:
        name = re.match(r"  (?:-h, )?(--[a-z-]+)", entry)[1]
        optional = re.search(rf"(\[|\| ){name}(?![a-z-])", usage) is not None
        assert name == "--help" or optional == ("(default:" in " ".join(entry.split())), name
    assert "0 done; 1 failed; 2 wrong usage; 130 interrupted" in text


@every_command
def test_the_examples_are_legal(command, capsys, monkeypatch):
    examples = re.findall(r"^  python -m skae (.*)$", _help(capsys, command).partition("examples:")[2], re.MULTILINE)
    assert len(examples) >= 2
    ran = []
    parse = _Parser.parse_args

    def parsed(parser, arguments):
        options = parse(parser, arguments)
        options.run = lambda options: ran.append(1) or 0
        return options

    monkeypatch.setattr(_Parser, "parse_args", parsed)
    for example in examples:
        assert main(shlex.split(example.partition(" > ")[0])) == 0
        assert example.startswith(f"{command} ")
    assert len(ran) == len(examples)
