"""Work done ahead keeps its order, its errors and its bound."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapper.ahead import ahead


def halve(number: int) -> int:
    if number % 2:
        raise ValueError(number)
    return number // 2


@given(items=st.lists(st.integers(0, 50), max_size=20), depth=st.integers(1, 6))
def test_results_come_in_order_and_errors_where_they_belong(items, depth):
    found = []
    for item, result in ahead(items, halve, depth=depth):
        try:
            found.append((item, result()))
        except ValueError as error:
            found.append((item, error.args[0]))
    assert found == [(n, n if n % 2 else n // 2) for n in items]


@pytest.mark.parametrize("depth", [1, 3])
def test_no_more_is_taken_than_may_wait(depth):
    taken = []

    def source():
        for n in range(40):
            taken.append(n)
            yield n

    for number, (item, result) in enumerate(ahead(source(), halve, depth=depth)):
        assert item == number
        assert len(taken) <= number + 1 + depth
        if number % 2 == 0:
            assert result() == number // 2
        if number == 9:
            break
    assert len(taken) < 40
