"""X.509 certificates from octets, read strictly (RFC 5280).

Trust: anybody's; what the library only warns about is refused here.
"""

import warnings

from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning

from edgeauth.model.errors import Malformed


def parse_x509(der: bytes) -> x509.Certificate:
    """Returns the certificate that a DER structure is.

    Raises:
        Malformed: it is none, or breaks a rule that its readers used to let pass, such as a
            serial number that is not positive (section 4.1.2.2).
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", CryptographyDeprecationWarning)
            return x509.load_der_x509_certificate(der)
    except (ValueError, TypeError, x509.InvalidVersion, CryptographyDeprecationWarning):
        # The library's text may quote the certificate.
        raise Malformed("has a certificate that can not be read") from None
