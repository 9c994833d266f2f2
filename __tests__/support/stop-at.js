// Loaded before the program (node --import): stops it, as `kill -STOP` would, at the call number STOP_AT of those that change
// the file system, or at the call number STOP_AFTER_JOURNAL of those that follow when it has begun to write its journal.
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const stopAt = Number(process.env.STOP_AT ?? 0);
const stopAfterJournal = Number(process.env.STOP_AFTER_JOURNAL ?? 0);
let calls = 0;
let sinceJournal = 0;
for (const name of ['rename', 'link', 'unlink', 'rm', 'mkdir', 'writeFile', 'copyFile', 'open']) {
  const real = fs[name];
  fs[name] = (...args) => {
    calls++;
    if (sinceJournal > 0) sinceJournal++;
    else if (name === 'open' && String(args[0]).endsWith('/.journal.new')) sinceJournal = 1;
    if (calls === stopAt || (stopAfterJournal > 0 && sinceJournal === stopAfterJournal + 1))
      process.kill(process.pid, 'SIGSTOP');
    return real(...args);
  };
}
syncBuiltinESMExports();
