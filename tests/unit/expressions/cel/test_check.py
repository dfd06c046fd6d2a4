"""What is refused at load, where it points to and what it suggests."""

import pytest

from edgeauth.expressions.cel import compile_condition
from edgeauth.expressions.errors import ExpressionError
from edgeauth.expressions.objects import VARIABLES
from tests.unit.expressions.cel.scopes import DECLARED

REFUSED = [
    # syntax
    ("", 0, "the expression is empty", ""),
    ("  // nothing", 0, "the expression is empty", ""),
    ("true true", 5, 'unexpected "true"', "expected an operator or the end"),
    ("(true", 5, "unexpected end of the text", 'expected ")"'),
    ("true & false", 5, "unexpected character", 'did you mean "&&"?'),
    ("Request.Method = 'GET'", 15, "unexpected character", 'did you mean "=="?'),
    ("'abc", 0, "unterminated string", ""),
    ("'''abc''", 0, "unterminated string", ""),
    ("'a\\qb' == ''", 2, "unknown escape in a string", 'a backslash is written "\\\\"'),
    ("'\\ud800' == ''", 1, "this escape names no character", ""),
    ("b'\\u0041' == b''", 2, "bytes have no Unicode escapes", 'use "\\x.."'),
    ("1 == 9223372036854775808", 5, "this number does not fit a 64-bit int", ""),
    ("1.0 == 1e400", 7, "this number does not fit a double", ""),
    ("1u == -1u", 7, "this number does not fit an unsigned 64-bit int", ""),
    ("for == 1", 0, '"for" is a reserved word', ""),
    ("Foo{a: 1} == 1", 3, "messages are not supported", ""),
    ("a.b.C{} == 1", 5, "messages are not supported", ""),
    ("Outputs.?a == 1", 11, '"==" does not take optional_type and int', ""),
    (
        "Request.?Methd == optional.of(1)",
        9,
        'Request has no member "Methd"',
        'did you mean "Method"?',
    ),
    ("[?1] == [1]", 2, '"?" needs an optional value, not int', ""),
    ("{?'a': 1} == {'a': 1}", 7, '"?" needs an optional value, not int', ""),
    ("has(Outputs.?a)", 13, '"has" takes no optional access', 'write "."'),
    ("'a'.optMap(x, x).hasValue()", 4, "string is no optional value", ""),
    (
        "optional.of(1).optFlatMap(x, 1).hasValue()",
        29,
        '"optFlatMap" needs an optional value, not int',
        "",
    ),
    ("Subject.?client.hasValue()", 9, '"?" does not take Principal', None),
    ("[1].all(x, x, x == 1)", 11, "both variables have the same name", ""),
    ("[1].all(1, x, x == 1)", 8, 'the first argument of "all" names the variable', None),
    ("[1].all(x, 1, x == 1)", 11, 'the second argument of "all" names the variable', None),
    (
        "[1].transformMapEntry(i, v, i) == {}",
        28,
        'the last argument of "transformMapEntry" is a map',
        None,
    ),
    ("cel.bind(1, 2, true)", 9, 'the first argument of "bind" names the variable', None),
    ("cel.bind(x, 1, true) && x == 1", 24, 'unknown name "x"', None),
    ("cel.bind(x, 1, x == 'a')", 17, '"==" does not take int and string', ""),
    ("int(duration('1s')) == 1", 0, '"int" does not take (google.protobuf.Duration)', None),
    ("duration(1) == duration('1s')", 0, '"duration" does not take (int)', None),
    ("cel.index(0) == 1", 4, 'unknown name "cel.index(0)"', None),
    ("cel.block([1], cel.index(Values))", 25, "a constant number is needed", ""),
    (
        "regex.extract('a', Values.owner).hasValue()",
        6,
        'the pattern of "regex.extract" is a constant',
        "",
    ),
    (
        "regex.extract('a', '(a)(b)').hasValue()",
        6,
        "the regular expression has more than one group",
        "",
    ),
    ("isIP(cidr('10.0.0.0/8'))", 0, '"isIP" does not take (net.CIDR)', None),
    ("ip('10.0.0.256') == ip('10.0.0.1')", 0, "ip: not an address", ""),
    ("size(1,) == 1", 7, 'unexpected ")"', "expected an expression"),
    ("-!true", 1, '"!" and "-" do not follow each other', "use parentheses"),
    ("(" * 65 + "true" + ")" * 65, 64, "nested deeper than 64", ""),
    ("!" * 70 + "true", 64, "nested deeper than 64", ""),
    ("true" + " " * 16_384, 0, "longer than 16384 octets", ""),
    # names and members
    ("Reqest.Method == 'GET'", 0, 'unknown name "Reqest"', 'did you mean "Request"?'),
    ("Request.Methd == 'GET'", 8, 'Request has no member "Methd"', 'did you mean "Method"?'),
    ("Request.URL.path == '/'", 12, 'URL has no member "path"', 'did you mean "Path"?'),
    ("Subject.id == 'x'", 8, 'Subject has no member "id"', 'did you mean "ID"?'),
    (
        "Subject['attributes'] == 'x'",
        8,
        'Subject has no member "attributes"',
        'did you mean "Attributes"?',
    ),
    ("Request.Header == 'x'", 8, '"Header" of Request is a method', 'write "Header(...)"'),
    ("Request.Method() == 'x'", 8, '"Method" of Request is no method', "leave the parentheses out"),
    ("Request.__class__ == 1", 8, 'Request has no member "__class__"', ""),
    ("Request.request.method == ''", 8, 'Request has no member "request"', ""),
    ("Request.header('X') == ''", 8, 'Request has no method "header"', 'did you mean "Header"?'),
    ("Request.Method.foo == ''", 15, 'string has no member "foo"', ""),
    ("size(Subject) > 0", 0, '"size" does not take (Subject)', None),
    ("'x' in Subject", 4, '"in" does not take string and Subject', ""),
    ("Subject.exists(x, true)", 8, '"exists" needs a list or map, not Subject', ""),
    ("Subject == Subject", 8, '"==" does not take Subject and Subject', ""),
    # functions
    (
        "Request.Method.startWith('G')",
        15,
        'unknown method "startWith"',
        'did you mean "startsWith"?',
    ),
    ("math." + "abs" * 5000 + "(1) == 1", 5, f'unknown function "math.{"abs" * 5000}"', ""),
    ("siz('a') == 1", 0, 'unknown function "siz"', 'did you mean "size"?'),
    ("contains('a', 'b')", 0, '"contains" is a method', 'write "value.contains(...)"'),
    ("'a'.int() == 1", 4, '"int" is a function', 'write "int(value)"'),
    ("'a'.contains() == true", 4, '"contains" takes another number of arguments', None),
    ("'a'.contains(1)", 4, '"contains" does not take (string, int)', None),
    ("Request.Header() == ''", 8, '"Header" takes another number of arguments', None),
    ("math.absolute(1) == 1", 5, 'unknown function "math.absolute"', 'did you mean "math.abs"?'),
    (
        "[1].all(x.y, true)",
        10,
        'the first argument of "all" names the variable',
        'e.g. "list.all(x, ...)"',
    ),
    ("[1].all(true)", 4, '"all" takes a variable and an expression', None),
    ("has(Outputs)", 0, '"has" takes one member access', None),
    ("[1].all(x, x > 0) && x == 1", 21, 'unknown name "x"', ""),
    # types
    ("'1' == 1", 4, '"==" does not take string and int', ""),
    ("1 == 1.0", 2, '"==" does not take int and double', None),
    ("1u == 1", 3, '"==" does not take uint and int', None),
    ("1 + 1.0 == 2.0", 2, '"+" does not take int and double', None),
    ("1 in ['a']", 2, '"in" does not take int and list(string)', ""),
    ("'a' < 1", 4, '"<" does not take string and int', ""),
    ("'a' && true", 0, '"&&" needs bool, not string', ""),
    ("!1", 1, '"!" needs bool, not int', ""),
    ("true ? 1 : 'a'", 5, '"?:" has sides of types int and string', ""),
    ("{1.5: 1} == {}", 1, "double can not be a key", ""),
    ("[1].all(x, x)", 11, '"all" needs bool, not int', ""),
    # results
    ("1 + 1", 0, "the result is int, not bool", ""),
    ("Subject.Attributes.flag", 0, "the result is dyn, not bool", 'compare it, e.g. "... == true"'),
    ("Payload", 0, "the result is dyn, not bool", 'compare it, e.g. "... == true"'),
    # constants
    ("int('x') == 1", 0, "int: not a number", ""),
    ("duration('1d') == duration('1s')", 0, "duration: not a duration", ""),
    ("timestamp('today') == timestamp(0)", 0, "timestamp: not an RFC 3339 date and time", ""),
    ("Request.Method.matches('(')", 15, "not a regular expression (RE2)", ""),
    ("Request.Method.matches('(?=a)')", 15, "not a regular expression (RE2)", ""),
    ("'a' in networks('10.0.0.0/99')", 7, "networks: not a network", ""),
    (
        "Request.Method.matches(Values.owner)",
        15,
        'the pattern of "matches" is a constant',
        "",
    ),
]


@pytest.mark.parametrize(
    ("text", "offset", "message", "hint"),
    REFUSED,
    ids=[text[:60] or "empty" for text, *_ in REFUSED],
)
def test_a_condition_that_can_not_work_is_refused_at_load(
    text: str, offset: int, message: str, hint: str | None
) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_condition(text, DECLARED)

    assert (caught.value.message, caught.value.offset) == (message, offset)
    assert hint is None or caught.value.hint == hint


def test_error_classes_are_no_names_where_there_is_no_error() -> None:
    with pytest.raises(ExpressionError, match='unknown name "authentication_error"'):
        compile_condition(
            "type(Subject.ID) == authentication_error", {"Subject": VARIABLES["Subject"]}
        )


@pytest.mark.parametrize("depth", [10_000, 16_000])
def test_a_bomb_of_parentheses_is_refused_before_it_goes_off(depth: int) -> None:
    """Attack 167."""
    with pytest.raises(ExpressionError):
        compile_condition("(" * depth, DECLARED)


def test_long_chains_of_terms_are_no_nesting() -> None:
    text = " || ".join(["Request.Method == 'PUT'"] * 500) + " || Subject.ID == 'alice'"

    assert compile_condition(text, DECLARED).text == text
