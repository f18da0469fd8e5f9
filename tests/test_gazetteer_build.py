"""Building from GeoNames' own files: a made-up fixture in their format, with its quirks."""

import argparse
import zipfile

import pytest
from shapely.geometry import box

from geodata import cli
from geodata.area_codec import pack
from geodata.build import full as full_module
from geodata.build.full import FullBuild, FullBuildError, download, kind_of, lines_of
from geodata.build.store import ABBREVIATION, ALL_CAPS, OWN_IDS_FROM, Row, Staging, finish
from geodata.gazetteer import Gazetteer


def line(gid, name, lat, lon, feature, country, admin1="", admin2="", people="", ascii_name=None,
         aliases=""):  # fmt: skip
    cells = [str(gid), name, ascii_name if ascii_name is not None else name, aliases, str(lat),
             str(lon), *feature.split("."), country, "", admin1, admin2, "", "", str(people), "",
             "12", "Asia/Nowhere", "2024-01-01"]  # fmt: skip
    assert len(cells) == 19
    return "\t".join(cells)


PLACES = [
    line(9001, "Republic of Testland", 10, 20, "A.PCLI", "QQ", "00", people=5_000_000),
    line(9002, "Nörd", 11, 20, "A.ADM1", "QQ", "01", people=900_000, ascii_name="Nord"),
    line(9003, "Süd District", 9.5, 20.1, "A.ADM2", "QQ", "01", "S1"),
    line(9010, "Kāpītal", 10.5, 20.5, "P.PPLC", "QQ", "01", "S1", 700_000, "Kapital",
         "KPT,Kapitale,kbytl,Капитал,عاصمة"),
    # a quotation mark that opens and never closes, as in GeoNames' own lines
    line(9011, 'Big "Bend', 10.6, 20.6, "P.PPL", "QQ", "01", "", 1200),
    # a line separator inside a name, which str.splitlines would cut
    line(9012, "Old\u2028Fort", 10.7, 20.7, "P.PPL", "QQ", "01", "", 800),
    line(9013, "Air Base Nine", 10.8, 20.8, "S.AIRB", "QQ", "01"),
    line(9014, "Market Square", 10.51, 20.51, "S.SQR", "QQ", "01"),
    line(9015, "Some Hotel", 10.52, 20.52, "S.HTL", "QQ", "01"),
    line(9016, "Long River", 8, 21, "H.STM", "QQ"),
    line(9017, "Nowhere Reef", 0, -30, "U.RFU", ""),
    line(9018, "Sea Without Country", 1, -31, "H.SEA", ""),
    line(9019, "Damaged", "north", 20, "P.PPL", "QQ", "01"),
    "9020\ttoo\tfew\tcolumns",
    "",
    line(9021, "Out of Range", 95, 20, "P.PPL", "QQ", "01"),
    line(9022, "Former Town", 10.9, 20.9, "P.PPLH", "QQ", "99", "", 0),
]  # fmt: skip
NAMES = [
    "1\t9010\ten\tCapital City\t1\t\t\t\t\t",
    "2\t9010\tde\tAlt-Kapital\t\t\t\t1\t1900\t1950",
    "3\t9010\tlink\thttps://example.org/wiki/Kapital\t\t\t\t\t\t",
    "4\t9010\twkdt\tQ42\t\t\t\t\t\t",
    "5\t9010\tpost\t12345\t\t\t\t\t\t",
    "6\t9010\tiata\tKPT\t\t\t\t\t\t",
    "7\t9001\tabbr\tTL\t\t\t\t\t\t",
    "8\t777777\ten\tNot In The Places\t\t\t\t\t\t",
    "9\t9010\tar\tالعاصمة القديمة\t\t\t\t\t",  # an older line of nine columns
    "10\t9010\ten\tThe Big K\t\t\t1\t\t\t",
    "not a number\tat all",
]


@pytest.fixture
def base(tmp_path):
    """A small gazetteer in the place of the shipped one."""
    staging = Staging(tmp_path / "base.scratch")
    staging.add_admin(Row(9001, "Testland", "country", "QQ", 10, 20, 5_000_000), "QQ", "QQ", 0)
    staging.name(9001, "TSL", ABBREVIATION | ALL_CAPS, "alias")
    staging.add_admin(Row(9002, "Nord", "admin1", "QQ", 11, 20), "QQ.01", "QQ-N", 1, "North")
    staging.add(Row(OWN_IDS_FROM, "Test Sea", "sea", None, 0, 0, ref="ne:test-sea"))
    staging.shape(9002, pack(box(19, 9, 21, 12)), "as the test sees it")
    staging.shape(OWN_IDS_FROM, pack(box(-1, -1, 1, 1)))
    staging.close()
    target = tmp_path / "base.sqlite"
    finish(tmp_path / "base.scratch", target,
           {"source": "test", "version": "test", "attribution": "Testers"})  # fmt: skip
    return target


