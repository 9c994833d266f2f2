import { createHash } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { systemCode } from '../file-error.js';

/** The form of a tag, for names and texts that hold one. */
export const tagPattern = '\\w{6}-\\w{6}-\\w{6}-\\d+-\\d+';

/**
 * Names this process, as a part of a file's name: the machine, its boot, the namespace of its processes, the process id,
 * and when the process began, since ids are reused.
 */
export async function ownerTag(): Promise<string> {
  const { machine, boot, space } = await here();
  return [machine, boot, space, process.pid, (await processOf(process.pid))?.began ?? UNKNOWN].join('-');
}

/**
 * Tells whether the process of a tag still exists. `elsewhere`: this process cannot know, because it ran on another
 * machine or in another container, or /proc does not show it.
 */
export async function ownerState(tag: string): Promise<'running' | 'gone' | 'elsewhere'> {
  const [machine, boot, space, id, start] = tag.split('-');
  const own = await here();
  if (machine !== own.machine) return 'elsewhere';
  // A host name alone does not identify a machine: containers in two places can have the same one.
  if (boot !== own.boot) return own.hasMachineId ? 'gone' : 'elsewhere';
  if (space !== own.space) return 'elsewhere';
  const pid = Number(id);
  if (!exists(pid)) return 'gone';
  const found = await processOf(pid);
  if (!found || start === UNKNOWN) return pid === process.pid ? 'running' : 'elsewhere';
  return found.began === start && !found.hasEnded ? 'running' : 'gone';
}

/** Tells whether the process of a tag, one that is running here, was stopped (SIGSTOP). */
export async function isStopped(tag: string): Promise<boolean> {
  return (await processOf(pidOf(tag)))?.isStopped === true;
}

/** The process id in a tag. */
export function pidOf(tag: string): number {
  return Number(tag.split('-')[3]);
}

/** The start time where there is no /proc to read it from. */
const UNKNOWN = '0';

interface Here {
  readonly machine: string;
  readonly boot: string;
  readonly space: string;
  readonly hasMachineId: boolean;
}

let cached: Promise<Here> | undefined;

/** The machine, its boot, and the namespace of processes: they stay the same as long as this process runs. */
function here(): Promise<Here> {
  cached ??= readHere();
  return cached;
}

async function readHere(): Promise<Here> {
  const [machine, boot, space] = await Promise.all([
    readFile('/etc/machine-id', 'utf8').catch(() => ''),
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
    readlink('/proc/self/ns/pid').catch(() => ''),
  ]);
  return {
    machine: short(`${hostname()}\n${machine}`),
    boot: short(boot),
    space: short(space),
    hasMachineId: machine.trim() !== '',
  };
}

function short(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 6);
}

interface Process {
  /** In clock ticks since the machine started. */
  readonly began: string;
  readonly isStopped: boolean;
  /** It was killed, its threads too, and only its parent has not taken notice yet. */
  readonly hasEnded: boolean;
}

/** Reads proc_pid_stat(5); undefined where the process is not shown. */
async function processOf(pid: number): Promise<Process | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The second field is the name in parentheses, and may hold anything. What follows begins with the third.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, threads, began] = [fields[0], fields[17], fields[19]];
  if (began === undefined) return undefined;
  return {
    began,
    isStopped: state === 'T',
    hasEnded: state === 'X' || (state === 'Z' && Number(threads) <= 1),
  };
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}
