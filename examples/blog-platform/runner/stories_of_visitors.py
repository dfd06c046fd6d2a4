"""Stories of visitors and readers: who sees what."""

from urllib.parse import parse_qs, urlsplit

from runner.visitor import BROWSER, Answer
from runner.world import World

ARTICLES = ("deny-by-default", "one-contract", "quota-of-a-day", "confused-paths", "rotating-keys")
ALICES_OWN = "alices-garden"


async def everybody_sees_the_public_pages(world: World) -> None:
    """`/` and what belongs to it need no login; what only looks like it does."""
    main = await world.edge.get("/")
    seen = f"{main.status}, {main.claims.get('sub')}"
    world.expect("anonymous reads /", "200, anonymous", seen)
    style = await world.edge.get("/site.css")
    seen = f"{style.status}, {style.headers.get('Content-Type', '').split(';')[0]}"
    world.expect("anonymous reads /site.css", "200, text/css", seen)
    listing = await world.edge.get("/articles")
    world.expect("anonymous lists the articles", "200", str(listing.status))
    for path in ("/a/site.css", "/SITE.CSS", "/site.css/", "/site.css.map", "/a/../site.css.x"):
        answer = await world.edge.get(path)
        world.expect_refusal(f"{path} is not public", answer)


async def an_unknown_page(world: World) -> None:
    """Browsers are sent to the login, programs are told to authenticate, and nobody gets in."""
    browser = await world.edge.get("/nowhere?a=1&b=2", accept=BROWSER)
    back = f"{world.platform.plan.url('edge')}/nowhere?a=1&b=2"
    expected = f"302 to {world.platform.plan.url('accounts')}/login, back to {back}"
    world.expect("a browser at an unknown page is sent to the login", expected, _way(browser))
    program = await world.edge.get("/nowhere")
    world.expect("curl at an unknown page", "401", str(program.status))
    known = await world.edge.get("/nowhere", await world.token("alice"))
    world.expect("alice at a page that no rule allows", "403", str(known.status))


async def alice_signs_in(world: World) -> None:
    """From a page to the login and back, with a cookie, as a browser does it."""
    start = await world.edge.get("/profile", accept=BROWSER)
    login = urlsplit(start.headers.get("Location", ""))
    back = parse_qs(login.query).get("return_to", [""])[0]
    page = await world.accounts.get(f"{login.path}?{login.query}", accept=BROWSER)
    user = world.users["alice"]
    form = {"return_to": back, "username": user.username, "password": user.password}
    done = await world.accounts.post_form("/login", form)
    cookie = done.cookie("id_token")
    seen = f"{page.status}, {done.status} to {done.headers.get('Location')}"
    profile = f"{world.platform.plan.url('edge')}/profile"
    world.expect("alice logs in and is sent back", f"200, 303 to {profile}", seen)
    flags = ", ".join(flag for flag in ("HttpOnly", "SameSite=Lax") if flag in cookie)
    world.expect("her cookie is kept from scripts and other sites", "HttpOnly, SameSite=Lax", flags)
    headers = {"Cookie": cookie.split(";")[0]}
    there = await world.edge.get("/profile", headers=headers)
    seen = f"{there.status}, {there.claims.get('sub')}"
    world.expect("she is where she was, as herself", f"200, {user.id}", seen)
    wrong = await world.accounts.post_form("/login", {**form, "password": "guess"})
    world.expect("a wrong password", "401, no cookie", f"{wrong.status}, {_cookie(wrong)}")
    for target in ("https://evil.test/", "//evil.test", "/\\evil.test", "/%09\t/evil.test"):
        answer = await world.accounts.post_form("/login", {**form, "return_to": target})
        story = f"the login does not lead to {target!r}"
        world.expect(story, "400, no cookie", f"{answer.status}, {_cookie(answer)}")