@pytest.fixture
def folder(tmp_path):
    """GeoNames' files for country QQ: places zipped, names plain, tables."""
    path = tmp_path / "dump"
    (path / "alternatenames").mkdir(parents=True)
    with zipfile.ZipFile(path / "QQ.zip", "w") as archive:
        archive.writestr("readme.txt", "not the data")
        archive.writestr("QQ.txt", "\n".join(PLACES) + "\n")
    (path / "alternatenames" / "QQ.txt").write_text(
        "\r\n".join(NAMES), encoding="utf-8", newline=""
    )
    (path / "admin1CodesASCII.txt").write_text("QQ.01\tNörd\tNord\t9002\n", encoding="utf-8")
    (path / "admin2Codes.txt").write_text("QQ.01.S1\tSüd District\tSud\t9003\n", encoding="utf-8")
    return path


def build(folder, target, base, **keys):
    said: list[str] = []
    FullBuild("QQ", folder, target, base, said.append, **keys).run()
    return Gazetteer.open(target), said


def test_builds_from_country_files(folder, base, tmp_path):
    gazetteer, said = build(folder, tmp_path / "out" / "g.sqlite", base)
    assert "MB of disk" in said[0] and "minutes" in said[0]
    capital = gazetteer.lookup("Kapital")[0].entry
    assert (capital.kind, capital.country, capital.population) == ("capital", "QQ", 700_000)
    assert (capital.admin1, capital.admin1_name, capital.admin2) == ("01", "North", "S1")
    assert [p.name for p in gazetteer.parents(capital)] == [
        "Süd District", "Nörd", "Republic of Testland"]  # fmt: skip
    for name in ("Capital City", "Капитал", "عاصمة", "العاصمة القديمة", "Kapitale", "Alt-Kapital"):
        assert gazetteer.lookup(name)[0].entry.geonameid == 9010, name
    assert gazetteer.lookup("Alt-Kapital")[0].historical
    assert gazetteer.lookup("The Big K")[0].weak
    assert gazetteer.lookup("Sud")[0].entry.geonameid == 9003
    assert gazetteer.lookup("TL")[0].entry.geonameid == 9001
    assert gazetteer.lookup("TSL")[0].how == "abbreviation"
    assert gazetteer.source == "GeoNames QQ" and "Testers" in gazetteer.attribution
    assert not (tmp_path / "out" / "g.scratch").exists()


def test_quirks_of_the_format(folder, base, tmp_path):
    gazetteer, _ = build(folder, tmp_path / "g.sqlite", base)
    assert gazetteer.lookup('Big "Bend')[0].entry.geonameid == 9011
    assert gazetteer.lookup("Old Fort")[0].entry.geonameid == 9012
    assert gazetteer.lookup("Air Base Nine")[0].entry.kind == "air_base"
    assert gazetteer.lookup("Market Square")[0].entry.precision == "facility"
    assert gazetteer.lookup("Sea Without Country")[0].entry.country is None
    assert gazetteer.lookup("Former Town")[0].entry.admin1 is None
    for gone in ("Some Hotel", "Nowhere Reef", "Damaged", "Out of Range", "kbytl", "12345", "Q42",
                 "Not In The Places"):  # fmt: skip
        assert gazetteer.lookup(gone, fuzzy=False, contained=False) == (), gone


def test_keeps_what_geonames_lacks(folder, base, tmp_path):
    gazetteer, _ = build(folder, tmp_path / "g.sqlite", base)
    sea = gazetteer.lookup("Test Sea")[0].entry
    assert sea.id == "ne:test-sea" and gazetteer.geometry(sea.id).is_valid
    assert gazetteer.admin1_at(10, 20).geonameid == 9002
    assert gazetteer.note("gn:9002") == "as the test sees it"


def test_same_input_same_bytes(folder, base, tmp_path):
    build(folder, tmp_path / "one.sqlite", base)
    build(folder, tmp_path / "two.sqlite", base)
    assert (tmp_path / "one.sqlite").read_bytes() == (tmp_path / "two.sqlite").read_bytes()


