"""Accounts: which service, which key, which token of the day, where they are kept, and how one logs in.

What is imported here is light; the login itself, with its HTTP client, is in `kitetui.account.login`.
"""

from kitetui.account.profiles import ENDPOINTS, KITE, SANDBOX, SIMULATOR, EndpointProfile, endpoint_named
from kitetui.account.secrets import Secrets
from kitetui.account.tokens import KeptToken, ended, valid_until
from kitetui.account.vault import DEFAULT, Vault, login_command

__all__ = [
    "DEFAULT",
    "ENDPOINTS",
    "KITE",
    "SANDBOX",
    "SIMULATOR",
    "EndpointProfile",
    "KeptToken",
    "Secrets",
    "Vault",
    "ended",
    "endpoint_named",
    "login_command",
    "valid_until",
]
