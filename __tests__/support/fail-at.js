// Loaded before the program (node --import): lets its call number FAIL_AT to the file system fail (`12`, or the second
// of a name: `rename:2`) with the error FAIL_WITH (EIO, ...). Writes into the file FAIL_LOG a line for each call, and makes the file FAIL_DONE when it has done so.
import { appendFileSync } from 'node:fs';
import { constants } from 'node:os';
import { counter, onFileCalls } from './file-calls.js';

const isTheOne = counter(process.env.FAIL_AT);
const code = process.env.FAIL_WITH ?? 'EIO';
const log = process.env.FAIL_LOG;
await onFileCalls((name, path, changes) => {
  if (log) appendFileSync(log, `${changes ? 'changes' : 'reads'} ${name} ${path}\n`);
  if (!isTheOne(name)) return undefined;
  if (process.env.FAIL_DONE) appendFileSync(process.env.FAIL_DONE, '');
  const error = new Error(`${code}: a fault, ${name} '${path}'`);
  return Object.assign(error, { code, errno: -constants.errno[code], syscall: name, path });
});
