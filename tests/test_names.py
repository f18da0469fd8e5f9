"""A toponym taken apart: what may be left off, and what must stay."""

import pytest

from mapper.names import shape


@pytest.mark.parametrize(
    ("name", "stripped"),
    [
        ("northern Kharkiv region", ("Kharkiv region", "Kharkiv")),
        ("East London", ("London",)),
        ("West Street", ()),  # no street of a town called Street
        ("Central Hospital", ()),
    ],
)
def test_a_direction_is_left_off_where_a_name_remains(name: str, stripped: tuple[str, ...]):
    assert shape(name).stripped == stripped
