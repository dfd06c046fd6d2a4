"""Variables that name proxies: whatever they hold, they are read or refused, and not shown."""

from hypothesis import given
from hypothesis.strategies import sampled_from, text

from edgeauth.config.errors import Collector
from edgeauth.config.proxy_variables import outbound_proxies

VALUES = text("ahtp:/@[]%*.,0129 -\x00é#?", max_size=40)


@given(VALUES, VALUES, sampled_from(["", "http://s3cret:s3cret@", "http://"]))
def test_whatever_variables_hold_they_are_read_or_refused_and_not_shown(proxy, exempt, begin):
    problems = Collector()
    found = outbound_proxies({"HTTP_PROXY": begin + proxy, "NO_PROXY": exempt}, problems)
    for host in ("a", "a.test", "10.0.0.1", "::1", "2001:db8::1"):
        way = found.of("http", host, 80)
        assert way is None or (0 < way.port < 65536 and "\n" not in way.authorization)
        assert "s3cret" not in repr(way)
    assert not any("s3cret" in str(problem) for problem in problems.found)
    assert found.of("http", "::1", 80) is None
    assert found.of("https", "a.test", 443) is None
