"""Kite's streaming protocol, sans-I/O: bytes in, columns out; JSON text both ways; and the encoder.

Nothing in here opens a socket, reads a clock, writes a log or raises on what a server sends.
"""

from kitetui.wire.batch import TickBatch
from kitetui.wire.decode import decode_frame, decode_frames
from kitetui.wire.encode import HEARTBEAT, encode_batch, encode_frame, encode_packets
from kitetui.wire.layout import Exchange, Mode, PacketError, decimals_of, divisor_of
from kitetui.wire.requests import (
    ErrorText,
    MessageText,
    OrderText,
    Request,
    RequestError,
    SetMode,
    Subscribe,
    TextMessage,
    UnknownText,
    Unsubscribe,
    encode_error,
    encode_message,
    encode_order,
    encode_request,
    parse_request,
    parse_text,
)
from kitetui.wire.tick import OHLC, Depth, DepthEntry, Tick

__all__ = [
    "HEARTBEAT",
    "OHLC",
    "Depth",
    "DepthEntry",
    "ErrorText",
    "Exchange",
    "MessageText",
    "Mode",
    "OrderText",
    "PacketError",
    "Request",
    "RequestError",
    "SetMode",
    "Subscribe",
    "TextMessage",
    "Tick",
    "TickBatch",
    "UnknownText",
    "Unsubscribe",
    "decimals_of",
    "decode_frame",
    "decode_frames",
    "divisor_of",
    "encode_batch",
    "encode_error",
    "encode_frame",
    "encode_message",
    "encode_order",
    "encode_packets",
    "encode_request",
    "parse_request",
    "parse_text",
]
