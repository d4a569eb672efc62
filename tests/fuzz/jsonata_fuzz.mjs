// Compares our JSONata with the reference implementation on generated expressions and documents:
// values, error codes, positions, tokens and error values.
//
//   node jsonata_fuzz.mjs --driver BUILD/.../jsonata_lines --reference DIR_WITH_NODE_MODULES
//        [--suite ../shared/jsonata-suite] [--count 10000] [--seed 1] [--show 20]
//
// Prints the seed, and every difference that docs/jsonata.md does not explain; exits 1 then, and 77
// when the reference is not there. NAVETTE_SEED and NAVETTE_JSONATA_REFERENCE go before the options.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const options = { count: '10000', show: '20', seed: String(Date.now() % 1000000007) };
for (let i = 2; i < process.argv.length; i += 2) options[process.argv[i].slice(2)] = process.argv[i + 1];
if (process.env.NAVETTE_SEED) options.seed = process.env.NAVETTE_SEED;
process.env.TZ = 'UTC';
let jsonata;
const folder = process.env.NAVETTE_JSONATA_REFERENCE ?? options.reference ?? '.';
try {
  jsonata = createRequire(path.resolve(folder, 'package.json'))('jsonata');
} catch (error) {
  if (error.code !== 'MODULE_NOT_FOUND') throw error;
  console.log(`skipped: no npm package jsonata in ${folder}/node_modules; "./dev test" installs it, or set NAVETTE_JSONATA_REFERENCE`);
  process.exit(77);
}

// ---- random choices -------------------------------------------------------------------------
let state = BigInt(options.seed) * 0x9e3779b97f4a7c15n + 1n;
function random() {
  state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
  return Number(state >> 11n & 0x1fffffffffffffn) / 0x20000000000000;
}
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];
const chance = (p) => random() < p;
const some = (most, make, least = 0) => Array.from({ length: least + below(most - least + 1) }, make);

// ---- documents ------------------------------------------------------------------------------
const names = ['a', 'b', 'c', 'd', 'items', 'price', 'name'];
const words = ['', 'a', 'b', 'ab', 'abc', 'Hello World', 'x-y', 'a,b,c', '012', '3.5', '-7', 'é', 'ß', '😀x',
  'true', 'null', ' pad ded ', '2018-03-01', '2018-03-01T10:20:30Z', 'aaa', 'A1b2C3'];
const numbers = [0, 1, 2, 3, -1, -2, 0.5, 1.5, 2.5, -0.5, 10, 100, 1234567.891, 1e-7, 1e21, 0.1, 1 / 3, 12345678901, 255];
function scalar() {
  const r = random();
  if (r < 0.4) return pick(numbers);
  if (r < 0.8) return pick(words);
  return pick([true, false, null]);
}
function json(depth) {
  const r = random();
  if (depth === 0 || r < 0.35) return scalar();
  if (r < 0.65) return some(4, () => json(depth - 1));
  const out = {};
  for (const name of some(4, () => pick(names))) out[name] = json(depth - 1);
  return out;
}
function rows() {
  return some(5, () => ({ a: below(4), b: pick(words), c: json(1), name: pick(['x', 'y', 'z']), price: below(50) }), 1);
}
function documentOf() {
  if (chance(0.1)) return undefined;
  if (chance(0.15)) return rows();
  if (chance(0.5)) return { a: json(2), b: rows(), c: { d: json(2), items: rows() }, items: rows(), name: pick(words), price: pick(numbers) };
  return json(3);
}

// ---- expressions ----------------------------------------------------------------------------
const variables = ['x', 'y', 'v', 'i', 'f'];
const quote = (text) => JSON.stringify(text);
const regexes = ['/a/', '/[a-c]+/', '/(a)(b)?/', '/b|c/i', '/\\\\d+/', '/^a/', '/\\\\s/', '/(x)-(y)/', '/a*/', '/./', '/[^a]/m', '/(\\\\w)(\\\\w)/', '/l+?/', '/(?:a|b)c/', '/o\\\\b/']
  .map((r) => r.replaceAll('\\\\', '\\'));
const integerPictures = ['0', '#0', '000', '#,##0', 'w', 'W', 'Ww', 'i', 'I', 'a', 'A', '0;o', 'w;o', '#:##0', '##,##,##0', '١', '', '#', '00-00'];
const numberPictures = ['0', '#', '0.00', '#,##0.00', '#,###.0#', '00.000', '0%', '0‰', '#.##e0', '0.0e00', '(0);-0', '0.#', '#0.0#,#', '00,0', '$#,##0', '0;0;0', '0..0', '%%', '0,', ',0', '0#', '.#0', 'x', '',
  '#.#', '.00', '#.', '000e000', '0,0,0', '0,00,0.0,00', '0 x', '- 0'];
