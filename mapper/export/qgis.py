"""QGIS styles (QML) that draw the GeoPackage's layers as the app draws them."""

from __future__ import annotations

from typing import Any

from lxml import etree
from lxml.builder import E

from mapper.export.styles import styles
from mapper.export.words import kind_label

INCIDENTS_STYLE = "incidents by kind"
AREAS_STYLE = "areas by kind"

# What did not happen, or is only recalled, is drawn faint.
_OPACITY = "if(\"modality\" IN ('occurred', 'ongoing') AND NOT \"background\", 100, 35)"


def incident_qml() -> str:
    """Markers by kind, a shape and a colour each; 35 % opaque where it did not happen."""
    return _qml(
        "0",
        "marker",
        lambda style: E.layer(
            E.Option(
                _option("name", style.shape),
                _option("color", _rgba(style.colour, 255)),
                _option("outline_color", "255,255,255,255"),
                _option("outline_width", "0.4"),
                _option("size", "4"),
                type="Map",
            ),
            attrib_class="SimpleMarker",
        ),
    )


def area_qml() -> str:
    """Areas by kind: a faint fill and a dashed outline."""
    return _qml(
        "2",
        "fill",
        lambda style: E.layer(
            E.Option(
                _option("color", _rgba(style.colour, 60)),
                _option("style", "solid"),
                _option("outline_color", _rgba(style.colour, 255)),
                _option("outline_style", "dash"),
                _option("outline_width", "0.4"),
                type="Map",
            ),
            attrib_class="SimpleFill",
        ),
    )


def _qml(geometry: str, symbol: str, layer: Any) -> str:
    kinds = [(kind, style) for kind, style in styles().items() if kind != "other"]
    categories = [
        E.category(value=kind, symbol=str(i), label=kind_label(kind), type="string", render="true")
        for i, (kind, _) in enumerate(kinds)
    ]
    categories.append(
        E.category(value="", symbol=str(len(kinds)), label="other", type="string", render="true")
    )
    symbols = []
    for i, (_, style) in enumerate([*kinds, ("other", styles()["other"])]):
        element = layer(style)
        element.set("class", element.attrib.pop("attrib_class"))
        element.set("enabled", "1")
        element.set("pass", "0")
        element.set("locked", "0")
        symbols.append(
            E.symbol(
                element,
                E.data_defined_properties(
                    E.Option(
                        _option("name", ""),
                        E.Option(
                            E.Option(
                                E.Option(name="active", value="true", type="bool"),
                                _option("expression", _OPACITY),
                                E.Option(name="type", value="3", type="int"),
                                name="alpha",
                                type="Map",
                            ),
                            name="properties",
                            type="Map",
                        ),
                        _option("type", "collection"),
                        type="Map",
                    )
                ),
                name=str(i),
                type=symbol,
                alpha="1",
                clip_to_extent="1",
                force_rhr="0",
            )
        )
    renderer = E(
        "renderer-v2",
        E.categories(*categories),
        E.symbols(*symbols),
        type="categorizedSymbol",
        attr="kind",
        symbollevels="0",
        enableorderby="0",
        forceraster="0",
    )
    tree = E.qgis(
        renderer, E.layerGeometryType(geometry), version="3.28.0", styleCategories="Symbology"
    )
    written: str = etree.tostring(
        tree,
        encoding="unicode",
        doctype="<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>",
    )
    return written


def _option(name: str, value: str) -> Any:
    return E.Option(name=name, value=value, type="QString")


def _rgba(colour: str, alpha: int) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"{red},{green},{blue},{alpha}"
