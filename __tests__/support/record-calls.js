// Loaded before the program (node --import): writes down, into a file of its own in the folder RECORD_CALLS, what the
// program writes anywhere and with what it starts others. So nothing is too brief to be seen.
import children from 'node:child_process';
import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

const { writeSync } = fs;
const log = fs.openSync(join(process.env.RECORD_CALLS, `calls-${process.pid}`), 'a');

/** Texts and bytes, wherever in the arguments they stand. */
function contents(value, depth = 0) {
  if (typeof value === 'string') return [Buffer.from(value)];
  if (ArrayBuffer.isView(value)) return [Buffer.from(value.buffer, value.byteOffset, value.byteLength)];
  if (typeof value !== 'object' || value === null || depth > 5) return [];
  return Object.entries(value).flatMap(([key, inner]) => [Buffer.from(key), ...contents(inner, depth + 1)]);
}

function record(module, names) {
  for (const name of names) {
    const real = module[name];
    if (typeof real !== 'function') continue;
    module[name] = function (...args) {
      const words = [Buffer.from(name), ...args.flatMap((argument) => contents(argument))];
      writeSync(
        log,
        Buffer.concat([...words.flatMap((word) => [word, Buffer.from(' ')]), Buffer.from('\n')]),
      );
      return Reflect.apply(real, this, args);
    };
  }
}

/** Not what reads: into its buffers nothing was put yet. */
const writes = (module) =>
  Object.keys(module).filter((name) => /^[a-z]/.test(name) && !/^f?(read|stat)/.test(name));
record(fs, writes(fs));
record(promises, writes(promises));
record(children, ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork']);
const handle = await promises.open(process.execPath);
record(Object.getPrototypeOf(handle), ['write', 'writev', 'writeFile', 'appendFile']);
await handle.close();
syncBuiltinESMExports();
