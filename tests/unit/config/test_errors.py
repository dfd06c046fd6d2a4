import pytest

from edgeauth.config.decode import collect
from edgeauth.config.document import read_documents
from edgeauth.config.errors import ConfigurationError, Problem, problem_at, render_problems

PROBLEM = Problem(
    "rules/api.yaml",
    14,
    24,
    'unknown mechanism "googel"',
    expected="known authenticators: anonymous, google",
    suggestion='did you mean "google"?',
    source_line="      - authenticator: googel",
    caret=23,
    width=6,
)


def test_a_problem_is_rendered_with_its_line_and_a_caret():
    assert render_problems([PROBLEM], colour=False) == (
        'rules/api.yaml:14:24: unknown mechanism "googel"\n'
        "   14 |       - authenticator: googel\n"
        "      |                        ^^^^^^ "
        'did you mean "google"? known authenticators: anonymous, google'
    )


def test_a_problem_without_a_line_takes_one_line():
    problem = Problem("environment variable X", 0, 0, "wrong value", expected="expected text")

    rendered = render_problems([problem], colour=False)

    assert rendered == "environment variable X: wrong value; expected text"


def test_colours_add_nothing_but_escapes():
    coloured = render_problems([PROBLEM], colour=True)

    for escape in ("\033[1m", "\033[1;31m", "\033[36m", "\033[0m"):
        coloured = coloured.replace(escape, "")
    assert coloured == render_problems([PROBLEM], colour=False)


def test_problems_come_in_the_order_of_lines_and_once_each():
    later, earlier = Problem("f", 9, 1, "later"), Problem("f", 2, 1, "earlier")

    assert ConfigurationError([later, earlier, later]).problems == (earlier, later)


def test_several_steps_raise_their_problems_together():
    def steps():
        with collect() as problems:
            for number in (1, 2):
                with problems:
                    raise ConfigurationError([Problem("f", number, 1, "bad")])
            problems.add(Problem("f", 3, 1, "bad"))

    with pytest.raises(ConfigurationError) as refused:
        steps()

    assert [problem.line for problem in refused.value.problems] == [1, 2, 3]


def test_another_exception_is_not_gathered():
    with pytest.raises(ZeroDivisionError), collect() as problems, problems:
        _ = 1 / 0


def test_without_problems_nothing_is_raised():
    with collect() as problems, problems:
        pass


@pytest.mark.parametrize("url", ["https://me:hunter2@a.test/x", "https:/me:hunter2@a.test/x"])
def test_a_message_holds_no_password_of_a_url_that_stands_in_place_of_a_name(url: str):
    (node,) = read_documents(f"type: {url}", "f.yaml")

    problem = problem_at(node, f'unknown type "{url}"')

    assert "hunter2" not in problem.message
    assert "a.test/x" in problem.message


def test_a_long_message_is_cut():
    (node,) = read_documents("path: a", "f.yaml")

    assert len(problem_at(node, "x" * 100_000).message) < 500
