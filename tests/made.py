"""Made values for the tests: an article, its analysis, and stages that find what they are told."""

from __future__ import annotations

import re

from mapper.model import (
    Actor,
    Analysis,
    Article,
    Candidate,
    DateSpan,
    Evidence,
    Incident,
    IncidentPlace,
    Mention,
    Place,
    Provenance,
    Toll,
)

TEXT = (
    "Clashes and marches\n\n"
    "Gunmen shelled the port of Basra on 3 May, killing at least two dockers. "
    "Thousands marched in the southern provinces and in Kut; police said nobody was hurt. "
    "An army officer denied that a raid was planned. "
    'The mayor said "=1+1 <b>{{7*7}} ${1} 😀 שלום".'
)
PUBLISHED = "2021-05-05"

BASRA = Place(
    "gn:99532",
    "Basra",
    "city",
    "IQ",
    "Basra",
    30.50852,
    47.7804,
    99532,
    "city",
    9000,
    None,
    "GeoNames",
)
KUT = Place(
    "gn:94824",
    "Kut",
    "city",
    "IQ",
    "Wasit",
    32.5128,
    45.81817,
    94824,
    "city",
    6000,
    None,
    "GeoNames",
)
SOUTH = Place(
    "region:south-iraq", "southern Iraq", "region", "IQ", None, 31.0, 46.5, None, "region", 210000,
    {"type": "Polygon", "coordinates": [[[45, 30], [45, 32], [48, 32], [48, 30], [45, 30]]]},
    "computed from Natural Earth",
)  # fmt: skip  # clockwise on purpose


def span(text: str, quote: str) -> tuple[int, int]:
    start = text.index(quote)
    return start, start + len(quote)


def evidence(text: str, sentence: str, trigger: str) -> Evidence:
    start, end = span(text, sentence)
    return Evidence(start, end, sentence, span(text, trigger))


def analysis(identity: str = "made") -> Analysis:
    s1 = "Gunmen shelled the port of Basra on 3 May, killing at least two dockers."
    s2 = "Thousands marched in the southern provinces and in Kut; police said nobody was hurt."
    s3 = "An army officer denied that a raid was planned."
    shelling = Incident(
        id="i-shelling", kind="explosion_remote_violence", sub_kind="shelling",
        modality="occurred", background=False, count=None,
        evidence=(evidence(TEXT, s1, "shelled"),),
        places=(IncidentPlace(span(TEXT, "Basra"), "in", False, BASRA),),
        date=DateSpan("2021-05-03", "2021-05-03", "on 3 May", span(TEXT, "on 3 May")),
        fatalities=Toll(2, None, None, "at least two dockers", span(TEXT, "at least two dockers")),
        injured=None,
        actors=(
            Actor(*span(TEXT, "Gunmen"), "Gunmen", "perpetrator", True),
            Actor(*span(TEXT, "two dockers"), "two dockers", "victim"),
        ),
        confidence=0.91234567, why={"date": "the year of publication"},
    )  # fmt: skip
    march = Incident(
        id="i-march", kind="protest", sub_kind=None, modality="occurred", background=False,
        count=3, evidence=(evidence(TEXT, s2, "marched"),),
        places=(
            IncidentPlace(span(TEXT, "southern provinces"), "in", False, SOUTH),
            IncidentPlace(span(TEXT, "Kut"), "near", True, KUT),
        ),
        date=DateSpan("XXXX-05", None, "May", span(TEXT, "May")),
        fatalities=None, injured=Toll(0, 0, 0, "nobody was hurt", span(TEXT, "nobody was hurt")),
        actors=(), confidence=0.7,
    )  # fmt: skip
    raid = Incident(
        id="i-raid", kind="strategic_development", sub_kind=None, modality="denied",
        background=False, count=None, evidence=(evidence(TEXT, s3, "raid"),), places=(), date=None,
        fatalities=None, injured=None, actors=(), confidence=0.4,
    )  # fmt: skip
    mayor = Incident(
        id="i-mayor", kind="politics", sub_kind=None, modality="occurred", background=True,
        count=None, evidence=(evidence(TEXT, TEXT[TEXT.index("The mayor") :], "said \"="),),
        places=(IncidentPlace(span(TEXT, "Kut"), "in", True, KUT),
                IncidentPlace(span(TEXT, "Basra"), "in", True, BASRA)),
        date=None, fatalities=None, injured=None,
        actors=(Actor(*span(TEXT, "=1+1 <b>{{7*7}}"), "=1+1 <b>{{7*7}}", "participant"),),
        confidence=0.5,
    )  # fmt: skip
    mentions = tuple(
        Mention(*span(TEXT, name), name, role, place, 0.9, candidates)
        for name, role, place, candidates in (
            ("Basra", "literal", BASRA, (Candidate(BASRA.id, "Basra", BASRA.lat, BASRA.lon, 0.9),)),
            ("southern provinces", "nominal", SOUTH, ()),
            ("Kut", "literal", KUT, ()),
            ("port", "nominal", None, (Candidate("x", "Port", 1.0, 2.0, 0.2),)),
        )
    )
    return Analysis(
        Article(identity, TEXT, PUBLISHED, "Clashes and marches", "https://example.org/a"),
        "en", mentions, (shelling, march, raid, mayor),
        Provenance("incident-mapper 0.1.0", "0123456789abcdef", "made 1 sha256:00", "00"),
    )  # fmt: skip


class Stages:
    """Stages that know two towns by name and call every "shelled" an incident."""

    gazetteer_name = "made 1 sha256:00"

    def read(self, text):
        if "BREAK THE STAGE" in text:
            raise ZeroDivisionError("made\nto break")
        return

    def recognise(self, article, reading, given):
        spans = given
        if spans is None:
            spans = [m.span() for m in re.finditer("Basra|Kut", article.text)]
        return tuple(Mention(s, e, article.text[s:e], "literal") for s, e in spans)

    def resolve(self, article, mentions):
        known = {"Basra": BASRA, "Kut": KUT}
        return tuple(
            Mention(m.start, m.end, m.text, m.role, known.get(m.text), 0.9) for m in mentions
        )

    def extract(self, article, reading, mentions):
        found = []
        for number, match in enumerate(re.finditer("shelled", article.text)):
            places = tuple(IncidentPlace(m.span, "in", False, m.place) for m in mentions if m.place)
            quote = Evidence(*match.span(), match[0], match.span())
            found.append(
                Incident(f"i{number}", "explosion_remote_violence", None, "occurred", False, None,
                         (quote,), places[:1], None, None, None, (), 0.8)
            )  # fmt: skip
        return tuple(found)
