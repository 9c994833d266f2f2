// Looks, round after round, for secrets where another user of the machine could see them: in the command line and the
// environment of every process, and in every file (its name, too) below the folder that it is told. It ends with its parent.
import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
const own = [String(process.pid), String(process.ppid)];
/** In the short form other tests run at the same time: seven eighths of the time are theirs. */
const short = process.env.TESTS !== 'whole';
if (short) setPriority(10);

/** By the name of whose they are: the forms in which each would be seen. */
const secrets = new Map();
const seen = new Map();
let waiting = [];
let pause;
const looked = { rounds: 0, processes: 0, files: 0 };

process.on('message', ({ id, name, signs }) => {
  if (signs) {
    secrets.set(name, signs);
    seen.set(name, new Set());
  }
  waiting.push({ id, name });
  // Whoever asks has an answer at once.
  if (pause === undefined) return;
  clearTimeout(pause);
  pause = undefined;
  setImmediate(round);
});
process.on('disconnect', () => process.exit());

function look(where, bytes) {
  for (const [name, signs] of secrets) {
    for (const sign of signs) {
      if (bytes.includes(sign.bytes) && seen.get(name).size < 100)
        seen.get(name).add(`${sign.what} in ${where}`);
    }
  }
}

function read(path) {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined; // it is gone
  }
}

function lookAtProcesses() {
  for (const id of readdirSync('/proc')) {
    if (!/^\d+$/.test(id) || own.includes(id)) continue;
    for (const file of ['cmdline', 'environ']) {
      const bytes = read(`/proc/${id}/${file}`);
      if (bytes) look(file === 'cmdline' ? 'a command line' : 'an environment', bytes);
    }
    looked.processes++;
  }
}

function lookAtFiles(place) {
  let entries;
  try {
    entries = readdirSync(place, { withFileTypes: true });
  } catch {
    return;
  }
  for (const entry of entries) {
    const path = join(place, entry.name);
    look('the name of a file', Buffer.from(entry.name).toString('latin1'));
    if (entry.isDirectory()) lookAtFiles(path);
    else if (entry.isFile()) {
      looked.files++;
      const bytes = read(path);
      if (bytes) look(`the file ${entry.name}`, bytes);
    }
  }
}

function round() {
  const start = Date.now();
  const asked = waiting;
  waiting = [];
  lookAtProcesses();
  lookAtFiles(folder);
  looked.rounds++;
  for (const { id, name } of asked) {
    process.send({ id, looked, seen: [...seen.get(name)] });
    seen.get(name).clear(); // each is told once
  }
  pause = short && waiting.length === 0 ? setTimeout(round, 7 * (Date.now() - start)) : undefined;
  if (pause === undefined) setImmediate(round);
}
round();
