"""`ohmstead completion SHELL`: the script that completes verbs and options."""

from __future__ import annotations

from typing import Literal


def completion(shell: Literal["bash", "zsh", "fish"], /) -> None:
    """Print the completion of a shell; bash reads ~/.local/share/bash-completion/completions/ohmstead"""
    from ohmstead.cli import build

    print(build().generate_completion(shell=shell))