const datePictures = ['[Y]', '[Y0001]-[M01]-[D01]', '[D1o] [MNn] [Y]', '[H01]:[m01]:[s01].[f001]', '[h]:[m] [P]', '[FNn], [D] [MNn,3-3]', '[W]-[w]-[X]-[x]', '[d]', '[Z]', '[z]', '[Y,2-2]',
  '[Yi]', '[DWwo] of [Mn]', '[[x]]', '[Q]', '[Y', '[Z0000]', '[Z01:01t]', '[M01]/[D01]/[Y0001] [h#1]:[m01] [PN]', '[Y0001][M01][D01]', '[xNn]', '[F1]', '[E] [C]', '[MNn,*-3]', '[f1]', '[Y]-[d]', '[Hw]', '[YW]', '[Da]'];
const zones = ['"-0330"', '"+0100"', '"-0500"', '"0000"', '"+0530"', '"Z"', '""', '"+1400"'];
const stamps = ['2018-03-01', '2018', '2018-03', '2018-03-01T10:20:30', '2018-03-01T10:20:30.123Z', '2018-03-01T10:20:30+0100', '2018-12-31T23:59:59.999-05:00', '2018-03-01T10:20:30-03:30', '12/31/2018', '1st March 2018',
  'Thursday', '2018-60', '10:20 pm', '20180301', 'March', '2018-13-01', '2020-02-29T00:00:00Z', '1969-07-20T20:17:40Z', '0001-01-01', '9999-12-31T23:59:59Z', '', 'twenty', '2018-02-30T10:00:00Z', '2018-03-01T24:00:00Z', '2018-03-01T10:20:30.1Z', '2018-03-01T10:20Z'];

// Pictures and regular expressions put together from their parts; half of them are odd.
function madeIntegerPicture() {
  return some(6, () => pick(['0', '0', '#', '#', ',', ':', '9', '٠', '０', 'x', ' '])).join('') + pick(['', '', '', ';o', ';c', ';o(-en)', ';x']);
}
function madeNumberPicture() {
  const digits = () => some(4, () => pick(['0', '0', '#', '#', '9', ','])).join('');
  const one = () => pick(['', '', '(', '€', 'x ']) + digits() + (chance(0.6) ? '.' + digits() : '') + pick(['', '', '', 'e0', 'e00', '%', '‰', ')', ' x']);
  return one() + (chance(0.2) ? ';' + one() : '');
}
function madeDatePicture() {
  const part = () => `[${pick([...'YMDdFWwXxHhPmsfZzCE', 'q'])}${pick(['', '1', '01', '001', '0001', 'I', 'i', 'W', 'w', 'Ww', 'N', 'n', 'Nn', 'a', 'A', '#0', '1o', 'wo', '٠'])}${pick(['', '', '', ',2', ',2-4', ',*-3', ',3-3', ',1-2', ',x'])}${pick(['', '', ' '])}]`;
  return some(4, () => part() + pick(['', '-', '/', ':', '.', ' ', ', ', ' of ', 'T', '[[', ']]']), 1).join('');
}
function madeRegex() {
  const atom = (d) => {
    const r = random();
    if (r < 0.4) return pick(['a', 'b', 'c', 'x', '-', ',', ' ', '1', 'é', '\\.', '\\u0061', '\\x62', '.']);
    if (r < 0.55) return pick(['\\d', '\\w', '\\s', '\\D', '\\W', '\\S', '\\b', '\\B', '^', '$']);
    if (r < 0.75) return `[${pick(['', '^'])}${some(3, () => pick(['a', 'b-d', '\\d', '\\s', 'x', '0-4', '-', '\\]', '.', 'é-ü']), 1).join('')}]`;
    if (r < 0.85 && d > 0) return `(${pick(['', '', '?:', '?=', '?!', '?<=', '?<n>'])}${some(3, () => atom(d - 1), 1).join('')}${chance(0.3) ? '|' + atom(d - 1) : ''})`;
    if (r < 0.88) return pick(['\\1', '\\2', '\\k<n>']);
    return pick(['a', 'l', 'o']);
  };
  const repeated = () => atom(2) + pick(['', '', '', '', '*', '+', '?', '*?', '+?', '??', '{2}', '{1,2}', '{1,}', '{0,1}?']);
  return '/' + some(4, repeated, 1).join('') + '/' + pick(['', '', '', 'i', 'm', 'im']);
}
const regex = () => chance(0.6) ? pick(regexes) : madeRegex();
const integerPicture = () => chance(0.6) ? pick(integerPictures) : madeIntegerPicture();
const numberPicture = () => chance(0.6) ? pick(numberPictures) : madeNumberPicture();
const datePicture = () => chance(0.6) ? pick(datePictures) : madeDatePicture();

