"""Stories of forged tokens and of parts that fail: the answer is no."""

from runner.forgery import Forger
from runner.stories_of_visitors import ARTICLES
from runner.visitor import Answer
from runner.world import World, wait_for

ARTICLE = f"/articles/{ARTICLES[0]}"
GARBAGE = {
    "no JSON": "full",
    "nothing": "{}",
    "an unknown word": '{"result": "everything"}',
    "true": '{"result": true}',
    "a list": '{"result": ["full"]}',
    "null": '{"result": null}',
    "the word twice": '{"result": "excerpt", "result": "full"}',
}


async def bad_tokens(world: World) -> None:
    """A token that cannot be believed is as good as none, and never carol's."""
    forger = Forger(world.platform.plan)
    for what, token in forger.bad_id_tokens().items():
        profile = await world.edge.get("/profile", token)
        article = await world.edge.get(ARTICLE, token)
        seen = f"{profile.status}, {article.representation}"
        world.expect(f"a token {what}: profile, article", "401, excerpt", seen)


async def identities_of_their_own(world: World) -> None:
    """What a client says of itself never reaches a service as identity."""
    forger = Forger(world.platform.plan)
    alice = world.users["alice"]
    keys = await _edge_keys(world)
    for key_id in (keys[0] if keys else "none", "my-key"):
        contract = forger.contract(key_id)
        answer = await world.edge.get("/", contract)
        subject = str(answer.claims.get("sub"))
        world.expect(f"a forged contract (kid {key_id[:8]}…) at /", "anonymous", subject)
        world.expect_refusal("the same at /profile", await world.edge.get("/profile", contract))
    headers = {"X-User": "root", "X_User": "root", "x.user": "root", "X-USER": "root"}
    token = await world.token("alice")
    answer = await world.edge.get("/profile", token, headers=headers)
    seen = f"{answer.claims.get('sub')}, {answer.body.get('headers')}"
    expected = f"{alice.id}, {{'x-user': ['{alice.id}']}}"
    world.expect("alice says X-User: root, in four spellings", expected, seen)
    plain = await world.edge.get("/", headers=headers)
    seen = f"{plain.claims.get('sub')}, {plain.body.get('headers')}"
    world.expect("anonymous says the same at /", "anonymous, {}", seen)


async def the_decision_point_fails(world: World) -> None:
    """Stopped, or talking nonsense: nobody reads, nobody writes; then all is well again."""
    token = await world.token("carol")
    await world.platform.stop_part("pdp")
    world.expect_refusal("the pdp is stopped: carol reads", await world.edge.get(ARTICLE, token))
    world.expect_refusal("the pdp is stopped: anonymous reads", await world.edge.get(ARTICLE))
    world.expect_refusal("the pdp is stopped: carol writes", await _write(world, token))
    garbage = world.garbage()
    await garbage.start()
    try:
        for what, text in GARBAGE.items():
            garbage.answer = text
            answer = await world.edge.get(ARTICLE, token)
            world.expect_refusal(f"the pdp answers {what}: carol reads", answer)
        world.expect_refusal("the pdp answers garbage: carol writes", await _write(world, token))
        garbage.answer, garbage.status = '{"result": "full"}', 500
        world.expect_refusal(
            "the pdp answers 500: carol reads", await world.edge.get(ARTICLE, token)
        )
    finally:
        await garbage.stop()
    await world.platform.start_part("pdp")
    answer = await world.edge.get(ARTICLE, token)
    world.expect("the pdp is back: carol reads", "full", answer.representation)
    alice = await world.edge.get(ARTICLE, await world.token("alice"))
    world.expect("it still knows what alice has read", "excerpt", alice.representation)


async def the_issuer_fails(world: World) -> None:
    """Without the issuer's keys nobody is believed once those at hand are too old."""
    token = await world.token("carol")

    async def profile() -> Answer:
        return await world.edge.get("/profile", token)

    await world.platform.stop_part("accounts")
    answer = await wait_for(profile, status_below_400=False)
    world.expect_refusal("the issuer is stopped, keys are needed: profile", answer)
    article = await world.edge.get(ARTICLE, token)
    seen = "full" if article.representation == "full" else "not in full"
    world.expect("the same: an article", "not in full", seen)
    await world.platform.start_part("accounts")
    answer = await wait_for(profile, status_below_400=True)
    world.expect("the issuer is back: profile", "200", str(answer.status))


async def the_issuer_rotates_its_keys(world: World) -> None:
    """New keys are taken up, at the latest when those at hand are too old; withdrawn ones go.

    An unknown key has edgeauth ask for keys at once, but not more often than every ten seconds:
    forged tokens name unknown keys, too. So we have some patience here.
    """
    old = await world.token("bob")
    await _rotate(world, withdraw=False)
    new = await _believed(world, await world.new_token("bob"), expected=True)
    seen = f"{new}, {(await world.edge.get('/profile', old)).status}"
    world.expect("rotated keys: a new token, an old one", "200, 200", seen)
    await _rotate(world, withdraw=True)
    new = await _believed(world, await world.new_token("bob"), expected=True)
    seen = f"{new}, {await _believed(world, old, expected=False)}"
    world.expect("withdrawn keys: a new token, an old one", "200, 401", seen)


async def _believed(world: World, token: str, *, expected: bool) -> int:
    """Returns the status of the profile, as soon as it is as expected, or patience ends."""
    answer = await wait_for(lambda: world.edge.get("/profile", token), status_below_400=expected)
    return answer.status


async def _write(world: World, token: str) -> Answer:
    article = {"title": "Not now", "text": "Not without a decision."}
    return await world.edge.send_json("POST", "/articles/new", article, token)


async def _rotate(world: World, *, withdraw: bool) -> None:
    operator = world.platform.plan.environment["OPERATOR_SERVICE_TOKEN"]
    headers = {"Authorization": f"Bearer {operator}"}
    await world.accounts.post_form("/rotate", {"withdraw": "yes" if withdraw else "no"}, headers)


async def _edge_keys(world: World) -> list[str]:
    url = world.platform.plan.url("management") + "/.well-known/jwks"
    async with world.session.get(url) as response:
        return [key["kid"] for key in (await response.json())["keys"]]
