"""From configuration and rule sets to the book of rules that the engine works with."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from edgeauth.catalogue.catalogue import Catalogue
from edgeauth.catalogue.claims import Claim
from edgeauth.catalogue.drafts import RuleDraft, RuleSetDraft, digest_of
from edgeauth.catalogue.enforcement import Enforcement
from edgeauth.catalogue.matching import claims_of
from edgeauth.catalogue.pipelines import Pipeline, PipelineBuilder
from edgeauth.config.codes import Code
from edgeauth.config.decode import collect
from edgeauth.config.errors import Collector, ConfigurationError, Problem
from edgeauth.config.models.configuration import DefaultRule
from edgeauth.config.models.rules import ForwardTo, Rule as RuleSpecification
from edgeauth.config.models.sockets import UnixSocket
from edgeauth.config.models.steps import Step
from edgeauth.config.models.upstreams import Upstreams
from edgeauth.config.read import RuleSet
from edgeauth.engine.rule import DEFAULT_RULE_ID, Rule
from edgeauth.engine.rulebook import RuleBook
from edgeauth.engine.trie import Trie
from edgeauth.model.identity import DEFAULT_PRINCIPAL
from edgeauth.model.pace import Pace, full_speed
from edgeauth.model.routing import EncodedSlashes, Target
from edgeauth.ports.declare import Kind
from edgeauth.wire.headers import STANDARD_REQUEST_FIELDS

_INSECURE_TYPES: Final = frozenset({"anonymous"})
"""Authenticators that prove nothing."""


class RuleCompiler:
    """Compiles rule sets against a catalogue and a default rule.

    Args:
        catalogue: the mechanisms.
        default_rule: what rules inherit and what holds where none matches.
        enforcement: which secure defaults hold.
        proxy: whether requests will be forwarded, so that every rule needs `forward_to`.
        upstreams: says which unix sockets requests may be forwarded to.
        looks_like_permit: tells statuses that no error handler may answer with.

    Attributes:
        problems: what is wrong with the default rule, or insecure about it. Rules are looked at
            all the same.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        default_rule: DefaultRule | None,
        enforcement: Enforcement,
        *,
        proxy: bool,
        upstreams: Upstreams = Upstreams(),  # noqa: B008  (immutable)
        looks_like_permit: Callable[[int], bool] | None = None,
    ) -> None:
        self._enforcement = enforcement
        self._proxy = proxy
        self._upstreams = upstreams
        self._builder = PipelineBuilder(catalogue, looks_like_permit)
        self._default: Pipeline | None = None
        self.problems = Collector()
        if default_rule is not None:
            with self.problems:
                self._check_default(default_rule, catalogue)
            with self.problems:
                pipeline = self._builder.build(default_rule.execute, default_rule.on_error)
                _check_principals(default_rule, pipeline)
                self._default = pipeline

    def _check_default(self, rule: DefaultRule, catalogue: Catalogue) -> None:
        first = rule.execute[0]
        if first.authenticator is None:
            message = "the default rule does not begin with an authenticator"
            raise ConfigurationError([rule.problem(message, "execute", code=Code.PIPELINE)])
        if self._enforcement.secure_default_rule:
            for step in _first_of_each_principal(rule):
                if catalogue.type_of(Kind.AUTHENTICATOR, step.reference) in _INSECURE_TYPES:
                    self.problems.add(_insecure(step))

    def draft(
        self,
        rule_set: RuleSet,
        problems: Collector,
        pace: Pace = full_speed,
        known: Mapping[bytes, RuleDraft] | None = None,
    ) -> RuleSetDraft:
        """Returns the rules of a set that compile.

        Args:
            rule_set: the set.
            problems: receives what is wrong with its rules.
            pace: gives way between two rules.
            known: rules of this compiler by their digests, which need not be compiled again.
        """
        drafts: list[RuleDraft] = []
        for specification in rule_set.rules:
            digest = digest_of(specification)
            same = None if known is None else known.get(digest)
            if same is not None:
                drafts.append(same.written_as(specification))
            else:
                with problems:
                    drafts.append(self._draft(specification, digest))
            pace()
        return RuleSetDraft(rule_set.name, tuple(drafts))

    def assemble(self, drafts: Sequence[RuleSetDraft], pace: Pace = full_speed) -> RuleBook:
        """Returns the book of the rules of all sets, which must not conflict.

        Args:
            drafts: all sets, in order.
            pace: gives way between two rules.
        """
        trie = Trie()
        shared = self._shared_fields(drafts)
        for draft in drafts:
            for each in draft.rules:
                rule = _rule(each, draft.name, shared)
                for claim in each.claims:
                    claim.add_to(trie, rule)
                pace()
        default = None if self._default is None else _default_rule(self._default, shared)
        return RuleBook(trie, default)

    def _draft(self, specification: RuleSpecification, digest: bytes) -> RuleDraft:
        with collect() as problems:
            for problem in self._target_problems(specification):
                problems.add(problem)
            pipeline, claims = Pipeline(), tuple[Claim, ...]()
            with problems:
                pipeline = self._pipeline(specification)
            with problems:
                claims = claims_of(specification)
        forward_to = specification.forward_to
        slashes = EncodedSlashes(specification.allow_encoded_slashes)
        target = None if forward_to is None else _target(forward_to, slashes)
        return RuleDraft(specification.id, pipeline, target, claims, digest)

    def _pipeline(self, specification: RuleSpecification) -> Pipeline:
        pipeline = self._builder.build(specification.execute, specification.on_error)
        if self._default is not None:
            pipeline = pipeline.inheriting(self._default)
        if not pipeline.principals and not self.problems.found:
            message = "no authenticator, and no default rule to inherit one from"
            raise ConfigurationError(
                [specification.problem(message, "execute", code=Code.PIPELINE)]
            )
        _check_principals(specification, pipeline)
        return pipeline

    def _target_problems(self, specification: RuleSpecification) -> Iterator[Problem]:
        target = specification.forward_to
        if target is None:
            if self._proxy:
                yield specification.problem(
                    "no forward_to: a proxy has to know where requests of this rule go",
                    "id",
                    expected="expected forward_to with a host such as orders:9000",
                    code=Code.NO_UPSTREAM,
                )
        elif isinstance(target.host, UnixSocket):
            if self._proxy and not self._upstreams.allows(target.host):
                yield target.problem(
                    "rules may not forward to this socket",
                    "host",
                    expected="expected one that upstreams.sockets of the configuration lists",
                    code=Code.INSECURE,
                )
        elif target.rewrite.scheme == "http" and self._enforcement.upstream_tls:
            yield target.rewrite.problem(
                "the upstream would be asked without TLS",
                "scheme",
                expected="expected https; or --insecure-skip-upstream-tls-enforcement",
                code=Code.INSECURE,
            )

    def _shared_fields(self, drafts: Iterable[RuleSetDraft]) -> frozenset[bytes]:
        """Returns the names that some finalizer sets and no client has a business to send.

        A client's `X-User` must not reach the upstream of a rule that sets none either: both may
        be the same upstream. What clients do send for their own reasons is left to each rule.
        """
        pipelines = [rule.pipeline for draft in drafts for rule in draft.rules]
        if self._default is not None:
            pipelines.append(self._default)
        owned = frozenset(name for pipeline in pipelines for name in pipeline.owned())
        return owned - STANDARD_REQUEST_FIELDS