function fn(name, ...args) { return `$${name}(${args.join(', ')})`; }
function lambda(depth, parameters) {
  const count = parameters ?? below(3);
  const used = ['x', 'y', 'v'].slice(0, count);
  const signature = chance(0.08) ? pick(['<n:n>', '<s-:s>', '<x:x>', '<a<n>:n>', '<xx:x>', '<(ns):x>', '<o?:x>', '<s+:x>', '<f:x>', '<j:j>', '<n-n?:n>']) : '';
  return `function(${used.map((v) => '$' + v).join(', ')})${signature}{${expr(depth - 1)}}`;
}
function callable(depth, parameters) {
  const r = random();
  if (r < 0.7 || depth <= 0) return lambda(depth, parameters);
  if (r < 0.9) return '$' + pick(['string', 'uppercase', 'sum', 'length', 'exists', 'type', 'keys', 'number', 'boolean', 'not', 'count', 'abs', 'append', 'f', 'substring', 'floor', 'reverse', 'trim', 'max']);
  if (r < 0.95) return `$${pick(['substring', 'append', 'power', 'join'])}(?, ${expr(0)})`;
  return regex();
}
const text = (d) => chance(0.6) ? quote(pick(words)) : expr(d - 1);
const number = (d) => chance(0.6) ? String(pick(numbers)) : expr(d - 1);
const list = (d) => chance(0.4) ? pathExpr(d) : chance(0.5) ? `[${some(4, () => expr(d - 2)).join(', ')}]` : expr(d - 1);
const maybe = (make) => chance(0.5) ? [make()] : [];
const pattern = (d) => chance(0.6) ? regex() : text(d);
const calls = {
  sum: (d) => [list(d)], count: (d) => [list(d)], max: (d) => [list(d)], min: (d) => [list(d)], average: (d) => [list(d)],
  string: (d) => [expr(d - 1), ...maybe(() => pick(['true', 'false']))],
  substring: (d) => [text(d), number(d), ...maybe(() => number(d))],
  substringBefore: (d) => [text(d), text(d)], substringAfter: (d) => [text(d), text(d)],
  lowercase: (d) => [text(d)], uppercase: (d) => [text(d)], length: (d) => [text(d)], trim: (d) => [text(d)],
  pad: (d) => [text(d), pick(['5', '-5', '0', '3', '-8', '12']), ...maybe(() => text(d))],
  match: (d) => [text(d), pattern(d), ...maybe(() => pick(['0', '1', '2', '-1', '1.5']))],
  contains: (d) => [text(d), pattern(d)],
  replace: (d) => [text(d), pattern(d), chance(0.8) ? quote(pick(['', 'z', '$0', '$1', '[$1$2]', '$$', '$', '$12', '$x'])) : lambda(d, 1), ...maybe(() => pick(['0', '1', '2', '-1', '1.5']))],
  split: (d) => [text(d), chance(0.5) ? regex() : quote(pick(['', ',', ' ', 'a', 'zz'])), ...maybe(() => pick(['0', '1', '2', '-1', '1.5']))],
  join: (d) => [list(d), ...maybe(() => text(d))],
  formatNumber: (d) => [number(d), quote(numberPicture()), ...(chance(0.15) ? [pick(['{"decimal-separator": ","}', '{"zero-digit": "٠"}', '{"minus-sign": "~", "percent": "p"}', '{"grouping-separator": " "}'])] : [])],
  formatBase: (d) => [number(d), ...maybe(() => pick(['2', '16', '36', '10', '1', '37', '2.5', '8']))],
  formatInteger: (d) => [number(d), quote(integerPicture())],
  parseInteger: (d) => [chance(0.7) ? quote(pick(['12', '1,234', 'xii', 'twelve', 'one hundred and twenty-third', '1st', 'ab', 'MCMXC', 'seven thousand, six hundred', '٣', '', 'x'])) : text(d), quote(integerPicture())],
  number: (d) => [chance(0.7) ? quote(pick(['12', '-3.5', '1e3', '0x1F', '0b101', '0o17', 'abc', '', ' 1', '1.', '.5', '1e400'])) : expr(d - 1)],
  floor: (d) => [number(d)], ceil: (d) => [number(d)], abs: (d) => [number(d)], sqrt: (d) => [number(d)],
  round: (d) => [number(d), ...maybe(() => pick(['0', '1', '2', '-1', '-2', '3']))],
  power: (d) => [number(d), pick(['2', '0', '-1', '0.5', '3'])],
  boolean: (d) => [expr(d - 1)], not: (d) => [expr(d - 1)], exists: (d) => [expr(d - 1)], type: (d) => [expr(d - 1)],
  map: (d) => [list(d), callable(d)], filter: (d) => [list(d), callable(d)], single: (d) => [list(d), ...maybe(() => callable(d))],
  reduce: (d) => [list(d), callable(d, 2 + below(2)), ...maybe(() => expr(d - 1))],
  sift: (d) => [expr(d - 1), callable(d)], each: (d) => [expr(d - 1), callable(d)],
  keys: (d) => [expr(d - 1)], lookup: (d) => [expr(d - 1), quote(pick(names))], spread: (d) => [expr(d - 1)], merge: (d) => [list(d)],
  append: (d) => [expr(d - 1), expr(d - 1)], reverse: (d) => [list(d)], distinct: (d) => [list(d)], zip: (d) => some(3, () => list(d), 1),
  sort: (d) => [list(d), ...maybe(() => lambda(d, 2))],
  base64encode: (d) => [text(d)], base64decode: (d) => [text(d)], encodeUrl: (d) => [text(d)], encodeUrlComponent: (d) => [text(d)], decodeUrl: (d) => [text(d)], decodeUrlComponent: (d) => [text(d)],
  eval: (d) => [quote(expr(Math.min(d - 1, 2))), ...maybe(() => expr(d - 1))],
  toMillis: (d) => [chance(0.9) ? quote(pick(stamps)) : text(d), ...maybe(() => quote(datePicture()))],
  fromMillis: (d) => [chance(0.9) ? String(Math.floor((random() - 0.3) * 4e12)) : number(d), ...maybe(() => quote(datePicture()))].concat(chance(0.2) ? ['"[Y]-[M01]-[D01] [H]:[m] [Z]"', pick(zones)] : []).slice(0, 3),
  error: (d) => [text(d)], assert: (d) => [expr(d - 1), text(d)], clone: (d) => [expr(d - 1)],
};
// What differs from one call to the next, in forms that do not.
const steady = [
  (d) => `$count($shuffle(${list(d)}))`, (d) => `$sort($shuffle([3, 1, 2]))`, (d) => `$sum($shuffle(${list(d)}))`,
  () => '$random() < 1', () => '$type($random())', () => '$now() = $now()', () => '$type($millis())', () => '$millis() = $millis()', () => '$length($now())',
  () => `$toMillis($now()) = $millis()`, () => `$type($now(${quote(datePicture())}))`, () => `$now("[Y0001]-[M01]-[D01]", ${pick(zones)}) > "2020"`,
];
const callNames = Object.keys(calls);