async def readers_have_quotas(world: World) -> None:
    """Two articles a day for alice, twenty for bob, all for carol; authors read their own."""
    await _reads(world, "alice", 3, "2 full, then 1 excerpt")
    own = await world.edge.get(f"/articles/{ALICES_OWN}", await world.token("alice"))
    world.expect("alice reads her own article still", "full", own.representation)
    await _reads(world, "bob", 21, "20 full, then 1 excerpt")
    await _reads(world, "carol", 25, "25 full, then 0 excerpt")
    anonymous = await world.edge.get(f"/articles/{ARTICLES[0]}")
    seen = f"{anonymous.status}, {anonymous.representation}"
    world.expect("anonymous reads an article", "200, excerpt", seen)
    claims = anonymous.claims
    seen = f"{claims.get('requested_article')}, {claims.get('allowed_representation')}"
    world.expect("the contract says so", f"{ARTICLES[0]}, excerpt", seen)
    missing = await world.edge.get("/articles/nothing-here", await world.token("carol"))
    world.expect("an article that is not there", "404", str(missing.status))


async def a_tier_changes(world: World) -> None:
    """A new tier counts at the next request, in both directions."""
    alice, token = world.users["alice"], await world.token("alice")
    article = f"/articles/{ARTICLES[3]}"
    for tier, expected in (("basic", "full"), ("free", "excerpt")):
        change = await world.edge.send_json("PUT", f"/tiers/{alice.id}", {"tier": tier}, token)
        answer = await world.edge.get(article, token)
        seen = f"{change.status}, {answer.representation}"
        world.expect(f"alice changes to {tier} and reads on", f"200, {expected}", seen)
    other = f"/tiers/{world.users['bob'].id}"
    answer = await world.edge.send_json("PUT", other, {"tier": "free"}, token)
    world.expect("alice cannot change bob's tier", "403", str(answer.status))
    answer = await world.edge.send_json("PUT", other, {"tier": "free"})
    world.expect("nobody can without a login", "401", str(answer.status))


async def writers(world: World) -> None:
    """Only carol may write, and not everything."""
    article = {"title": "Written in a test", "text": "A short text.\n\nWith a second paragraph."}
    answer = await world.edge.send_json("POST", "/articles/new", article)
    world.expect("anonymous writes", "401", str(answer.status))
    for name in ("alice", "bob"):
        answer = await world.edge.send_json(
            "POST", "/articles/new", article, await world.token(name)
        )
        world.expect(f"{name} writes", "403", str(answer.status))
    token = await world.token("carol")
    written = await world.edge.send_json("POST", "/articles/new", article, token)
    world.expect("carol writes", "201", str(written.status))
    there = await world.edge.get(written.headers.get("Location", "/nowhere"), token)
    seen = f"{there.representation}, {there.body.get('author')}"
    world.expect("her article is there", "full, Carol", seen)
    harassing = {"title": "To a reader", "text": "You are an idiot."}
    refused = await world.edge.send_json("POST", "/articles/new", harassing, token)
    profile = (await world.edge.get("/profile", token)).body.get("warnings")
    count = len(profile) if isinstance(profile, list) else 0
    seen = f"{refused.status}, warnings: {count}"
    world.expect("carol harasses; her profile has a warning", "422, warnings: 1", seen)


async def _reads(world: World, username: str, count: int, expected: str) -> None:
    token = await world.token(username)
    seen = []
    for number in range(count):
        path = f"/articles/{ARTICLES[number % len(ARTICLES)]}"
        if username == "carol":
            path = f"/articles/{ARTICLES[2 + number % 2]}"  # those that she has not written
        seen.append((await world.edge.get(path, token)).representation)
    full = next((i for i, shown in enumerate(seen) if shown != "full"), count)
    rest = sum(shown == "excerpt" for shown in seen[full:])
    world.expect(
        f"{username} reads {count} articles", expected, f"{full} full, then {rest} excerpt"
    )


def _way(answer: Answer) -> str:
    location = urlsplit(answer.headers.get("Location", ""))
    back = parse_qs(location.query).get("return_to", [""])[0]
    return (
        f"{answer.status} to {location.scheme}://{location.netloc}{location.path}, back to {back}"
    )


def _cookie(answer: Answer) -> str:
    return "cookie" if answer.cookie("id_token") else "no cookie"
