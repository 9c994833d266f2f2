import { openProcess } from './run.js';

/**
 * Waits until its stdin ends, which it does with the process that holds the other end, however that ends. What stops a service or a job
 * sends SIGTERM to all of its processes at once: this one has to outlast the others.
 */
const SCRIPT =
  'trap "" HUP INT TERM; read -r x; n=0; while [ -e "$1" ] && [ "$n" -lt 10 ]; do rm -rf -- "$1" || sleep 1; n=$((n+1)); done';

/**
 * Starts a shell that removes a directory once this process has ended without doing so itself, as after SIGKILL. It keeps nobody from
 * ending. Gives what dismisses it. Windows has no such shell, and there nothing stands by.
 */
export async function removeAfterDeath(directory: string): Promise<() => void> {
  if (process.platform === 'win32') return () => undefined;
  const nobody = { output: () => undefined, ended: () => undefined };
  const env = { PATH: process.env['PATH'] };
  const shell = await openProcess({ file: '/bin/sh', argv: ['-c', SCRIPT, 'sh', directory], env }, nobody);
  shell.unref();
  return () => shell.end();
}
