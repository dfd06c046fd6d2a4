"""Rule sets from one dialect into the other, by changing their text where it has to change.

Whoever converts a rule set goes on working with it. So nothing is written anew: the text is edited
at the places of its nodes, and comments, order, quotes and blank lines stay what they are. What
can not be edited in such a way is refused at its place, and what came out is read again and
compared with what went in before anybody gets to see it.
"""
