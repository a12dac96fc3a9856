"""The table of fields against the packets as packed by hand."""

from __future__ import annotations

from kitetui.wire.layout import FIELDS, FULL, INDEX_WORDS, MODE_OF_LENGTH, PACKET_LENGTHS, WORDS, FieldKind
from tests.wire import packets


def test_every_field_of_every_packet_is_in_the_table_and_no_other() -> None:
    names = set().union(*packets.FIELDS.values())
    assert set(FIELDS) == names
    for name, field in FIELDS.items():
        assert field.name == name
        assert field.lengths == {length for length, fields in packets.FIELDS.items() if name in fields}


def test_prices_are_the_signed_words_and_nothing_else() -> None:
    for fields in packets.FIELDS.values():
        for name, letter in fields.items():
            assert (FIELDS[name].kind is FieldKind.PRICE) == (letter == "i"), name


def test_a_full_packets_fields_stand_in_a_row_in_the_order_of_the_wire() -> None:
    assert [FIELDS[name].word for name in packets.FIELDS[packets.FULL]] == list(range(WORDS))
    assert FULL == 4 * WORDS


def test_an_index_packets_fields_are_found_where_the_full_packet_has_them() -> None:
    assert [FIELDS[name].word for name in packets.FIELDS[packets.INDEX_FULL]] == list(INDEX_WORDS)


def test_every_length_has_a_mode() -> None:
    assert set(MODE_OF_LENGTH) == set(PACKET_LENGTHS) == set(packets.LENGTHS)
