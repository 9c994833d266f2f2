// Run by itself: does WORK once for each call to the file system that it makes, each time in a fresh copy of the image FROM
// (TO/1, TO/2, ...) and with that call failing. Prints, as JSON, how each of them ended. WORK is `install` or `uninstall`,
// with the certificates of SET. STEP: only each so many-th of the calls that change something, and a tenth of the others.
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { onFileCalls } from './file-calls.js';

const { FROM, TO, SET, WORK, STEP } = process.env;
const { installDaemon, uninstallDaemon } = await import('../../dist/lib/index.js');

let point = 0; // none
let calls = 0;
let failed;
const changing = [];
await onFileCalls((name, path, changes) => {
  if (point === 0) return undefined;
  changing[calls] ??= changes;
  if (++calls !== point) return undefined;
  failed = `${name} ${path}`;
  return Object.assign(new Error(`EIO: a fault, ${name}`), { code: 'EIO', errno: -5, syscall: name });
});

/** How the work ended that had its call number `at` failing; undefined where it made fewer. */
async function attempt(at) {
  const root = join(TO, String(at));
  await cp(FROM, root, { recursive: true });
  [point, calls, failed] = [at, 0, undefined];
  const options = { root, apply: true };
  const work =
    WORK === 'install'
      ? installDaemon({ ...options, directory: SET, dockerd: '/nonexistent' })
      : uninstallDaemon(options);
  const end = await work.then(
    ({ notes }) => ({ ok: true, said: notes.join('\n') }),
    ({ name, code, message, hint }) => ({ ok: false, said: `${message}\nhint: ${hint}`, name, code }),
  );
  point = 0;
  return failed === undefined ? undefined : { root, failed, ...end };
}

await attempt(Infinity); // for the list
const step = Number(STEP);
const places = [true, false].flatMap((changes) =>
  [...changing.keys()]
    .filter((at) => changing[at] === changes)
    .filter((_, number) => number % (changes || step === 1 ? step : 10 * step) === 0),
);
const ends = [];
for (const at of places) ends.push(await attempt(at + 1));
process.stdout.write(JSON.stringify(ends.filter((end) => end !== undefined)));
