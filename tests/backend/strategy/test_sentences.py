"""What is wrong has a code with values, and words in both languages; the app's copy is this one."""

import re

import pytest

from backend.strategy.documents import CatalogueError, Problem, parse
from backend.strategy.language.errors import Wrong
from backend.strategy.language.sentences import SENTENCES, words_for_app
from tests.support.lints import ROOT

APP = ROOT / "pwa/src/locales/problem-words.json"
NAMED = re.compile(r"\{(\w+)\}")
RAISED = re.compile(r"(?:ExpressionError|wrong)\(\s*\"(\w+)\"")


def _sources() -> str:
    return "\n".join(path.read_text() for path in (ROOT / "backend/strategy").rglob("*.py"))


def test_the_app_has_them_as_they_are_here() -> None:
    assert APP.read_text() == words_for_app()


def test_both_languages_name_the_same_values() -> None:
    for code, (english, chinese) in SENTENCES.items():
        assert set(NAMED.findall(english)) == set(NAMED.findall(chinese)), code


def test_every_code_that_is_raised_has_a_sentence_and_the_other_way_round() -> None:
    sources = _sources()
    raised = set(RAISED.findall(sources))
    assert raised <= SENTENCES.keys(), raised - SENTENCES.keys()
    others = SENTENCES.keys() - raised
    assert {one for one in others if f'"{one}"' not in sources.replace(f'"{one}": (', "")} <= {
        f"{what}_{which}" for what in ("arguments", "branches") for which in ("type", "null")
    }


YAML = [
    ("tags:\n\t- name: a\n", "yaml_tab", 2),
    ("tags:\n  - name: a: b\n", "yaml_colon", 2),
    ("tags:\n  - name: 'a\n    zh: b\n", "yaml_open", None),
    ("tags: [a, b\nother: c\n", "yaml_open", None),
    ("tags:\n  - name: a\n   zh: b\n", "yaml_indent", 3),
    ("tags:\n  - name: @a\n", "yaml_character", 2),
    ("tags:\n  name: a\n  - b\n", "yaml_indent", 3),
    ("tags: - a\n", "yaml_list", 1),
    ("", "empty", 1),
    ("tags: &a []\n", "anchors", 1),
    ("tags: []\ntags: []\n", "twice", 2),
]


@pytest.mark.parametrize(("text", "code", "line"), YAML)
def test_usual_mistakes_of_a_file_are_told_apart(text: str, code: str, line: int | None) -> None:
    with pytest.raises(CatalogueError) as refused:
        parse("tags/a.yaml", text)
    (problem,) = refused.value.problems
    assert problem.wrong.code == code, problem
    assert line in (None, problem.line), problem


def test_the_command_line_says_it_in_english() -> None:
    problem = Problem("tags/a.yaml", 3, Wrong("unknown", {"name": "incom"}), "income")
    assert str(problem) == "tags/a.yaml:3: incom is not known here; did you mean income?"
