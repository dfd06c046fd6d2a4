"""HTML without a template engine: what is not markup is escaped, wherever it stands."""

import pytest
from pages import Html, element, join

HOSTILE = ["<script>", "a & b", '" onload="x', "' onload='x", "</title>", "<!--", "&lt;"]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_escaped_as_a_child_alone_in_a_list_and_as_an_attribute(text: str) -> None:
    for html in (element("p", text), element("p", [text, [text]]), element("p", title=text)):
        inside = html.replace("<p>", "").replace("</p>", "").replace('<p title="', "")
        assert not set(inside.removesuffix('">')) & set("<>\"'")


def test_joining_strings_makes_no_markup_of_them() -> None:
    assert join("<b>" + Html("<i>")) == "&lt;b&gt;&lt;i&gt;"


def test_elements_nest_and_keep_their_attributes() -> None:
    html = element("a", element("b", "x"), href="/?a=1&b=2", aria_label="y", class_="z")

    assert html == '<a href="/?a=1&amp;b=2" aria-label="y" class="z"><b>x</b></a>'
