"""What to try: guide.txt with the addresses of this run, and the files that its lines read."""

import os
import shlex
from pathlib import Path

from runner.forgery import Forger
from runner.plan import Plan
from runner.world import User, read_users

TEXT = Path(__file__).with_name("guide.txt")


def guide(plan: Plan) -> str:
    """Returns links to click and lines to paste, each with what to expect."""
    users = read_users()
    names = {
        "EDGE": plan.url("edge"),
        "ACCOUNTS": plan.url("accounts"),
        "MANAGEMENT": plan.url("management"),
        "RUN": shlex.quote(os.path.relpath(plan.folder)),
        "ALICE_ID": users["alice"].id,
        "PASSWORDS": "\n".join(f"  {u.username} / {u.password}" for u in users.values()),
        "TOKENS": "\n".join(_token(user, plan.url("accounts")) for user in users.values()),
    }
    text = TEXT.read_text("utf-8")
    for name, value in names.items():
        text = text.replace(f"<{name}>", value)
    return text


def write_secrets(plan: Plan) -> None:
    """Puts what the lines need where curl can read it and nobody else."""
    operator = plan.environment["OPERATOR_SERVICE_TOKEN"]
    _write(plan.folder / "operator.header", f"Authorization: Bearer {operator}\n")
    expired = Forger(plan).bad_id_tokens()["expired"]
    _write(plan.folder / "expired.header", f"Authorization: Bearer {expired}\n")


def _write(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def _token(user: User, accounts: str) -> str:
    form = f"-d username={user.username} -d password={user.password}"
    variable = user.username.upper()
    return f"  {variable}=$(curl -s -H 'Accept: text/plain' {form} {accounts}/token)"
