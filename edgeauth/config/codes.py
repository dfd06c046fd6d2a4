"""The kinds of problems, under names that never change: programs tell problems apart by them."""

from enum import StrEnum


class Code(StrEnum):
    """What kind of mistake a problem is; the value is what machines read."""

    UNREADABLE_FILE = "unreadable-file"
    YAML = "yaml"
    DUPLICATE_KEY = "duplicate-key"
    VARIABLE = "variable"
    UNKNOWN_KEY = "unknown-key"
    UNSUPPORTED_KEY = "unsupported-key"
    MISSING_KEY = "missing-key"
    WRONG_TYPE = "wrong-type"
    WRONG_VALUE = "wrong-value"
    DUPLICATE_ID = "duplicate-id"
    EXPRESSION = "expression"
    PIPELINE = "pipeline"
    UNKNOWN_MECHANISM = "unknown-mechanism"
    UNKNOWN_TYPE = "unknown-type"
    OVERRIDE = "override"
    CONFLICT = "conflict"
    NO_UPSTREAM = "no-upstream"
    UNUSABLE = "unusable"
    INSECURE = "insecure"
    MORE = "more-problems"


MEANINGS = {
    Code.UNREADABLE_FILE: "a file is missing, can not be read, is too large or holds nothing",
    Code.YAML: "the text is not YAML 1.2, or uses something of it that is not accepted",
    Code.DUPLICATE_KEY: "a key stands twice in one map",
    Code.VARIABLE: "a reference to a variable is none, or a variable sets no key",
    Code.UNKNOWN_KEY: "a key that nobody reads; most often it is misspelt",
    Code.UNSUPPORTED_KEY: "a key that is known but not accepted here, or not supported yet",
    Code.MISSING_KEY: "a key that has to be there is not",
    Code.WRONG_TYPE: "text where a list belongs, a map where a number belongs, and the like",
    Code.WRONG_VALUE: "a value of the right kind that is not accepted",
    Code.DUPLICATE_ID: "two rules, mechanisms or steps have one id",
    Code.EXPRESSION: "a condition, template, selector, path, glob or pattern does not compile",
    Code.PIPELINE: "steps are out of order, refer to no mechanism or to two, or lack a stage",
    Code.UNKNOWN_MECHANISM: "a step refers to a mechanism that is not in the catalogue",
    Code.UNKNOWN_TYPE: "an entry of the catalogue has a type that does not exist",
    Code.OVERRIDE: "a step sets what only the catalogue may set",
    Code.CONFLICT: "rules of two rule sets are for the same requests",
    Code.NO_UPSTREAM: "a rule does not say where a proxy forwards its requests to",
    Code.UNUSABLE: "what a setting leads to, such as a key store, can not be used",
    Code.INSECURE: "a secure default does not hold",
    Code.MORE: "there are more problems in the file than are shown",
}
"""What each code stands for, in one phrase."""
