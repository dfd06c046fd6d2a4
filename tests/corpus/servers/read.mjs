// Says in X-Read what Node's http has read; prints its port.
import { createServer } from "node:http";

let requests = 0;
const server = createServer((request, response) => {
  const content = [];
  request.on("data", (piece) => content.push(piece));
  request.on("end", () => {
    const raw = request.rawHeaders;
    const fields = [];
    for (let i = 0; i < raw.length; i += 2) fields.push([raw[i].toLowerCase(), raw[i + 1]]);
    const told = JSON.stringify({
      method: request.method,
      target: request.url,
      host: request.headers.host,
      fields,
      content: Buffer.concat(content).toString("latin1"),
      number: ++requests,
    });
    response.setHeader("X-Read", Buffer.from(told).toString("base64"));
    response.end();
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
