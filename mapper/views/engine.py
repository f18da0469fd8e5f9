"""What is loaded once for all sessions, and the analyses already made."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    from mapper.model import Analysis, Article


def _open() -> Any:
    from mapper.analyse import Analyser

    return Analyser.open()


opener = _open
"""What opens the analyser; tests put their own here."""


@st.cache_resource(show_spinner=False)
def analyser() -> Any:
    """The language model, the gazetteer and the ranker, loaded at the first call."""
    return opener()


@st.cache_resource(show_spinner=False, max_entries=512)
def _analysed(text: str, identity: str, published: str | None, domain: str | None) -> Analysis:
    from mapper.model import Article

    found: Analysis = analyser().analyse(
        Article(id=identity, text=text, published=published, domain=domain)
    )
    return found


def analyse(article: Article) -> Analysis:
    """The analysis of an article; the same text and date are read only once.

    Raises:
        MapperError: nothing to map in it, or a part of the pipeline is missing.
    """
    found = _analysed(article.text, article.id, article.published, article.domain)
    return replace(found, article=article)