function callExpr(depth) {
  if (chance(0.02)) return pick(steady)(depth);
  if (chance(0.06)) return `${pick(['$', ''])}${pick([...callNames, 'nope', 'f'])}(${some(3, () => chance(0.1) ? '?' : expr(depth - 2)).join(', ')})`;
  const name = pick(callNames);
  const args = calls[name](depth);
  if (chance(0.08)) args.pop();
  if (chance(0.03)) args.push(expr(0));
  return fn(name, ...args);
}
function step(depth) {
  const r = random();
  let out;
  if (r < 0.7) out = pick(names);
  else if (r < 0.75) out = '*';
  else if (r < 0.78) out = '**';
  else if (r < 0.81) out = '%';
  else if (r < 0.85) out = `(${expr(depth - 1)})`;
  else if (r < 0.89) out = `{${quote(pick(names))}: ${expr(depth - 2)}}`;
  else if (r < 0.92) out = `[${some(2, () => expr(depth - 2)).join(', ')}]`;
  else if (r < 0.95) out = callExpr(depth - 1);
  else if (r < 0.97) out = quote(pick(names));
  else out = '$';
  if (chance(0.06)) out += `@$${pick(variables)}`;
  if (chance(0.05)) out += `#$${pick(variables)}`;
  if (chance(0.2)) out += `[${predicate(depth - 1)}]`;
  if (chance(0.04)) out += '[]';
  if (chance(0.03)) out += `#$${pick(variables)}`;
  return out;
}
function predicate(depth) {
  const r = random();
  if (r < 0.35) return pick(['0', '1', '-1', '2', '1.7', '-9']);
  if (r < 0.6) return `${pick(names)} ${pick(['=', '!=', '>', '<', '>=', '<='])} ${chance(0.5) ? pick(numbers) : quote(pick(words))}`;
  if (r < 0.7) return `$${pick(variables)} ${pick(['=', '>', '<'])} ${pick(numbers)}`;
  if (r < 0.75) return '[0..1]';
  if (r < 0.8) return `%.${pick(names)} = ${pick(numbers)}`;
  return expr(depth);
}
function pathExpr(depth) {
  const parts = some(3, () => step(depth - 1), 1);
  if (chance(0.15)) parts.unshift(pick(['$', '$$', '$x', '%']));
  let out = parts.join('.');
  if (chance(0.07)) out += `^(${some(2, () => pick(['', '<', '>']) + (chance(0.7) ? pick(names) : expr(depth - 2)), 1).join(', ')})`;
  if (chance(0.04)) out += `.${pick(names)}`;
  if (chance(0.06)) out += `{${some(2, () => `${chance(0.7) ? pick(['name', 'a', '"k"', 'b']) : expr(depth - 2)}: ${expr(depth - 2)}`, 1).join(', ')}}`;
  return out;
}
// Joins, indexes and ancestors, which are rare when steps are drawn one by one.
function joinExpr(depth) {
  const r = random();
  const rowsOf = () => pick(['items', 'b', 'c.items', '$$.items', '$$.b', 'a', '*']);
  const field = () => pick(['a', 'b', 'name', 'price', 'c', '*']);
  const condition = () => `${pick(['$x.', '$y.', ''])}${field()} ${pick(['=', '<', '!=', '>='])} ${pick(['$x.', '$y.', '%.', ''])}${field()}`;
  const row = () => pick([`{"p": $x.${field()}, "q": $y.${field()}, "i": $i}`, `[$x.${field()}, $i]`, `$x.${field()}`, `{"up": %.${field()}, "top": %.%.${field()}}`, `%`, `%.${field()}`, `(${expr(depth - 2)})`, '$', '$x', `$f(%.${field()})`]);
  const bound = () => pick(['', '#$i', '@$y', '@$y#$i', '#$i@$y', `[${condition()}]`, `@$y[${condition()}]`, `@$y#$i[${condition()}]`, `#$i[$i ${pick(['=', '<', '>'])} ${below(3)}]`]);
  if (r < 0.3) return `${rowsOf()}@$x${pick(['', '#$i'])}.${rowsOf()}${bound()}.${row()}`;
  if (r < 0.5) return `${rowsOf()}${bound()}.${field()}${bound()}.${row()}`;
  if (r < 0.65) return `${rowsOf()}${pick(['@$x', '#$i', '@$x#$i', ''])}^(${pick(['', '>', '<'])}${pick(['$x.', '', '%.'])}${field()}${chance(0.3) ? `, $i` : ''})${bound()}.${row()}`;
  if (r < 0.8) return `${rowsOf()}@$x.${rowsOf()}${bound()}{${pick(['$x.name', 'name', '$string($i)', field()])}: ${pick(['$x.a', '$count($)', '$sum(price)', row()])}}`;
  if (r < 0.9) return `${rowsOf()}.(${pick(['', '$x := name; '])}${field()}${bound()}.${row()})`;
  return `(${rowsOf()}@$x.${rowsOf()}@$y[${condition()}])[${pick(['0', '-1', '[0..1]', condition()])}]${pick(['', '[]', '.' + row()])}`;
}
// Functions of functions: loops by tail calls, closures, partial application, composition.
function functional(depth) {
  const d = depth - 1;
  const r = random();
  if (r < 0.2) return `($f := function($n, $v){$n <= 0 ? ${pick(['$v', expr(0)])} : $f($n - 1, ${pick(['$v + $n', '$append($v, $n)', '$v & "."', '[$v]', '{"n": $v}', expr(d - 1)])})}; $f(${pick([0, 1, 3, 40])}, ${pick(['0', '""', '[]', expr(0)])}))`;
  if (r < 0.3) return `($even := function($n){$n = 0 ? ${expr(0)} : $uneven($n - 1)}; $uneven := function($n){$n = 0 ? ${expr(0)} : $even($n - 1)}; $even(${below(30)}))`;
  if (r < 0.45) return `($f := function($x){function($y){${pick(['$x & $y', '$x + $y', '[$x, $y]', expr(d)])}}}; ${pick([`$f(${expr(0)})(${expr(0)})`, `$map(${list(d)}, $f(${expr(0)}))`, `${list(d)}.$f($)(1)`])})`;
  if (r < 0.6) {
    const name = pick(['substring', 'replace', 'pad', 'append', 'join', 'map', 'filter', 'reduce', 'formatNumber', 'lookup', 'split', 'contains', 'round']);
    const args = calls[name](d);
    args[below(args.length)] = '?';
    return `($f := $${name}(${args.join(', ')}); ${pick([`$f(${expr(0)})`, `${expr(0)} ~> $f`, `$map(${list(d)}, $f)`, '$f'])})`;
  }
  if (r < 0.7) return `($f := ${lambda(d, 2)}; $g := $f(${pick(['?, ' + expr(0), expr(0) + ', ?', '?, ?'])}); $g(${some(2, () => expr(0)).join(', ')}))`;
  if (r < 0.82) return `(${callable(d, 1)} ~> ${callable(d, 1)})(${expr(d)})`;
  if (r < 0.9) return `${expr(d)} ~> ${pick(['$', ''])}${pick(['map', 'filter', 'join', 'sort', 'string', 'append'])}(${pick([callable(d), expr(0)])})`;
  return `$eval(${quote(`($x := ${expr(1)}; ${pathExpr(1)})`)}${chance(0.5) ? ', ' + expr(0) : ''})`;
}
const binary = ['+', '-', '*', '/', '%', '&', '=', '!=', '<', '<=', '>', '>=', 'and', 'or', 'in', '?:', '??', '~>', '.'];
function expr(depth) {
  if (depth <= 0) {
    const r = random();
    if (r < 0.3) return String(pick(numbers));
    if (r < 0.55) return quote(pick(words));
    if (r < 0.8) return pick(names);
    if (r < 0.92) return '$' + pick([...variables, '', '$']);
    return pick(['true', 'false', 'null', '[]', '{}', 'nope']);
  }
  const r = random();
  const d = depth - 1;
  if (r < 0.04) return joinExpr(depth);
  if (r < 0.08) return functional(depth);
  if (r < 0.25) return pathExpr(depth);
  if (r < 0.48) return callExpr(depth);
  if (r < 0.62) return `${expr(d)} ${pick(binary)} ${expr(d)}`;
  if (r < 0.66) return `(${some(3, () => chance(0.4) ? `$${pick(variables)} := ${expr(d)}` : expr(d), 1).join('; ')})`;
  if (r < 0.7) return `${expr(d)} ? ${expr(d)}${chance(0.8) ? ` : ${expr(d)}` : ''}`;
  if (r < 0.75) return `[${some(3, () => chance(0.15) ? `${pick(['0', '1', '-1', expr(0)])}..${pick(['2', '3', '0', expr(0)])}` : expr(d)).join(', ')}]`;
  if (r < 0.8) return `{${some(3, () => `${chance(0.8) ? quote(pick(names)) : expr(d)}: ${expr(d)}`).join(', ')}}`;
  if (r < 0.83) return `-${chance(0.5) ? pick(numbers) : `(${expr(d)})`}`;
  if (r < 0.86) return `(${lambda(depth)})(${some(3, () => expr(d)).join(', ')})`;
  if (r < 0.89) return `($f := ${lambda(depth)}; $f(${some(2, () => expr(d)).join(', ')}))`;
  if (r < 0.92) return `${expr(d)} ~> |${chance(0.6) ? pick(['$', 'b', 'items', '**', 'c.items']) : expr(d)}|${chance(0.7) ? `{${quote(pick(names))}: ${expr(d)}}` : expr(d)}${chance(0.3) ? `, ${pick(['"a"', '["a", "b"]', expr(0)])}` : ''}|`;
  if (r < 0.95) return `${expr(d)}[${predicate(d)}]`;
  if (r < 0.97) return `${expr(d)} ~> ${callable(d)}`;
  if (r < 0.98) return `${pick(['/* note */ ', '', '  '])}${pick(['`a`', '`no such`', "'ab'", "'\\u00e9'", '"\\n\\t\\\\"', '"\\ud83d\\ude00"', '1e3', '0.5e-2', '007', '`items`.`name`'])}${pick(['', ' /* end', '\n', ''])}`;
  return expr(d);
}

