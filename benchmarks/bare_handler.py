"""The floor of the design: httptools and uvloop with an answer that is always the same."""

import asyncio
import sys

import httptools
import uvloop

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


class Handler(asyncio.Protocol):
    """Parses requests as edgeauth does and answers them without looking."""

    def connection_made(self, transport):
        self.transport = transport
        self.parser = httptools.HttpRequestParser(self)

    def data_received(self, data):
        self.parser.feed_data(data)

    def on_url(self, url):
        self.url = url

    def on_header(self, name, value):
        self.last = (name.lower(), value)

    def on_message_complete(self):
        self.transport.write(ANSWER)


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Handler, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


uvloop.run(main())