def _first_of_each_principal(rule: DefaultRule) -> Iterable[Step]:
    firsts: dict[str, Step] = {}
    for step in rule.execute:
        if step.authenticator is not None:
            firsts.setdefault(step.principal_name, step)
    return firsts.values()


def _insecure(step: Step) -> Problem:
    return step.problem(
        "the default rule lets everybody be anonymous",
        "authenticator",
        expected="expected an authenticator that proves something; or "
        "--insecure-skip-secure-default-rule-enforcement",
        code=Code.INSECURE,
    )


def _check_principals(specification: RuleSpecification | DefaultRule, pipeline: Pipeline) -> None:
    """Raises when nobody would be the default principal.

    The default rule's authenticators do not make up for it: a stage is inherited as a whole or
    not at all, and an authenticator that the rule left out on purpose must not come back.
    """
    names = [each.principal for each in pipeline.principals]
    if names and DEFAULT_PRINCIPAL not in names:
        message = f'no authenticator identifies the principal "{DEFAULT_PRINCIPAL}"'
        hint = "leave principal out of one of them: Subject.ID is that of the default principal"
        raise ConfigurationError(
            [specification.problem(message, "execute", expected=hint, code=Code.PIPELINE)]
        )


def _rule(draft: RuleDraft, rule_set: str, shared: frozenset[bytes]) -> Rule:
    pipeline = draft.pipeline
    return Rule(
        draft.id,
        rule_set,
        pipeline.principals,
        pipeline.checks,
        pipeline.finalizers,
        pipeline.error_handlers,
        draft.target,
        _united(shared, pipeline.owned()),
    )


def _default_rule(pipeline: Pipeline, shared: frozenset[bytes]) -> Rule:
    return Rule(
        DEFAULT_RULE_ID,
        "",
        pipeline.principals,
        pipeline.checks,
        pipeline.finalizers,
        pipeline.error_handlers,
        owned=_united(shared, pipeline.owned()),
    )


def _united(shared: frozenset[bytes], owned: frozenset[bytes]) -> frozenset[bytes]:
    """Returns both, for most rules the same set: ten thousand others would take room."""
    return shared if owned <= shared else shared | owned


def _target(specification: ForwardTo, slashes: EncodedSlashes) -> Target:
    rewrite, upstream = specification.rewrite, specification.host
    socket = upstream.path if isinstance(upstream, UnixSocket) else None
    host, port = ("localhost", None) if isinstance(upstream, UnixSocket) else upstream
    return Target(
        host,
        port,
        rewrite.scheme,
        rewrite.strip_path_prefix,
        rewrite.add_path_prefix,
        _interned(rewrite.strip_query_parameters),
        specification.forward_host_header,
        decode_slashes=slashes is EncodedSlashes.ON,
        upgrades=_protocols(specification.upgrades),
        socket=socket,
    )


@lru_cache(maxsize=1024)
def _interned(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(names)


@lru_cache(maxsize=1024)
def _protocols(names: tuple[str, ...]) -> frozenset[bytes]:
    return frozenset(name.encode() for name in names)
