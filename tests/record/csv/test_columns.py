from __future__ import annotations

import pytest

from kitetui.errors import UserError
from kitetui.record.csv import COLUMNS, parse_columns


def test_columns_are_read_in_the_order_given() -> None:
    assert parse_columns("last_price, received_at") == ("last_price", "received_at")
    assert parse_columns(",".join(COLUMNS)) == COLUMNS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("received_at,last_prise", 'no column "last_prise"; did you mean last_price?'),
        ("Bid_Price_1", 'no column "Bid_Price_1"; did you mean bid_price_1?'),
        ("", 'no column ""; the columns are received_at, connection'),
        ("zzz", 'no column "zzz"; the columns are received_at, connection'),
        ("\x1b[31m", 'no column "'),
        ("open,high,open", "names open twice; name each column once"),
    ],
)
def test_a_column_that_cannot_be_is_named(text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_columns(text)
    assert message in str(caught.value)
    assert "\x1b" not in str(caught.value)
