// Runs command lines of the program one after another, each as a message asks for it: `{ cwd, args, env, input }`. The
// program's main module is evaluated again for each, while all that it imports stays loaded.
import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [, , main] = process.argv;
const require = createRequire(import.meta.url);
const streams = ['stdout', 'stderr'];
const exit = process.exit;

/** Puts a file with `input` at standard input: the lowest descriptor that is free is the one that was just closed. */
function giveInput(input) {
  const path = join(tmpdir(), `docker-tls-input-${process.pid}`);
  writeFileSync(path, input, { mode: 0o600 });
  closeSync(0);
  if (openSync(path) !== 0) throw new Error('standard input is another descriptor');
  rmSync(path);
}

process.on('message', async ({ cwd, args, env, input }) => {
  process.chdir(cwd);
  giveInput(input);
  process.argv = [process.execPath, main, ...args];
  for (const name of Object.keys(process.env)) if (!(name in env)) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, env);
  process.exitCode = undefined;
  const said = { stdout: '', stderr: '' };
  for (const name of streams)
    process[name].write = (chunk, done) => {
      said[name] += String(chunk);
      done?.();
      return true;
    };
  // The last thing that the program does, and here the end of one run.
  const ended = new Promise((resolve) => {
    process.exit = (code) => resolve((process.exitCode = code));
  });
  Reflect.deleteProperty(require.cache, main);
  require(main);
  await ended;
  process.exit = exit;
  for (const name of streams) process[name].removeAllListeners('error');
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.removeAllListeners(signal);
  process.chdir('/'); // nothing of a run is left in its directory
  process.send({ code: process.exitCode ?? 0, ...said });
});
