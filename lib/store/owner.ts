import { createHash } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { systemCode } from '../errors.js';

/**
 * Who is at work, as a part of a file's name: the machine, its boot, the namespace of its processes, the process, and when
 * it began, for the number of a process is given again.
 */
export async function ownerTag(): Promise<string> {
  return [...(await here()), process.pid, await began(process.pid)].join('-');
}

/** Whether the process of a tag is at work; `elsewhere` where it cannot be asked for: on another machine, in another container. */
export async function ownerState(tag: string): Promise<'running' | 'gone' | 'elsewhere'> {
  const [machine, boot, space, pid, start] = tag.split('-');
  const own = await here();
  if (machine !== own[0]) return 'elsewhere';
  if (boot !== own[1]) return 'gone'; // the machine was started anew since
  if (space !== own[2]) return 'elsewhere';
  return isRunning(Number(pid)) && (await began(Number(pid))) === start ? 'running' : 'gone';
}

/** The process of a tag. */
export function pidOf(tag: string): number {
  return Number(tag.split('-')[3]);
}

/** The machine, its boot, and the namespace of processes. */
async function here(): Promise<readonly [string, string, string]> {
  const [machine, boot, space] = await Promise.all([
    readFile('/etc/machine-id', 'utf8').catch(() => ''),
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
    readlink('/proc/self/ns/pid').catch(() => ''),
  ]);
  return [short(`${hostname()}\n${machine}`), short(boot), short(space)];
}

function short(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 6);
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
