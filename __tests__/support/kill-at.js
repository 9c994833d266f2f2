// Loaded before the program (node --import): kills it, as a power cut would, at the call number KILL_AT of those that
// change the file system (`12`, or the second of a name: `rename:2`). KILL_WITH is another signal than SIGKILL. Writes
// into the file KILL_LOG a line for each of those calls.
import { appendFileSync } from 'node:fs';
import { counter, onFileCalls } from './file-calls.js';

const isTheOne = counter(process.env.KILL_AT);
const log = process.env.KILL_LOG;
await onFileCalls((name, path, changes) => {
  if (!changes) return;
  if (log) appendFileSync(log, `${name} ${path}\n`);
  if (isTheOne(name)) process.kill(process.pid, process.env.KILL_WITH ?? 'SIGKILL');
});
