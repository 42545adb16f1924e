"""The recipes of docs/recipes, as they stand there, against one real server with simulated stations."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

pytest_plugins = ["ohmstead.client.testing"]
pytestmark = pytest.mark.system

FOLDER = Path(__file__).parents[2] / "docs" / "recipes"
RECIPES = sorted(set(FOLDER.glob("*.md")) - {FOLDER / "README.md"})
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_there_are_recipes_and_all_are_listed():
    listed = set(re.findall(r"\(([a-z-]+\.md)\)", (FOLDER / "README.md").read_text()))
    assert listed == {path.name for path in RECIPES}
    assert len(RECIPES) >= 10


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_does_what_it_says(recipe, ohmstead, monkeypatch, capsys):
    monkeypatch.setenv("OHMSTEAD_URL", ohmstead.url)
    monkeypatch.setenv("OHMSTEAD_KEY", ohmstead.key)
    (code, prints, *setups) = (text for _, text in BLOCK.findall(recipe.read_text()))
    for setup in setups:  # where stations are needed
        exec(compile(setup, f"{recipe.name} (setup)", "exec"), {"__name__": "setup"})
    capsys.readouterr()
    exec(compile(code, recipe.name, "exec"), {"__name__": "recipe"})
    printed = capsys.readouterr().out
    assert doctest.OutputChecker().check_output(prints, printed, doctest.ELLIPSIS), printed
