// flow.yaml, forward, in Node: by hand, or by npm jsonata with map.jsonata.
//   node map.mjs plain FILE            node map.mjs jsonata FILE EXPRESSION NODE_MODULES
import { createReadStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import path from 'node:path';
import { plain } from './plain.mjs';

const [engine, file, expression, modules] = process.argv.slice(2);
let map = plain;
if (engine === 'jsonata') {
  const jsonata = createRequire(path.resolve(modules, 'package.json'))('jsonata');
  const compiled = jsonata(readFileSync(expression, 'utf8'));
  map = (ticket) => compiled.evaluate(ticket);
}
let out = [];
for await (const line of createInterface({ input: createReadStream(file) })) {
  out.push(JSON.stringify(await map(JSON.parse(line))));
  if (out.length === 256) {
    process.stdout.write(out.join('\n') + '\n');
    out = [];
  }
}
if (out.length > 0) process.stdout.write(out.join('\n') + '\n');