// ---- mutations of the language's own test cases ----------------------------------------------
function loadCorpus(root) {
  const corpus = [];
  if (!root || !existsSync(path.join(root, 'groups'))) return corpus;
  const datasets = new Map();
  const dataset = (name) => {
    if (!datasets.has(name)) datasets.set(name, JSON.parse(readFileSync(path.join(root, 'datasets', name + '.json'), 'utf8')));
    return datasets.get(name);
  };
  for (const group of readdirSync(path.join(root, 'groups'))) {
    for (const file of readdirSync(path.join(root, 'groups', group))) {
      if (!file.endsWith('.json')) continue;
      for (const test of [JSON.parse(readFileSync(path.join(root, 'groups', group, file), 'utf8'))].flat()) {
        if (typeof test.expr !== 'string' || test.expr.length > 400 || test.timelimit) continue;
        if (/\$(now|millis|random|shuffle)\b|uD800|\ud800|1e7|\.\.\s*\d{6}|1000000/i.test(test.expr)) continue;
        const input = 'data' in test ? test.data : test.dataset ? dataset(test.dataset) : undefined;
        if (input !== undefined && JSON.stringify(input).length > 20000) continue;
        corpus.push({ expr: test.expr, input, bindings: test.bindings });
      }
    }
  }
  return corpus;
}
const tokens = /\/\*.*?\*\/|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|\$?[\p{L}_][\p{L}\p{N}_]*|\$\$?|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|:=|\.\.|\*\*|~>|\?:|\?\?|[!<>]=|\s+|./gsu;
const made = () => ({ expr: expr(2 + below(3)), input: documentOf() });
function mutate(corpus) {
  const drawn = () => corpus.length && chance(0.8) ? pick(corpus) : made();
  const base = drawn();
  let parts = base.expr.match(tokens) ?? [];
  const other = drawn().expr.match(tokens) ?? [];
  for (let n = below(3) + (chance(0.2) ? 0 : 1); n > 0 && parts.length > 0; --n) {
    const at = below(parts.length);
    const r = random();
    if (r < 0.25) parts.splice(at, 1);
    else if (r < 0.45 && other.length) parts[at] = pick(other);
    else if (r < 0.6 && other.length) parts.splice(at, 0, pick(other));
    else if (r < 0.7) parts[at] = expr(1);
    else if (r < 0.8) [parts[at], parts[below(parts.length)]] = [parts[below(parts.length)], parts[at]];
    else if (r < 0.9) parts[at] = pick([...binary, ...names, '0', '1', '""', '[]', '$', '[0]', '.', '(', ')']);
    else parts = [...parts.slice(0, at), ...other.slice(below(Math.max(1, other.length)))];
  }
  const source = parts.join('');
  if (source.length > 1200) return mutate(corpus);
  return { expr: source, input: base.input, bindings: base.bindings };
}

