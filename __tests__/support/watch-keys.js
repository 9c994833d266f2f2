// Looks for private keys below ROOT as fast as it can until its standard input ends, and says the path of each that it
// finds as soon as it does. Run as a user without rights, it finds those that this user can read; run as root with `open`,
// those whose mode and whose directories let others in. Prints in the end how often it looked, and what else it saw.
import { closeSync, fstatSync, lstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';

const [root, open] = process.argv.slice(2);
let ended = false;
process.stdin.on('end', () => (ended = true)).resume();

const buffer = Buffer.alloc(8192);
const found = new Set();
const certificates = new Set();
const workspaces = new Set();
const keys = new Set();
let rounds = 0;

/** Whether others, or the group, come as far as the file and can do something with it. */
function isOpen(mode, chain) {
  return [0o7, 0o70].some((bits) => (mode & bits) !== 0 && chain.every((one) => (one & bits & 0o11) !== 0));
}

function read(path, chain) {
  let file;
  try {
    file = openSync(path, 'r');
  } catch {
    return;
  }
  try {
    const { mode } = fstatSync(file);
    const text = buffer.latin1Slice(0, readSync(file, buffer, 0, buffer.length, 0));
    if (text.includes('CERTIFICATE---')) certificates.add(path);
    if (!text.includes('PRIVATE KEY')) return;
    keys.add(path);
    if ((open === 'open' && !isOpen(mode, chain)) || found.has(path)) return;
    found.add(path);
    process.stdout.write(`${path}\n`);
  } finally {
    closeSync(file);
  }
}

function look(folder, above) {
  let entries;
  let chain;
  try {
    chain = [...above, lstatSync(folder).mode];
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return;
  }
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (/^\.docker-tls-openssl[-_]|\.unfinished$/.test(entry.name)) workspaces.add(path);
    if (entry.isDirectory()) look(path, chain);
    else if (entry.isFile()) read(path, chain);
  }
}

process.stdout.write('ready\n');
while (!ended) {
  look(root, []);
  rounds++;
  await setImmediate();
}
process.stdout.write(
  JSON.stringify({
    rounds,
    certificates: certificates.size,
    keys: keys.size,
    workspaces: workspaces.size,
  }),
);
