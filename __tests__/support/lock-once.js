// Takes the lock of the directory that is its argument, and gives it back; what it has to say it writes to standard output.
// AS_USER is the user as whom it does so.
const { withLock } = await import('../../dist/lib/store/lock.js');
if (process.env.AS_USER) process.setuid(Number(process.env.AS_USER));
const [, , directory, lockTimeoutMs] = process.argv;
const result = await withLock(directory, { lockTimeoutMs: Number(lockTimeoutMs) }, async ({ held }) => {
  return (await held()) ? 'held' : 'lost';
}).catch((error) => `${error.code}: ${error.message}`);
process.stdout.write(result);
