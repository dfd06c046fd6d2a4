"""Steps of both dialects: 1beta1 has principals, and conditions of authenticators."""

from edgeauth.config.conversion.edits import Draft
from edgeauth.config.conversion.entries import remove_entry
from edgeauth.config.nodes import Mapping, Scalar, Sequence
from edgeauth.model.identity import DEFAULT_PRINCIPAL

_NAMES = {"1beta1": ("subject", "principal"), "1alpha4": ("principal", "subject")}


def convert_steps(draft: Draft, rule: Mapping, target: str) -> None:
    """Leaves steps as they are, and refuses what the other dialect can not say."""
    execute = rule.entries.get("execute")
    for step in execute.items if isinstance(execute, Sequence) else ():
        if not isinstance(step, Mapping) or "authenticator" not in step.entries:
            continue
        if draft.first_visit(step):
            _convert_authenticator(draft, step, target)


def _convert_authenticator(draft: Draft, step: Mapping, target: str) -> None:
    old, new = _NAMES[target]
    config = step.entries.get("config")
    if isinstance(config, Mapping) and old in config.entries:
        message = f'config is not touched: heimdall says "{new}" for this with {target}'
        draft.note(config.key(old), f"{message}, edgeauth takes both")
    if target == "1beta1":
        return
    if "if" in step.entries:
        hint = "write two rules, or leave the condition out"
        draft.refuse(step.key("if"), "1alpha4 has no conditions of authenticators", hint)
    principal = step.entries.get("principal")
    if isinstance(principal, Scalar) and draft.layout.is_here(principal, step):
        if principal.text == DEFAULT_PRINCIPAL:
            draft.note(step.key("principal"), "principal is left out: 1alpha4 knows no other one")
            remove_entry(draft, step, "principal")
        else:
            draft.refuse(principal, "1alpha4 knows one principal only")
    elif principal is not None:
        draft.refuse(step.key("principal"), "an alias can not be converted here")
