// A process that takes the lock of a directory again and again, as it is told on its channel: { directory, round }. Its
// calls to the file system are delayed at random, and its clock for waiting runs 20 times as fast. In the lock it counts in a file,
// and nobody else may be there. It answers { lost, alone }, or { error }.
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const real = { ...fs };
const now = performance.now.bind(performance);
performance.now = () => now() * 20;
for (const name of ['link', 'rename', 'unlink', 'lstat', 'open']) {
  fs[name] = async (...args) => {
    if (Math.random() < 0.5) await sleep(Math.random() * (Math.random() < 0.2 ? 60 : 8));
    return real[name](...args);
  };
}
syncBuiltinESMExports();
const { withLock } = await import('../../dist/lib/store/lock.js');

/** Gives whether nobody else was there meanwhile. */
async function count(directory) {
  const [here, counter] = [join(directory, 'at-work'), join(directory, 'counter')];
  try {
    await real.writeFile(here, '', { flag: 'wx' });
  } catch {
    return false;
  }
  const before = Number(await real.readFile(counter, 'utf8').catch(() => '0'));
  await sleep(Math.random() * 15);
  await real.writeFile(counter, String(before + 1));
  await real.unlink(here);
  return true;
}

process.on('message', async ({ directory }) => {
  try {
    const answer = await withLock(directory, { lockTimeoutMs: 20 * 60_000 }, async ({ held }) => {
      const before = await held();
      const alone = await count(directory);
      return { alone, lost: !before || !(await held()) };
    });
    process.send(answer);
  } catch (error) {
    process.send({ error: `${error.code}: ${error.message}` });
  }
});
process.send('ready');