// ---- the two sides --------------------------------------------------------------------------
const isFunction = (v) => typeof v === 'function' || (v && typeof v === 'object' && (v._jsonata_lambda || v._jsonata_function));
// As toWellFormed(), which Node 18 does not have.
const wellFormed = (v) => v.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');
const plain = (key, v) => isFunction(v) ? '' : typeof v === 'string' ? wellFormed(v) : v;
// The reference's built-in functions remember where they were called last, across evaluations.
const builtins = [];
for (const name of new Set([...callNames, 'eval', 'random', 'shuffle', 'sort'])) {
  builtins.push([name, (await jsonata(`{"f": $${name}}`).evaluate({})).f]);
}
async function reference(request, language = jsonata) {
  for (const [name, builtin] of builtins) {
    delete builtin.position;
    builtin.token = name;
  }
  try {
    const compiled = language(request.expr, { timeout: 3000, sequence: 1e6, stack: 1000 });
    const input = request.input === undefined ? undefined : JSON.parse(JSON.stringify(request.input));
    const result = await compiled.evaluate(input, request.bindings);
    if (result === undefined) return { undefined: true };
    return { result: isFunction(result) ? '' : typeof result === 'string' ? wellFormed(result) : JSON.parse(JSON.stringify(result, plain)) };
  } catch (error) {
    const out = { code: error.code ?? 'CRASH', position: error.position, token: error.token, value: error.value, message: error.message };
    try {
      return { error: JSON.parse(JSON.stringify(out, plain)) };
    } catch {
      return { error: { code: 'CRASH', message: 'unprintable' } };
    }
  }
}

