"""The command line: ``python -m mapper map | annotate | gazetteer | evaluate``.

Exit status 0: all done.  1: some documents failed, each named on the error stream, the rest
written.  2: the command could not be carried out; one line says why and what to do, and
nothing half-written is left.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from mapper.abstain import held_back
from mapper.analyse import Analyser
from mapper.atomic import writing
from mapper.errors import InputError, MapperError, OutputError
from mapper.model import Analysis, Article, Span
from mapper.read import (
    ENDINGS,
    Document,
    Failure,
    iso_date,
    language_note,
    read_documents,
    read_path,
)
from mapper.version import __version__

DONE, SOME_FAILED, NOT_CARRIED_OUT = 0, 1, 2


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(NOT_CARRIED_OUT, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit status."""
    parser = build_parser()
    args = parser.parse_args(argv)
    try:
        return int(args.run(args))
    except MapperError as error:
        _say(f"{parser.prog} {args.command}: {error}")
    except KeyboardInterrupt:
        _say("stopped; nothing written")
        return 130
    except OSError as error:
        _say(f"{parser.prog} {args.command}: {error.strerror or error}: {error.filename or ''}")
    except Exception as error:  # a broken model or gazetteer must not end in a stack trace
        if getattr(args, "debug", False):
            traceback.print_exc()
        _say(f"{parser.prog} {args.command}: {_one_line(error)} (--debug shows where)")
    return NOT_CARRIED_OUT


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = _Parser(
        prog="python -m mapper",
        description="From news articles to maps of their incidents, every point citing its text.",
        epilog="Exit status: 0 all done; 1 some documents failed; 2 could not be carried out.",
    )
    parser.add_argument("--version", action="version", version=f"incident-mapper {__version__}")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--debug", action="store_true", help="show where an error arose")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_map(commands, common)
    _add_annotate(commands, common)
    _add_gazetteer(commands)
    _add_evaluate(commands, common)
    return parser


def _add_map(commands: Any, common: argparse.ArgumentParser) -> None:
    from mapper.export import FORMATS

    endings = ", ".join(f"{form.ending} ({form.label})" for form in FORMATS.values())
    parser = commands.add_parser(
        "map",
        parents=[common],
        help="articles to one map file",
        description=f"Map articles ({' '.join(ENDINGS)}) into one file.",
        epilog=f"The ending of OUT chooses the format: {endings}.",
    )
    parser.add_argument("inputs", nargs="+", metavar="INPUT", type=Path, help="an article's file")
    parser.add_argument("-o", "--out", required=True, metavar="OUT", type=Path)
    parser.add_argument(
        "--published",
        metavar="DATE",
        type=_date,
        help="publication date (YYYY-MM-DD) of the articles; "
        "a .jsonl document's own date goes before it",
    )
    parser.add_argument(
        "--hxl", action="store_true", help="with .csv: put a row of HXL tags under the header"
    )
    parser.add_argument(
        "--coarsen-km",
        metavar="KM",
        type=_kilometres,
        default=None,
        help="to protect people: snap every coordinate to a grid of KM kilometres "
        "(quotes and names stay)",
    )
    parser.add_argument(
        "--min-confidence",
        metavar="P",
        type=_share,
        default=None,
        help="draw places from this confidence on, 0 to 1; 0 draws all "
        "(default: from where on 95 of 100 are right)",
    )
    parser.set_defaults(run=_map)


