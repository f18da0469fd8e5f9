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
        ("A shape in the harbour turned out to be a log.", "shape", "denied"),
        ("A parcel was left at the bank. It did not go off.", "parcel", "foiled"),
        ("Sappers dismantled a charge under the quay.", "charge", "foiled"),
        ("Pipe bomb found at the chapel", "Pipe bomb found", "foiled"),
        ("The ambush came to nothing.", "ambush", "foiled"),
        ("A pipe bomb failed to explode at the depot.", "bomb failed to explode", "foiled"),
    ],
)
def test_what_a_phrase_settles(text, trigger, wanted):
    assert settled(text, trigger) == wanted


@pytest.mark.parametrize(
    ("text", "trigger", "kind", "wanted"),
    [
        ("The march through the old town was called off.", "march", "protest", "denied"),
        ("Dockers put off a strike over pay.", "strike", "protest", "denied"),
        ("The search for the boat was called off.", "search", "strategic_development", None),
        ("He said troops would be sent north.", "sent", "strategic_development", "planned"),
        ("No troops would be sent north.", "sent", "strategic_development", None),
        ("He said the town would be shelled.", "shelled", "explosion_remote_violence", None),
    ],
)
def test_some_phrases_settle_only_some_kinds(text, trigger, kind, wanted):
    assert settled(text, trigger, kind) == wanted


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
