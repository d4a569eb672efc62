// The whole pipeline by hand, as somebody in a hurry writes it: a webhook comes, is mapped, is
// posted, and is answered after the post. Nothing is durable, nothing is tried again.
//   node server.mjs SINK_HOST SINK_PORT [lost|twice|value]     prints the port that it listens on
// With a last word every tenth change is spoilt so: the bench must see it.
import http from 'node:http';
import { plain } from '../mapping/plain.mjs';

const [host, port, spoilt] = process.argv.slice(2);
let changes = 0;
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

function deliver(body, done) {
  const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
  const request = http.request({ host, port, agent, method: 'POST', path: '/plain/tickets', headers }, (answer) => {
    answer.resume();
    answer.on('end', () => done(answer.statusCode === 201 ? 200 : 502));
  });
  request.on('error', () => done(502));
  request.end(body);
}

const server = http.createServer((request, response) => {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => {
    const mapped = plain(JSON.parse(Buffer.concat(pieces)));
    const spoil = ++changes % 10 === 0 ? spoilt : undefined;
    const answer = (status) => {
      response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': 2 });
      response.end('{}');
    };
    if (spoil === 'lost') return answer(200);
    if (spoil === 'value') mapped.priority += 1;
    const body = JSON.stringify(mapped);
    deliver(body, spoil === 'twice' ? () => deliver(body, answer) : answer);
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
