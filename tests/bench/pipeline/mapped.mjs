// What the mapping by hand makes of tickets: one JSON text a line in, one out.
import { createInterface } from 'node:readline';
import { plain } from '../mapping/plain.mjs';

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(plain(JSON.parse(line))));
}