// Whether a copy of the reference that has evaluated nothing before agrees with us.
async function remembered(request, ours) {
  delete require.cache[require.resolve('jsonata')];
  return agree(request, ours, await reference(request, require('jsonata')));
}

const driver = spawn(options.driver, [], { stdio: ['pipe', 'pipe', 'inherit'] });
let ended = null;
driver.on('exit', (code, signal) => { ended = signal ?? code; });
const answers = createInterface({ input: driver.stdout })[Symbol.asyncIterator]();

const near = (a, b) => a === b || (typeof a === 'number' && typeof b === 'number' && Math.abs(a - b) <= 1e-12 * Math.max(Math.abs(a), Math.abs(b)));
function same(a, b) {
  if (near(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && same(a[key], b[key]));
}

// The reference evaluates the items of an array or object at the same time; which of several errors
// it reports, and whether an assignment in one item is seen by the next, is a matter of timing.
const partialCall = /[(,]\s*\?\s*[,)]/;
const severalItems = /\[[^]*,[^]*\]|\{[^]*,[^]*\}/;
// The differences that docs/jsonata.md lists.
function accepted(request, ours, theirs) {
  const code = theirs.error?.code;
  if (code === 'CRASH') return 'crash';
  if (ours.error?.code === 'U1004') return 'zone';
  if (/(fromMillis|toMillis|now)\(/.test(request.expr) && /-\d?\d:?[0-5]\d(?![\d-])/.test(request.expr)) return 'west of Greenwich';
  if (ours.error?.code === 'D3012' && /replace/.test(request.expr)) return 'function as text';
  if (ours.error?.code === 'D3121' && /^a replacement must be text/.test(ours.error.value)) return 'function as text';
  if (ours.error?.code === 'T2011' && ours.error.value === '') return 'function as object';
  if (ours.error?.code === 'D3132' && code !== 'D3132' && !/^[YMDdFWwXxHhPmsfZzCE]/.test(ours.error.value)) return 'unknown component';
  if (typeof theirs.error?.token === 'object' && theirs.error.token !== null) return 'regex token';
  if (/formatBase/.test(request.expr) && /e\+?\d\d|\d{16}/.test(request.expr + JSON.stringify(request.input))) return 'large base';
  if (/fromMillis|now/.test(request.expr) && /NaN/.test(JSON.stringify(theirs))) return 'NaN date';
  if (code === 'D3121' && /^(Cannot |Invalid code point)| is not a function$/.test(theirs.error.value)) return 'crash';
  if (/<[^>]*[[\]]/.test(request.expr)) return 'odd signature';
  if (/["']zero-digit["']\s*:\s*["']../.test(request.expr)) return 'odd symbol';
  if (!code && !ours.error && /["'](0|[1-9]\d*)["']/.test(request.expr + JSON.stringify(request.input))) return 'key order';
  if (/^D(1001|3121)$/.test(ours.error?.code) && /fromMillis/.test(request.expr)) return 'NaN date';
  if (/toMillis\([^]*,/.test(request.expr) && code === ours.error?.code) return 'clock';
  if (/\[[^]*\*[^]*\]|eval\([^]*\*/.test(request.expr)) return 'wildcard on a sequence';
  if (/[@#%][^]*\{[^]*,[^]*\}/.test(request.expr) && !code && !ours.error) return 'grouped tuple';
  if (partialCall.test(request.expr)) return 'partial call';
  if (code === 'D1011' || code === 'D1012' || code === 'D2014' || code === 'D2015' || /^U100[12]/.test(ours.error?.code ?? '')) return 'limit';
  if (severalItems.test(request.expr)) {
    if (/[[{,:]\s*\$\w*\s*:=/.test(request.expr)) return 'concurrency';
    if (ours.error && theirs.error) return 'concurrency';
  }
  // So are the groups of a grouping: the same error may be about another group's value.
  if (code && code === ours.error?.code && ours.error.position === theirs.error.position && /\{[^]*:/.test(request.expr)) return 'concurrency';
  if (/toMillis/.test(request.expr) && /\d{4}\.\d/.test(request.expr)) return 'legacy date';
  if (/\$(now|millis|random|shuffle)\b/.test(request.expr)) return 'clock';
  return null;
}
function agree(request, ours, theirs) {
  if (theirs.undefined || ours.undefined) return Boolean(theirs.undefined) === Boolean(ours.undefined);
  if ('result' in theirs) return 'result' in ours && same(ours.result, theirs.result);
  if (!ours.error || ours.error.code !== theirs.error.code) return false;
  if ((ours.error.position ?? null) !== (theirs.error.position ?? null)) return false;
  if (!same(ours.error.token ?? null, theirs.error.token ?? null)) return false;
  const message = ours.error.code === 'D3120' || ours.error.code === 'D3121';  // holds a message
  return message || same(ours.error.value ?? null, theirs.error.value ?? null);
}

// A regular expression to the left of ?: or ?? becomes another one in the reference's copy of it,
// and may then match without end; recursion that the reference only ends by running out of memory.
const unfit = /\/[^]*\?[?:]|\$(inf|odd|even|factorial)\b/;
const corpus = loadCorpus(options.suite);
const total = Number(options.count);
const counts = { pairs: 0, values: 0, undefined: 0, errors: 0, differ: 0 };
const reasons = {};
const kinds = {};
console.log(`seed ${options.seed}, ${total} pairs, ${corpus.length} cases to mutate`);
while (counts.pairs < total && ended === null) {
  if (counts.pairs % 100000 === 0 && counts.pairs > 0) console.log(`${counts.pairs} pairs, ${counts.differ} differences`);
  const batch = [];
  while (batch.length < Math.min(200, total - counts.pairs)) {
    const request = chance(0.4) ? mutate(corpus) : made();
    if (!unfit.test(request.expr)) batch.push(request);
  }
  driver.stdin.write(batch.map((request) => JSON.stringify(request) + '\n').join(''));
  for (const request of batch) {
    const theirs = await reference(request);
    const line = await answers.next();
    if (line.done) { console.log('the driver ended at', JSON.stringify(request)); ended = 'driver'; break; }
    const ours = JSON.parse(line.value);
    ++counts.pairs;
    if ('result' in theirs) ++counts.values; else if (theirs.undefined) ++counts.undefined; else ++counts.errors;
    if (agree(request, ours, theirs)) continue;
    const reason = accepted(request, ours, theirs) ?? (await remembered(request, ours) ? 'memory' : null);
    if (reason) { reasons[reason] = (reasons[reason] ?? 0) + 1; continue; }
    const kind = `${theirs.error?.code ?? Object.keys(theirs)[0]}/${ours.error?.code ?? Object.keys(ours)[0]}`;
    kinds[kind] = (kinds[kind] ?? 0) + 1;
    if (++counts.differ > Number(options.show) || kinds[kind] > 4) continue;
    console.log(`\n${request.expr}\n  input ${JSON.stringify(request.input)?.slice(0, 600)}\n  ours      ${line.value.slice(0, 400)}\n  reference ${JSON.stringify(theirs).slice(0, 400)}`);
  }
}
driver.stdin.end();
console.log(JSON.stringify(counts), 'accepted', JSON.stringify(reasons), 'kinds', JSON.stringify(kinds));
process.exitCode = counts.differ === 0 && ended === null ? 0 : 1;
