"""The subcommand ``completion``: a script for the shell, with the commands and their options as they are now."""

from __future__ import annotations

import argparse
from importlib import import_module

from ..runtime.catalogue import COMMANDS
from .options import subcommand

_DESCRIPTION = """\
Print the completion of commands and options for a shell. The script holds them: print it anew after updates."""

_EXAMPLES = """\
  python -m skae completion bash > ~/.local/share/bash-completion/completions/skae
  python -m skae completion zsh >> ~/.zshrc"""

_ZSH = "autoload -Uz compinit bashcompinit && compinit && bashcompinit\n"

_SCRIPT = """\
_skae() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} words=
    if [ "$COMP_CWORD" -eq 1 ]; then
        words="{commands} --help --version"
    else
        case ${{COMP_WORDS[1]}} in
{cases}
        esac
    fi
    case $word in
        -*) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
        *) if [ "$COMP_CWORD" -eq 1 ]; then COMPREPLY=($(compgen -W "$words" -- "$word"))
           else COMPREPLY=($(compgen -f -- "$word")); fi ;;
    esac
}}
complete -o filenames -F _skae skae
"""


def _add_shell(parser):
    parser.add_argument("shell", choices=["bash", "zsh"], help="the shell")


def _run(options):
    parsers = argparse.ArgumentParser().add_subparsers()
    for command in COMMANDS.values():
        import_module(f"skae.{command.module}").add_parser(parsers)
    cases = "\n".join(
        f'            {name}) words="{" ".join(sorted(_options(parser)))}" ;;'
        for name, parser in parsers.choices.items()
    )
    script = _SCRIPT.format(commands=" ".join(COMMANDS), cases=cases)
    print((_ZSH if options.shell == "zsh" else "") + script, end="", flush=True)
    return 0


def _options(parser):
    return [text for action in parser._actions for text in action.option_strings if text.startswith("--")]


add_parser = subcommand(
    "completion",
    _run,
    _add_shell,
    description=_DESCRIPTION,
    examples=_EXAMPLES,
)
