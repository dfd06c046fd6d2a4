"""Rule sets as text, of rules that have less and more of their own."""

CATALOGUE = """\
mechanisms:
  authenticators: [{id: sso, type: unauthorized}]
  authorizers: [{id: policy, type: cel, config: {expressions: [{expression: "true"}]}}]
  finalizers: [{id: tell, type: header, config: {headers: {X-User: "{{ .Subject.ID }}"}}}]
default_rule: {execute: [{authenticator: sso}, {authorizer: policy}]}
"""

_BEGINNING = """\
  - id: shop:orders:{n}
    match:
      routes:
        - path: /shops{n}/:shop/orders/**
        - path: /shops{n}/:shop/more
      methods: [GET, POST]
    forward_to:
      host: orders:9000
    execute:
      - authenticator: sso
      - authorizer: policy
"""
_END = """\
      - finalizer: tell
"""
_OWN_CONDITION = """\
        config:
          expressions:
            - expression: Subject.ID != "" && Subject.Attributes.department in ["sales", "s{n}"]
"""
_EVERYTHING = """\
  # orders of shop {n}: read by everybody who is signed in, written by the staff of the shop alone
  - id: shop:orders:{n}
    match:
      routes:
        - path: /shops{n}/:shop/orders/**
          path_params:
            - name: shop
              type: glob
              value: "{{eu,us}}-*"
        - path: /shops{n}/:shop/more
      methods: [GET, POST]
    forward_to:
      host: orders:9000
      rewrite:
        strip_path_prefix: /shops{n}
    execute:
      - authenticator: sso
      - authorizer: policy
        if: Request.Method == "POST" && Request.Header("X-Shop").contains("shop-{n}")
        config:
          expressions:
            - expression: Subject.ID != "" && Subject.Attributes.department in ["sales", "s{n}"]
              message: only the staff of shop {n} may do that
      - finalizer: tell
        config:
          headers:
            X-Shop: "{{{{ .Request.URL.Captures.shop }}}}/{n}"
"""
KINDS = {
    "plain": _BEGINNING + _END,
    "condition": _BEGINNING + _OWN_CONDITION + _END,
    "everything": _EVERYTHING,
}
"""By what a rule has of its own: its id and paths; a condition besides; and everything."""


def rule_sets(kind: str, rules: int, sets: int) -> list[str]:
    """Returns the texts of rule sets that hold so many rules together, no two alike."""
    each = rules // sets
    return [_rule_set(KINDS[kind], number * each, each) for number in range(sets)]


def _rule_set(rule: str, first: int, count: int) -> str:
    rules = "".join(rule.format(n=number) for number in range(first, first + count))
    return f'version: "1alpha4"\nname: shops {first}\nrules:\n{rules}'
