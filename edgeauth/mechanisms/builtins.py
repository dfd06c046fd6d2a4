"""Every type of mechanism that comes with edgeauth: the one visible list."""

from typing import Final

from edgeauth.config.specification import Specification
from edgeauth.mechanisms.authenticators import (
    anonymous,
    api_key,
    basic_auth,
    generic as session,
    http_message_signatures,
    jwt,
    mtls,
    oauth2_introspection,
    unauthorized,
    webhook,
)
from edgeauth.mechanisms.authorizers import allow, cel, deny, remote
from edgeauth.mechanisms.contextualizers import generic, map as map_
from edgeauth.mechanisms.error_handlers import (
    default,
    generic as answer,
    redirect,
    www_authenticate,
)
from edgeauth.mechanisms.finalizers import (
    cookie,
    header,
    jwt as contract,
    noop,
    oauth2_client_credentials,
    oauth2_token_exchange,
)
from edgeauth.ports.declare import MechanismType

TYPES: Final[tuple[MechanismType[Specification], ...]] = (
    anonymous.TYPE,
    api_key.TYPE,
    basic_auth.TYPE,
    session.TYPE,
    http_message_signatures.TYPE,
    jwt.TYPE,
    mtls.TYPE,
    oauth2_introspection.TYPE,
    unauthorized.TYPE,
    webhook.TYPE,
    allow.TYPE,
    cel.TYPE,
    deny.TYPE,
    remote.TYPE,
    generic.TYPE,
    map_.TYPE,
    contract.TYPE,
    cookie.TYPE,
    header.TYPE,
    noop.TYPE,
    oauth2_client_credentials.TYPE,
    oauth2_token_exchange.TYPE,
    answer.TYPE,
    default.TYPE,
    redirect.TYPE,
    www_authenticate.TYPE,
)
