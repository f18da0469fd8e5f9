"""Cues of the kinds, and turns of speech that only look like incidents."""

import pytest

from mapper.extract.scene import build_scene
from mapper.extract.triggers import KIND_COLUMNS, figure_of_speech, has_cue, kind_row
from mapper.model import Article
from tests.test_extract import reading_of


def scene_of(text, trigger, kind):
    return build_scene(Article("t", text), reading_of(text, [(trigger, kind, "occurred")]), ())


@pytest.mark.parametrize(
    ("text", "trigger", "kind"),
    [
        ("Patrols traded fire across the river.", "traded fire", "battle"),
        ("Gunboats exchanged gunfire off the cape.", "exchanged gunfire", "battle"),
        ("A gang set upon two pilgrims.", "set upon", "violence_against_civilians"),
        ("Nurses downed tools at noon.", "downed tools", "protest"),
        ("Students burnt the minister's effigy.", "effigy", "protest"),
        ("Sappers carried out a controlled explosion.", "controlled explosion",
         "strategic_development"),
        ("Accra sent a protest note.", "protest note", "politics"),
    ],
)  # fmt: skip
def test_a_kind_is_known_by_its_phrases(text, trigger, kind):
    scene = scene_of(text, trigger, kind)
    assert has_cue(scene, 0)
    row = dict(zip(KIND_COLUMNS, kind_row(scene, 0, [0.0] * 10), strict=True))
    assert row[f"cue_{kind}"] == 1.0


@pytest.mark.parametrize(
    ("text", "trigger"),
    [
        ("The office was bombarded with emails.", "bombarded"),
        ("House prices exploded last spring.", "exploded"),
        ("She stole the show in Lisbon.", "stole"),
        ("A bidding war broke out over the flat.", "war"),
        ("Shares rallied after the vote.", "rallied"),
        ("It was a shot in the arm for the port.", "shot"),
    ],
)
def test_figures_of_speech_are_known(text, trigger):
    scene = scene_of(text, trigger, "explosion_remote_violence")
    assert figure_of_speech(scene, 0)


@pytest.mark.parametrize(
    ("text", "trigger"),
    [
        ("The town was bombarded with rockets.", "bombarded"),
        ("A gas tank exploded last spring.", "exploded"),
        ("Thieves stole the painting.", "stole"),
        ("Thousands rallied after the vote.", "rallied"),
    ],
)
def test_what_is_meant_literally_is_no_figure(text, trigger):
    assert not figure_of_speech(scene_of(text, trigger, "crime"), 0)
