"""Settings that the official client does not take."""
# ruff: noqa: T201, DTZ - what it prints is what is compared, and times are used as they are given

import logging
import sys

from kiteconnect import KiteTicker

logging.basicConfig(stream=sys.stdout, format="%(levelname)s %(message).44s")
kws = KiteTicker("key", "token", root=sys.argv[1], reconnect_max_tries=1000, reconnect_max_delay=1)
print(kws.reconnect_max_tries, kws.reconnect_max_delay, kws.connect_timeout, kws.is_connected())
