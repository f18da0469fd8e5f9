"""Turns of phrase that settle whether something happened."""

import pytest

from mapper.extract.modality import decided
from mapper.extract.scene import build_scene
from mapper.model import Article
from tests.test_extract import reading_of


def settled(text, trigger, kind="explosion_remote_violence", others=()):
    triggers = [(trigger, kind, "occurred"), *((o, kind, "occurred") for o in others)]
    scene = build_scene(Article("a", text), reading_of(text, triggers=triggers), ())
    found = decided(scene, 0, kind)
    return found and found[0]


@pytest.mark.parametrize(
    ("text", "trigger", "wanted"),
    [
        ("The strike on the depot never happened, the mayor wrote.", "strike", "denied"),
        ("Reports of a raid on the market were unfounded.", "raid", "denied"),
        ("The army denied that its guns had shelled the school.", "shelled", "denied"),
        ("A device left at the bridge was made safe by sappers.", "device", "foiled"),
        ("Police thwarted a bombing at the stadium.", "bombing", "foiled"),
        ("The grenade rolled under a bench but failed to explode.", "grenade", "foiled"),
        ("The general vowed to bomb the port.", "bomb", "threatened"),
        ("Ministers are considering a ceasefire.", "ceasefire", "hypothetical"),
        ("The lockdown remains in force around the harbour.", "lockdown", "ongoing"),
        ("The blockade entered its seventh week.", "blockade", "ongoing"),
    ],
)
def test_what_a_phrase_settles(text, trigger, wanted):
    assert settled(text, trigger) == wanted


def test_a_warning_is_a_threat_only_among_politics():
    text = "The minister warned Ruritania of a decisive response."
    assert settled(text, "warned", "politics") == "threatened"
    assert settled(text, "warned", "disaster") is None


@pytest.mark.parametrize(
    ("text", "trigger", "others"),
    [
        # said of another trigger that stands between, of another sentence part, or too far away
        ("The blast woke the town hours after a raid that never happened.", "blast", ("raid",)),
        ("A car bomb hit the bank; a second claim was false.", "car bomb", ()),
        ("A mortar round hit the bank. The report of a fire was false.", "mortar round", ()),
        ("The bombing killed two.", "bombing", ()),
    ],
)
def test_phrases_about_something_else_settle_nothing(text, trigger, others):
    assert settled(text, trigger, others=others) is None
