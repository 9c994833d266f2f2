// Loaded before the program (node --import): kills it, as a power cut would, at the call number KILL_AT of those that
// change the file system; writes into the file KILL_LOG how many there were.
import fs from 'node:fs/promises';
import { appendFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const killAt = Number(process.env.KILL_AT ?? 0);
let calls = 0;
for (const name of ['rename', 'link', 'unlink', 'rm', 'mkdir', 'writeFile', 'copyFile', 'open']) {
  const real = fs[name];
  fs[name] = (...args) => {
    calls++;
    if (process.env.KILL_LOG) appendFileSync(process.env.KILL_LOG, `${name}\n`);
    if (calls === killAt) process.kill(process.pid, 'SIGKILL');
    return real(...args);
  };
}
syncBuiltinESMExports();
