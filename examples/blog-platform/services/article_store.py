"""The articles, and how many of them each user has read in full today."""

import json
from dataclasses import dataclass
from uuid import uuid4

from serving import DATA

EXCERPT_CHARACTERS = 160


@dataclass(frozen=True, slots=True)
class Article:
    """One article. `text` has paragraphs separated by blank lines."""

    id: str
    title: str
    author_id: str
    author: str
    published: str
    """The day, as YYYY-MM-DD."""
    text: str

    @property
    def excerpt(self) -> str:
        """The beginning: at most 160 characters of the first paragraph, never the whole text."""
        first = self.text.split("\n\n", 1)[0]
        limit = min(EXCERPT_CHARACTERS, len(self.text) // 2)
        return first if len(first) <= limit else first[:limit].rsplit(" ", 1)[0] + " …"


class ArticleStore:
    """Everything in memory, as befits an example."""

    def __init__(self) -> None:
        entries = json.loads((DATA / "articles.json").read_text("utf-8"))
        self._articles = {entry["id"]: Article(**entry) for entry in entries}
        self.read_today: dict[str, int] = {}

    def find(self, article_id: str) -> Article | None:
        """Returns the article with this id, if there is one."""
        return self._articles.get(article_id)

    def newest_first(self) -> list[Article]:
        """Returns all articles."""
        return sorted(self._articles.values(), key=lambda article: article.published, reverse=True)

    def authors(self) -> dict[str, str]:
        """Returns who wrote which article, by article id."""
        return {article.id: article.author_id for article in self._articles.values()}

    def add(self, article: Article) -> None:
        """Publishes an article."""
        self._articles[article.id] = article


def new_article_id() -> str:
    """Returns an id that no article has."""
    return str(uuid4())
