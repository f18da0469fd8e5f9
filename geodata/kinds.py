"""What kinds of place there are, how precise each is, and how prominent by itself.

The numbers of kinds are stored in the built file: append, never reorder.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of place.

    ``precision`` is the contract's word; ``radius_m`` the radius in metres that holds a
    place of this kind when nothing better is known; ``base`` is added to the prominence.
    """

    name: str
    precision: str
    radius_m: int
    base: int


KINDS: tuple[Kind, ...] = (
    Kind("country", "country", 300_000, 190),
    Kind("admin1", "province", 75_000, 95),
    Kind("admin2", "district", 25_000, 25),
    Kind("admin3", "district", 10_000, 5),
    Kind("city", "city", 5_000, 0),
    Kind("neighbourhood", "neighbourhood", 2_000, -15),
    Kind("airport", "facility", 2_500, 20),
    Kind("air_base", "facility", 3_500, 30),
    Kind("sea", "sea", 300_000, 150),
    Kind("continent", "region", 2_500_000, 260),
    Kind("region", "region", 100_000, 60),
    Kind("river", "region", 200_000, 90),
    Kind("lake", "region", 40_000, 90),
    Kind("mountains", "region", 100_000, 90),
    Kind("mountain", "facility", 5_000, 60),
    Kind("desert", "region", 300_000, 90),
    Kind("island", "region", 40_000, 70),
    Kind("strait", "sea", 50_000, 120),
    Kind("ocean", "sea", 3_000_000, 200),
    Kind("capital", "city", 10_000, 45),
    Kind("facility", "facility", 1_000, 50),
    Kind("camp", "facility", 2_000, 55),
    Kind("crossing", "facility", 1_000, 55),
    Kind("square", "facility", 300, 55),
    Kind("territory", "country", 100_000, 150),
    Kind("peninsula", "region", 100_000, 80),
    Kind("canal", "region", 50_000, 90),
    Kind("park", "facility", 5_000, 20),
    Kind("street", "facility", 1_500, 0),
    Kind("building", "facility", 300, 10),
    Kind("historical", "region", 100_000, 0),
    Kind("base", "facility", 2_500, 55),
    Kind("prison", "facility", 800, 55),
    Kind("holy_site", "facility", 500, 55),
    Kind("port", "facility", 2_500, 55),
    Kind("dam", "facility", 1_500, 55),
    Kind("nuclear_site", "facility", 2_000, 55),
    Kind("oil_facility", "facility", 3_000, 50),
    Kind("parliament", "facility", 400, 50),
    Kind("palace", "facility", 400, 50),
    Kind("embassy", "facility", 400, 50),
    Kind("bridge", "facility", 1_000, 50),
    Kind("mine", "facility", 3_000, 50),
    Kind("university", "facility", 1_500, 50),
    Kind("station", "facility", 500, 50),
    Kind("school", "facility", 500, 50),
    Kind("market", "facility", 500, 50),
    Kind("hospital", "facility", 500, 50),
    Kind("government_building", "facility", 400, 50),
    Kind("government_zone", "neighbourhood", 1_500, 60),
    Kind("area", "neighbourhood", 3_000, 50),
    Kind("valley", "district", 15_000, 60),
    Kind("heritage_site", "facility", 1_500, 50),
    Kind("venue", "facility", 800, 45),
    Kind("stadium", "facility", 500, 50),
    Kind("theme_park", "facility", 2_000, 45),
    Kind("museum", "facility", 500, 45),
    Kind("industrial_site", "facility", 1_500, 45),
    Kind("memorial", "facility", 500, 45),
    Kind("monument", "facility", 500, 50),
    Kind("forest", "district", 15_000, 55),
    Kind("research_site", "facility", 1_500, 45),
)
KIND_CODE = {kind.name: code for code, kind in enumerate(KINDS)}

CITY_RADIUS_M = ((5_000_000, 20_000), (1_000_000, 12_000), (100_000, 6_000), (10_000, 3_000))
"""Population of at least the first number: radius in metres of the second; below: 2,000."""


def radius_m(kind: str, population: int) -> int:
    """The radius in metres that holds a place of this kind and population."""
    if kind in ("city", "capital") and population > 0:
        for people, radius in CITY_RADIUS_M:
            if population >= people:
                return radius
        return 2_000
    return KINDS[KIND_CODE[kind]].radius_m if kind in KIND_CODE else 10_000


def country_number(code: str | None) -> int:
    """An ISO 3166-1 alpha-2 code as a number from 1 to 676, 0 for none."""
    if not code or len(code) != 2 or not code.isascii() or not code.isalpha():
        return 0
    upper = code.upper()
    return (ord(upper[0]) - 65) * 26 + ord(upper[1]) - 64


def country_code(number: int) -> str | None:
    """The inverse of ``country_number``."""
    if not number:
        return None
    return chr((number - 1) // 26 + 65) + chr((number - 1) % 26 + 65)
