"""What settings lead to, and where it is told that it can not be used."""

import pytest

from edgeauth.config.document import read_documents
from edgeauth.config.errors import ConfigurationError
from edgeauth.config.unusable import unusable_at

TEXT = """\
url: https://a.test
source: keys
tls:
  - {key: a.pem, ca_file: roots/a.pem}
  - {secret: {source: keys, selector: roots}}
"""


@pytest.mark.parametrize(
    ("told", "line", "column"),
    [
        pytest.param("roots/a.pem: can not be read", 4, 27, id="file"),
        pytest.param("a.pem: holds nothing", 4, 11, id="file whose name ends another"),
        pytest.param("roots/b.pem: can not be read", 1, 1, id="another file"),
        pytest.param('secret source "keys" holds no keys', 2, 9, id="source"),
        pytest.param('no secret source "roots" is configured', 1, 1, id="source of that name"),
        pytest.param("no key may sign", 1, 1, id="neither"),
    ],
)
def test_what_can_not_be_used_is_told_at_the_value_that_names_it(told, line, column):
    (node,) = read_documents(TEXT, "f.yaml")

    with pytest.raises(ConfigurationError) as refused, unusable_at(node):
        raise ValueError(told)

    (problem,) = refused.value.problems
    assert (problem.line, problem.column, problem.message) == (line, column, told)


def test_a_file_in_a_directory_is_told_at_the_directory():
    (node,) = read_documents("path: mounted", "f.yaml")

    with pytest.raises(ConfigurationError) as refused, unusable_at(node):
        raise ValueError("mounted/token: is empty")

    assert refused.value.problems[0].column == 7