def _add_annotate(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = commands.add_parser(
        "annotate",
        parents=[common],
        help="documents (JSON lines) to full analyses",
        description="Analyse the documents of IN, one JSON object a line with id and text "
        "(and published, title, url, domain, spans), into OUT, one analysis a line in their "
        "order. A document that fails leaves {id, error} in its place.",
    )
    parser.add_argument("source", metavar="IN.jsonl", type=Path)
    parser.add_argument("out", metavar="OUT.jsonl", type=Path)
    parser.add_argument(
        "--given-spans",
        action="store_true",
        help="resolve the spans given with each document instead of recognising places",
    )
    parser.add_argument(
        "--published",
        metavar="DATE",
        type=_date,
        help="publication date (YYYY-MM-DD) of the documents that give none",
    )
    parser.set_defaults(run=_annotate)


def _add_gazetteer(commands: Any) -> None:
    from geodata import cli

    cli.add_parser(commands)


def _add_evaluate(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = commands.add_parser(
        "evaluate",
        parents=[common],
        help="measure the places found against coded documents",
        description="Analyse the documents of GOLD (JSON lines with id, text and their coded\n"
        "mentions: start, end, lat, lon, role) and print how far the results agree.",
        epilog="For example, a line of GOLD (offsets count characters from 0, end exclusive):\n"
        '{"id": "a1", "text": "Police clashed with protesters in Paris.", '
        '"published": "2024-05-14", "mentions": [{"start": 34, "end": 39, "lat": 48.8566, '
        '"lon": 2.3522, "role": "literal"}]}',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("gold", metavar="GOLD.jsonl", type=Path)
    parser.add_argument(
        "--given-spans", action="store_true", help="place the coded spans; do not recognise"
    )
    parser.add_argument("--worst", metavar="N", type=int, default=20, help="errors to show (20)")
    parser.set_defaults(run=_evaluate)


def _map(args: argparse.Namespace) -> int:
    from mapper.export import Options, format_of, write

    _check_folder(args.out)
    format_of(args.out)
    articles: list[Article] = []
    failures: list[Failure] = []
    for path in args.inputs:
        try:
            found = read_path(path, published=args.published)
        except InputError as error:
            found = (Failure(None, str(error)),)
        articles += [item for item in found if isinstance(item, Article)]
        failures += [
            replace(item, error=f"{path}: {item.error}")
            if item.id is None and str(path) not in item.error
            else item
            for item in found
            if isinstance(item, Failure)
        ]
    for failure in failures:
        _name(failure)
    analyses: list[Analysis] = []
    if articles:
        analyser = Analyser.open()
        distinct = list(_distinct(articles))
        analysed = analyser.each((article, None) for article in distinct)
        for article, run in zip(distinct, analysed, strict=True):
            outcome = _attempt(run, article.id, args.debug)
            if isinstance(outcome, Failure):
                failures.append(outcome)
                _name(outcome)
                continue
            analyses.append(outcome)
            note = language_note(outcome.language)
            if note:
                _say(f"{article.id}: note: {note}")
    if not analyses:
        if len(failures) != 1:
            _say(f"nothing written: none of the {len(failures)} documents could be mapped")
        return NOT_CARRIED_OUT
    least = args.min_confidence
    write(analyses, args.out, Options(args.hxl, args.coarsen_km, least))
    drawn = [held_back(analysis, least) for analysis in analyses]
    incidents = sum(len(analysis.incidents) for analysis in analyses)
    placed = sum(bool(item.places) for analysis in drawn for item in analysis.incidents)
    unsure = sum(
        bool(item.unsure) and not item.places for analysis in drawn for item in analysis.incidents
    )
    _say(
        f"{args.out}: {incidents} incidents of {len(analyses)} "
        f"article{'s' if len(analyses) != 1 else ''}, {placed} of them placed"
        + (f", {unsure} held back as unsure (--min-confidence 0 draws them)" if unsure else "")
    )
    return SOME_FAILED if failures else DONE


def _annotate(args: argparse.Namespace) -> int:
    _check_folder(args.out)
    failed = False
    try:
        source = args.source.open("rb")
    except OSError as error:
        raise InputError(f"cannot read '{args.source}': {error.strerror}") from None
    with source, writing(args.out) as temporary, temporary.open("w", encoding="utf-8") as out:
        for number, outcome in enumerate(_annotated(_documents(source), args)):
            if isinstance(outcome, Failure):
                failed = True
                _name(outcome)
                row: dict[str, Any] = {"id": outcome.id, "error": outcome.error}
            else:
                row = outcome.to_dict()
            out.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")
            if sys.stderr.isatty():
                print(f"\r{number + 1} documents", end="", file=sys.stderr)
    return SOME_FAILED if failed else DONE


def _documents(source: Any) -> Iterator[Document | Failure]:
    return read_documents(source)


def _annotated(
    documents: Iterator[Document | Failure], args: argparse.Namespace
) -> Iterator[Analysis | Failure]:
    """The analysis of each document, in order, or what went wrong with it.

    Failures of reading the file wait in ``waiting`` for their turn among the analyses.
    """
    waiting: deque[Failure | str] = deque()

    def jobs() -> Iterator[tuple[Article, Sequence[Span] | None]]:
        for document in documents:
            if isinstance(document, Failure):
                waiting.append(document)
                continue
            article = document.article
            if args.given_spans and document.spans is None:
                why = 'no "spans" given: give [[start, end], ...] or leave --given-spans'
                waiting.append(Failure(article.id, why))
                continue
            if args.published and not article.published:
                article = replace(article, published=args.published)
            waiting.append(article.id)
            yield article, document.spans if args.given_spans else None

    def failures() -> Iterator[Failure]:
        while waiting and isinstance(waiting[0], Failure):
            yield waiting.popleft()  # type: ignore[misc]

    for run in Analyser.open().each(jobs()):
        yield from failures()
        yield _attempt(run, str(waiting.popleft()), args.debug)
    yield from failures()


def _evaluate(args: argparse.Namespace) -> int:
    from mapper.evaluate import evaluate, lines, read_gold

    try:
        documents = list(read_gold(args.gold))
    except OSError as error:
        raise InputError(f"cannot read '{args.gold}': {error.strerror}") from None
    analyser = Analyser.open()
    gazetteer = getattr(analyser, "gazetteer", None)

    def kind_of(geonameid: str) -> str | None:
        entry = gazetteer.entry(f"gn:{geonameid}") if gazetteer is not None else None
        return entry.kind if entry is not None else None

    report = evaluate(
        documents,
        analyser.mentions,
        given_spans=args.given_spans,
        worst=args.worst,
        kind_of=kind_of,
    )
    for line in lines(report):
        print(line)
    return DONE


def _attempt(run: Callable[[], Analysis], identity: str, debug: bool) -> Analysis | Failure:
    """The result, or a Failure: one bad document must not take the others along."""
    try:
        return run()
    except MapperError as error:
        return Failure(identity, str(error))
    except Exception as error:
        if debug:
            traceback.print_exc()
        return Failure(identity, f"could not be analysed: {_one_line(error)}")


def _distinct(articles: Sequence[Article]) -> Iterator[Article]:
    """The articles, those whose id came before with ``-2``, ``-3``, ... added to it."""
    seen: dict[str, int] = {}
    for article in articles:
        seen[article.id] = count = seen.get(article.id, 0) + 1
        yield article if count == 1 else replace(article, id=f"{article.id}-{count}")


def _check_folder(out: Path) -> None:
    """Say at once, not after the work, that OUT cannot be written."""
    if out.is_dir():
        raise OutputError(f"'{out}' is a folder: name a file")
    if not out.parent.is_dir():
        raise OutputError(f"folder '{out.parent}' does not exist: make it first")


def _date(value: str) -> str:
    try:
        day = iso_date(value)
    except InputError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if day is None:
        raise argparse.ArgumentTypeError("is empty: write it as YYYY-MM-DD")
    return day


def _kilometres(value: str) -> float:
    try:
        kilometres = float(value)
    except ValueError:
        kilometres = 0.0
    if not 0 < kilometres <= 1000:
        raise argparse.ArgumentTypeError(f"{value!r} is no number of kilometres from 0 to 1000")
    return kilometres


def _share(value: str) -> float:
    try:
        share = float(value)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{value!r} is no confidence from 0 to 1")
    return share


def _name(failure: Failure) -> None:
    _say(f"{failure.id}: {failure.error}" if failure.id is not None else failure.error)


def _one_line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())


def _say(line: str) -> None:
    """A line on the error stream, whatever characters it holds."""
    print(line.encode("utf-8", "backslashreplace").decode("utf-8"), file=sys.stderr)


if __name__ == "__main__":
    # Told to stop, clean up as if interrupted: nothing half-written is left.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
