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
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} words= values=
    # Where = is a word of its own, what it follows is the option.
    if [ "$word" = "=" ]; then
        word=
    elif [ "$before" = "=" ]; then
        before=${{COMP_WORDS[COMP_CWORD-2]}}
    fi
    if [ "$COMP_CWORD" -eq 1 ]; then
        words="{commands} --help --version" values=$words
    else
        case ${{COMP_WORDS[1]}} in
{words}
        esac
        case "${{COMP_WORDS[1]}} $before" in
{values}
        esac
    fi
    case $word in
        -*) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
        *) if [ -n "$values" ]; then
               # A folder of that name adds no slash to it; zsh has no compopt.
               compopt +o filenames 2> /dev/null
               COMPREPLY=($(compgen -W "$values" -- "$word"))
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
    words = [
        f'            {name}) words="{" ".join(sorted(_options(parser)))}" ;;'
        for name, parser in parsers.choices.items()
    ]
    values = [
        f'            "{name} {before}") values="{" ".join(words)}" ;;'
        for name, parser in parsers.choices.items()
        for before, words in _values(name, parser)
    ]
    script = _SCRIPT.format(commands=" ".join(COMMANDS), words="\n".join(words), values="\n".join(values))
    print((_ZSH if options.shell == "zsh" else "") + script, end="", flush=True)
    return 0


def _options(parser):
    return [text for action in parser._actions for text in action.option_strings if text.startswith("--")]


def _values(command, parser):
    """Yield what stands before a choice, an option or the command itself, and the words that are legal there."""
    for action in parser._actions:
        # Of words and numbers, the words.
        words = action.choices or getattr(getattr(action.type, "__self__", None), "words", ())
        if words:
            for before in action.option_strings or [command]:
                yield before, words


add_parser = subcommand(
    "completion",
    _run,
    _add_shell,
    description=_DESCRIPTION,
    examples=_EXAMPLES,
)
