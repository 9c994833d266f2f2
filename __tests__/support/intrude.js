// Run as a user who may not: tries, until its standard input ends, to put something into every directory below ROOT and to
// move what lies there. Prints how often it tried, what it succeeded with, and the names of the workspaces that it saw.
import { linkSync, mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';

const [root, own] = process.argv.slice(2);
let ended = false;
process.stdin.on('end', () => (ended = true)).resume();

let tries = 0;
const successes = [];
const workspaces = new Set();

function attempt(what, action) {
  tries++;
  try {
    action();
    if (successes.length < 100) successes.push(what);
  } catch {
    // as it should be
  }
}

function look(folder, depth) {
  const planted = join(folder, 'planted');
  attempt(`a file in ${folder}`, () => writeFileSync(planted, 'planted', { flag: 'wx' }));
  attempt(`a symbolic link in ${folder}`, () => symlinkSync(own, `${planted}-link`));
  attempt(`a hard link in ${folder}`, () => linkSync(own, `${planted}-name`));
  attempt(`a directory in ${folder}`, () => mkdirSync(`${planted}-directory`));
  attempt(`a key in ${folder}`, () => writeFileSync(join(folder, 'key.pem'), 'planted', { flag: 'r+' }));
  attempt(`${folder} under another name`, () => renameSync(folder, `${folder}-moved`));
  let entries = [];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return;
  }
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.docker-tls-openssl-')) workspaces.add(entry.name);
    if (entry.isDirectory() && depth < 4) look(path, depth + 1);
    else attempt(`${path} under another name`, () => renameSync(path, `${path}-moved`));
  }
}

process.stdout.write('ready\n');
while (!ended) {
  look(root, 0);
  await setImmediate();
}
process.stdout.write(JSON.stringify({ tries, successes, workspaces: [...workspaces] }));
