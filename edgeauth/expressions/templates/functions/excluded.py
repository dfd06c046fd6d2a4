"""The functions of sprig that rules do not have, and why: an answer better than "unknown"."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_MACHINE = "rules do not read the environment: use ${NAME} in the configuration"
_NETWORK = "rules ask nobody but configured endpoints"
_KEYS = "keys and certificates are made by tools and configured, not made for a request"
_PASSWORDS = "hashing passwords takes long on purpose: a request could stop the worker"
_CIPHERS = "rules encrypt nothing: keys do not belong in their text"
_CHANGES = "rules change no data: "

EXCLUDED: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("env", "expandenv"), _MACHINE),
        "getHostByName": _NETWORK,
        **dict.fromkeys(
            (
                "genPrivateKey",
                "genCA",
                "genCAWithKey",
                "genSelfSignedCert",
                "genSelfSignedCertWithKey",
                "genSignedCert",
                "genSignedCertWithKey",
                "buildCustomCert",
            ),
            _KEYS,
        ),
        **dict.fromkeys(("htpasswd", "bcrypt", "derivePassword"), _PASSWORDS),
        **dict.fromkeys(("encryptAES", "decryptAES"), _CIPHERS),
        "set": _CHANGES + "mergeOverwrite returns a new map",
        "unset": _CHANGES + "omit returns a new map",
        "call": "no value is a function",
    }
)
"""Why each is not available, by name."""
