# Who may read what, and who may write. Asked as POST /v1/data/articles/allow with
#
#   {"input": {"action": "read" | "write", "subject": "<user id>", "object": "<article id>"}}
#
# It answers "full" or "excerpt" for reading, true or false for writing, and false for anything else.
# The services push what it decides on:
#
#   data.tiers       user id    -> "free" | "basic" | "professional"
#   data.read_today  user id    -> number of full articles read today
#   data.authors     article id -> user id of the author
package articles

import rego.v1

default allow := false

allow := representation if input.action == "read"

allow if {
	input.action == "write"
	tier == "professional"
}

default representation := "excerpt"

representation := "full" if wrote_it

representation := "full" if within_quota

# an authenticated user may always read articles they wrote
wrote_it if data.authors[input.object] == input.subject

within_quota if tier == "professional"

within_quota if object.get(data.read_today, input.subject, 0) < daily_quota[tier]

daily_quota := {"free": 2, "basic": 20}

# not there for users without a subscription, and for anonymous ones
tier := data.tiers[input.subject]
