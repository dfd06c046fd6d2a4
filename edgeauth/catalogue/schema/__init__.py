"""JSON Schemas (2020-12) of what is written, made from the models that read it.

They are for editors and for checks before edgeauth is at hand. What needs more than one place of
a document to be seen (an id twice, a reference to nothing, an expression that does not compile)
is beyond them: `edgeauth validate` has the last word.
"""

from edgeauth.catalogue.schema.documents import configuration_schema, rule_set_schema

__all__ = ["configuration_schema", "rule_set_schema"]
