"""What to try: links to click and lines to paste, each with what to expect."""

import os
import shlex
from pathlib import Path

from runner.plan import Plan
from runner.world import read_users

ARTICLE = "/articles/quota-of-a-day"


def guide(plan: Plan) -> str:
    """Returns the text for a platform that runs."""
    edge, accounts = plan.url("edge"), plan.url("accounts")
    users = read_users()
    folder = Path(os.path.relpath(plan.folder))
    control = f"curl -X POST --unix-socket {shlex.quote(str(folder / 'control'))}"
    operator = shlex.quote(str(folder / "operator.header"))
    profile = f'curl -i -H "Authorization: Bearer $ALICE" {edge}/profile'
    read = f'curl -s -H "Authorization: Bearer $ALICE" {edge}{ARTICLE}'
    write = f"curl -i {edge}/articles/new -F title='A title'"
    lines = [
        "The blog runs. Everything listens on loopback without TLS, which edgeauth refuses to do",
        "unless told --insecure-skip-all-tls-enforcement. The demo does; never do so elsewhere.",
        "",
        "In a browser (alice reads 2 articles a day, bob 20, carol all; only carol writes):",
        f"  {edge}/             the articles, for everybody",
        f"  {edge}/profile      sends you to the login and, signed in, back",
        f"  {edge}/articles/new carol's desk",
        *(f"  {user.username} / {user.password}" for user in users.values()),
        "",
        "In a shell, first the tokens:",
        *(_token(user.username, user.password, accounts) for user in users.values()),
        "",
        *_try("the public pages: 200", f"curl -i {edge}/", f"curl -i {edge}/site.css"),
        *_try(
            "what only looks public is not: 401",
            f"curl -i {edge}/a/site.css",
            f"curl -i {edge}/SITE.CSS",
        ),
        *_try(
            "an unknown page: 302 to the login with the way back for a browser, 401 for curl",
            f"curl -i -H 'Accept: text/html' {edge}/nowhere",
            f"curl -i {edge}/nowhere",
        ),
        *_try(
            "alice at a page that no rule allows: 403",
            f'curl -i -H "Authorization: Bearer $ALICE" {edge}/nowhere',
        ),
        *_try("alice reads: twice in full, then an excerpt", read, read, read),
        *_try(
            "her own article: always in full",
            f'curl -s -H "Authorization: Bearer $ALICE" {edge}/articles/alices-garden',
        ),
        *_try(
            "bob: 20 times in full, then an excerpt (carol: always in full)",
            "for i in $(seq 21); do "
            f'curl -s -H "Authorization: Bearer $BOB" {edge}{ARTICLE} | '
            'grep -o \'"representation": "[a-z]*"\'; done',
        ),
        *_try("anonymous: an excerpt", f"curl -s {edge}{ARTICLE}"),
        *_try(
            "another tier counts at the next request: 200, then the article in full",
            'curl -s -X PUT -H "Authorization: Bearer $ALICE" -H "Content-Type: application/json" '
            f'-d \'{{"tier": "basic"}}\' {edge}/tiers/{users["alice"].id}',
            read,
        ),
        *_try(
            "writing: 403 for bob, 201 for carol",
            f"{write} -F text='A text.' -H \"Authorization: Bearer $BOB\"",
            f"{write} -F text='A text.' -H \"Authorization: Bearer $CAROL\"",
        ),
        *_try(
            "harassing text: 422, and a warning in carol's profile",
            f"{write} -F text='You are an idiot.' -H \"Authorization: Bearer $CAROL\"",
            f'curl -s -H "Authorization: Bearer $CAROL" {edge}/profile',
        ),
        *_try(
            "a forged token, and names of one's own: 401; X-User is alice's id, not root",
            f'curl -i -H "Authorization: Bearer ${{CAROL%.*}}.forged" {edge}/profile',
            f"{profile} -H 'X-User: root' -H 'X_User: root'",
        ),
        *_try(
            "the decision point stops, talks garbage, comes back: 502, 403, 200",
            f"{control} http://demo/pdp/stop; {_status(read)}",
            f"{control} http://demo/pdp/garbage; {_status(read)}",
            f"{control} http://demo/pdp/start; {_status(read)}",
        ),
        *_try(
            "the issuer stops (its keys are believed for 2 s) and comes back: refused, 200",
            f"{control} http://demo/accounts/stop; sleep 3; {_status(profile)}",
            f"{control} http://demo/accounts/start; {_status(profile)}",
        ),
        *_try(
            "the issuer rotates its keys: 200 (with -d withdraw=yes: 401 soon, until a new login)",
            f"curl -s -X POST -H @{operator} {accounts}/rotate; {_status(profile)}",
        ),
        *_try(
            "the keys that services verify contracts with",
            f"curl -s {plan.url('management')}/.well-known/jwks",
        ),
        f"Logs are in {folder}/*.log. Ctrl-C stops everything.",
    ]
    return "\n".join(lines)


def write_operator_header(plan: Plan) -> None:
    """Puts the operator's token where curl can read it and nobody else."""
    path = plan.folder / "operator.header"
    path.unlink(missing_ok=True)
    token = plan.environment["OPERATOR_SERVICE_TOKEN"]
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"Authorization: Bearer {token}\n")


def _token(username: str, password: str, accounts: str) -> str:
    variable = username.upper()
    form = f"-d username={username} -d password={password}"
    return f"  {variable}=$(curl -s -H 'Accept: text/plain' {form} {accounts}/token)"


def _try(expectation: str, *lines: str) -> list[str]:
    return [f"# {expectation}", *(f"  {line}" for line in lines), ""]


def _status(line: str) -> str:
    return line.replace("curl -s", "curl -so /dev/null -w '%{http_code}\\n'").replace(
        "curl -i", "curl -so /dev/null -w '%{http_code}\\n'"
    )
