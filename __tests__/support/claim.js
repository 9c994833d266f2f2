// Run as a user who shares a directory with everybody, such as /tmp: until its standard input ends it makes, in quick
// succession, what lies at PATH a link to a directory of its own, a directory of its own, and nothing. Prints how often,
// and which files it found in what is its own.
import { lstatSync, mkdirSync, readdirSync, rmdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';

const [path, own] = process.argv.slice(2);
let ended = false;
process.stdin.on('end', () => (ended = true)).resume();

let claims = 0;
const found = new Set();

function attempt(action) {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}

function search(folder, depth = 0) {
  attempt(() => {
    for (const name of readdirSync(folder)) {
      const below = join(folder, name);
      attempt(() => {
        if (lstatSync(below).isDirectory()) {
          if (depth < 3) search(below, depth + 1);
        } else found.add(below);
      });
    }
  });
}

process.stdout.write('ready\n');
while (!ended) {
  if (attempt(() => symlinkSync(own, path))) {
    claims++;
    search(own);
    attempt(() => unlinkSync(path));
  }
  await setImmediate();
  if (attempt(() => mkdirSync(path, { mode: 0o777 }))) {
    claims++;
    search(path);
    attempt(() => rmdirSync(path));
  }
  await setImmediate();
}
process.stdout.write(JSON.stringify({ claims, found: [...found] }));
