"""Services for mechanisms under test: fakes at the edges, the real things between them."""

from dataclasses import dataclass, field

from edgeauth.config.specification import Specification
from edgeauth.expressions.secrets import NO_SECRETS, Secrets
from edgeauth.ports.declare import MechanismType
from edgeauth.ports.facts import FactCache
from edgeauth.ports.mechanisms import Mechanism
from edgeauth.ports.proofs import Nonces, ReplayStore
from edgeauth.ports.services import Services
from edgeauth.services.cache_memory import MemoryCache
from edgeauth.services.endpoints.tokens import ClientCredentialsTokens
from edgeauth.services.issuer_directory import Issuers
from edgeauth.services.replays import MemoryReplayStore
from edgeauth.services.trust_stores import TrustStoreFiles
from edgeauth.services.verification_keys import IssuerKeys
from edgeauth.wire.answers import Answers
from tests.fakes.clock import FakeClock
from tests.fakes.endpoints import FakeEndpoints
from tests.fakes.signers import FakeSigners


@dataclass
class World:
    """Everything that a mechanism can touch, in the hands of a test."""

    clock: FakeClock = field(default_factory=FakeClock)
    endpoints: FakeEndpoints = field(default_factory=FakeEndpoints)
    signers: FakeSigners = field(default_factory=FakeSigners)
    cache: FactCache | None = None
    replays: ReplayStore | None = None
    nonces: Nonces | None = None
    secrets: Secrets = NO_SECRETS

    def __post_init__(self) -> None:
        cache = self.cache
        if cache is None:  # an empty one is false
            cache = MemoryCache(self.clock, monotonic=self.clock.now)
        issuers = Issuers(self.endpoints, self.clock.now)
        self.services = Services(
            self.clock,
            cache,
            self.endpoints,
            ClientCredentialsTokens(self.endpoints, self.clock, cache),
            issuers,
            IssuerKeys(self.endpoints, self.clock, issuers, self.clock.now),
            TrustStoreFiles(),
            self.replays or MemoryReplayStore(self.clock, monotonic=self.clock.now),
            self.nonces,
            self.signers,
            Answers(),
            self.secrets,
        )

    def build(
        self,
        of: MechanismType[Specification],
        config: dict[str, object] | None = None,
        mechanism_id: str = "it",
        *,
        egress_tls: bool = True,
    ) -> Mechanism:
        """Returns a mechanism that is built from a configuration, as the catalogue does it."""
        context = {"egress_tls": egress_tls, "secrets": self.secrets}
        decoded = of.config.model_validate(config or {}, context=context)
        return of.build(mechanism_id, decoded, self.services)
