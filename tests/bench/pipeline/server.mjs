// The whole pipeline by hand, as somebody in a hurry writes it: a webhook comes, is mapped, is
// posted, and is answered after the post. Nothing is durable, nothing is tried again.
//   node server.mjs SINK_HOST SINK_PORT     prints the port that it listens on
import http from 'node:http';
import { plain } from '../mapping/plain.mjs';

const [host, port] = process.argv.slice(2);
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
    deliver(JSON.stringify(plain(JSON.parse(Buffer.concat(pieces)))), (status) => {
      response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': 2 });
      response.end('{}');
    });
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