def test_an_interrupted_build_goes_on(folder, base, tmp_path, monkeypatch):
    build(folder, tmp_path / "whole.sqlite", base)
    monkeypatch.setattr(full_module, "BATCH", 2)
    target = tmp_path / "cut.sqlite"
    seen = 0
    take = FullBuild._place

    def stop(self, *args):
        nonlocal seen
        seen += 1
        if seen == 8:
            raise KeyboardInterrupt
        return take(self, *args)

    monkeypatch.setattr(FullBuild, "_place", stop)
    with pytest.raises(KeyboardInterrupt):
        FullBuild("QQ", folder, target, base, lambda text: None).run()
    assert not target.exists() and target.with_suffix(".scratch").exists()
    _, said = build(folder, target, base)
    assert any("going on" in text for text in said)
    assert seen < 8 + len(PLACES)
    assert target.read_bytes() == (tmp_path / "whole.sqlite").read_bytes()


def test_an_old_gazetteer_stays_until_the_new_one_is_whole(folder, base, tmp_path, monkeypatch):
    target = tmp_path / "g.sqlite"
    build(folder, target, base)
    before = target.read_bytes()

    def fail(*args):
        raise FullBuildError("no more disk")

    monkeypatch.setattr(full_module, "finish", fail)
    with pytest.raises(FullBuildError):
        FullBuild("QQ", folder, target, base, lambda text: None).run()
    assert target.read_bytes() == before
    assert not target.with_suffix(".part").exists()


def test_reads_all_countries_too(folder, base, tmp_path):
    (folder / "allCountries.txt").write_text("\n".join(PLACES), encoding="utf-8")
    (folder / "alternateNamesV2.txt").write_text("\n".join(NAMES), encoding="utf-8")
    FullBuild("full", folder, tmp_path / "g.sqlite", base, lambda text: None).run()
    assert Gazetteer.open(tmp_path / "g.sqlite").lookup("Capital City")


def test_lines_end_at_line_feeds_only(tmp_path):
    path = tmp_path / "x.txt"
    path.write_bytes("\ufeffone\u2028still one\x0bstill\r\ntwo\x85two\n".encode())
    assert list(lines_of(path)) == ["one\u2028still one\x0bstill", "two\x85two"]


@pytest.mark.parametrize(
    ("feature", "kind"),
    [
        ("P.PPL", "city"),
        ("P.PPLX", "neighbourhood"),
        ("A.ADM1", "admin1"),
        ("S.AIRB", "air_base"),
        ("S.HTL", None),
        ("U.RFU", None),
        (".", None),
    ],
)
def test_kinds(feature, kind):
    assert kind_of(*feature.split(".")) == kind


def test_refusals_say_what_to_do(folder, base, tmp_path):
    for source, words in (
        ("ZZ", "ZZ.zip"),
        ("Iraq", "ISO country codes"),
        ("full", "allCountries"),
    ):
        with pytest.raises(FullBuildError) as error:
            FullBuild(source, folder, tmp_path / "g.sqlite", base, lambda text: None).run()
        assert words in str(error.value) and "\n" not in str(error.value)
    (folder / "QQ.zip").write_bytes(b"PK broken")
    with pytest.raises(FullBuildError, match="damaged"):
        FullBuild("QQ", folder, tmp_path / "g.sqlite", base, lambda text: None).run()


def test_download_fetches_what_is_missing(folder, tmp_path):
    said: list[str] = []
    target = tmp_path / "fetched"
    mirror = folder.as_uri() + "/"
    download(["QQ.zip", "admin2Codes.txt"], target, mirror, said.append)
    assert (target / "QQ.zip").read_bytes() == (folder / "QQ.zip").read_bytes()
    assert len(said) == 2
    download(["QQ.zip"], target, mirror, said.append)
    assert len(said) == 2
    with pytest.raises(FullBuildError) as error:
        download(["XX.zip"], target, mirror, said.append)
    assert "XX.zip" in str(error.value) and not list(target.glob("*.part"))


def run_cli(*arguments):
    parser = argparse.ArgumentParser()
    cli.add_parser(parser.add_subparsers())
    args = parser.parse_args(["gazetteer", *arguments])
    return args.run(args)


def test_command_line(folder, base, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("INCIDENT_MAPPER_GAZETTEER", str(base))
    target = tmp_path / "data" / "g.sqlite"
    assert run_cli("build", "--source", "QQ", "--from-dir", str(folder), "--to", str(target)) == 0
    assert str(target) in capsys.readouterr().out
    monkeypatch.setenv("INCIDENT_MAPPER_GAZETTEER", str(target))
    assert run_cli("status") == 0
    assert "GeoNames QQ" in capsys.readouterr().out
    assert run_cli("search", "Kapi") == 0
    assert "gn:9010" in capsys.readouterr().out
    assert run_cli("search", "Zzyzzyx") == 0
    assert "no entry" in capsys.readouterr().err
    assert run_cli("status", "--gazetteer", str(tmp_path / "none")) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert run_cli("build", "--source", "QQ", "--from-dir", str(tmp_path / "none")) == 2
    assert "--from-dir" in capsys.readouterr().err
