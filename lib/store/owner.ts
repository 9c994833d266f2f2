import { createHash } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { systemCode } from '../errors.js';

/** After this time the workspace of a machine that nobody can ask counts as left behind. */
const ONE_DAY = 86_400_000;

/**
 * Who is at work, as a part of a file's name: the machine (its boot and namespace of processes), the process, and when it
 * began, for a number of a process is given again.
 */
export async function ownerTag(): Promise<string> {
  return `${await machine()}-${process.pid}-${await began(process.pid)}`;
}

/** Whether the process of a tag is gone; for another machine's, whether its file is over a day old. */
export async function isGone(tag: string, modified: Date): Promise<boolean> {
  const [where, pid, start] = tag.split('-');
  if (where !== (await machine())) return Date.now() - modified.getTime() > ONE_DAY;
  if (!isRunning(Number(pid))) return true;
  return (await began(Number(pid))) !== start;
}

async function machine(): Promise<string> {
  const parts = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
    readlink('/proc/self/ns/pid').catch(() => ''),
  ]);
  return createHash('sha256')
    .update([hostname(), ...parts].join('\n'))
    .digest('hex')
    .slice(0, 8);
}

/** In clock ticks since the machine began (proc_pid_stat(5), field 22); 0 where no such file is. */
async function began(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The second field is the name in parentheses, and may hold anything.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0';
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}
