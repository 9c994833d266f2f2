// Loaded before the program (node --import): runs the command STRIKE (JSON, as words) just before the program's call number N
// for each N of STRIKE_AT (`12` or `3,9`), and waits for it to end. Counted are calls to the file system that are about
// STRIKE_IN or an open file, and starts of other programs. Writes what it did into the file STRIKE_LOG, as JSON.
import children from 'node:child_process';
import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const { spawnSync } = children;
const { writeFileSync } = fs;
const [file, ...args] = JSON.parse(process.env.STRIKE ?? '[]');
const wanted = (process.env.STRIKE_AT ?? '').split(',').map(Number);
const { STRIKE_IN: root = '', STRIKE_LOG: log } = process.env;
const own = /^(STRIKE|NODE_OPTIONS)/;
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)));

let calls = 0;
let busy = false;
const struck = [];

function isCounted(subject) {
  if (typeof subject === 'string')
    return subject.startsWith(root) || subject.startsWith('/proc/self/fd') || !subject.startsWith('/');
  return !(subject instanceof URL);
}

function before(name, subject) {
  if (busy || !isCounted(subject)) return;
  calls++;
  if (!wanted.includes(calls)) return;
  busy = true;
  spawnSync(file, args, { env, stdio: 'ignore' });
  busy = false;
  struck.push(`${name} ${typeof subject === 'string' ? subject : ''}`);
}

function wrap(module, names, always) {
  for (const name of names) {
    const real = module[name];
    if (typeof real !== 'function') continue;
    module[name] = Object.assign(function (...given) {
      before(name, always ?? given[0]);
      return Reflect.apply(real, this, given);
    }, real);
  }
}

const called = (module) =>
  Object.keys(module).filter(
    (name) => /^[a-z]/.test(name) && !/^(watch|createRead|createWrite|fdatasync$)/.test(name),
  );
wrap(fs, called(fs));
wrap(promises, called(promises));
wrap(children, ['spawn', 'execFile', 'exec', 'spawnSync', 'execFileSync'], 'a program');
const handle = await promises.open('/dev/null');
wrap(
  Object.getPrototypeOf(handle),
  ['chmod', 'chown', 'read', 'readFile', 'stat', 'sync', 'truncate', 'utimes', 'write', 'writeFile', 'close'],
  'an open file',
);
await handle.close();
syncBuiltinESMExports();
calls = 0;

if (log) process.on('exit', () => writeFileSync(log, JSON.stringify({ calls, struck })));
