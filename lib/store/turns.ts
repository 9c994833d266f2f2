import { setTimeout as sleep } from 'node:timers/promises';

/** A process that took one turn after the other for so long lets others come in between. */
const AT_A_STRETCH_MS = 1_000;

/** Longer than those wait until they look again. */
const PAUSE_MS = 150;

/** The turn of a call of this process. */
export interface Turn {
  /** How long this call waited while other processes were at work: behind another call of this process, too. */
  waitedMs(): number;
  /** Tells that another process is at work, or that it is not any more. */
  blocked(by: boolean): void;
  end(): void;
}

interface Queue {
  readonly waiting: (() => void)[];
  /** When the first of the turns that followed one another began. */
  since: number;
  blockedMs: number;
  blockedSince: number | undefined;
}

/** Of each directory in which a call of this process is at work, by its identity. */
const queues = new Map<string, Queue>();

/**
 * Waits for the calls of this process that came before, each in its turn. Undefined where the signal aborted meanwhile:
 * then the place in the queue is given up.
 */
export async function takeTurn(key: string, signal: AbortSignal): Promise<Turn | undefined> {
  const found = queues.get(key);
  const queue = found ?? { waiting: [], since: performance.now(), blockedMs: 0, blockedSince: undefined };
  queues.set(key, queue);
  const before = blockedMs(queue);
  if (found && !(await isOurTurn(queue, signal))) return undefined;
  const turn: Turn = {
    waitedMs: () => blockedMs(queue) - before,
    blocked: (by) => {
      if (by) queue.blockedSince ??= performance.now();
      else {
        queue.blockedMs = blockedMs(queue);
        queue.blockedSince = undefined;
      }
    },
    end: () => {
      turn.blocked(false);
      next(key, queue);
    },
  };
  if (found && performance.now() - queue.since > AT_A_STRETCH_MS) {
    await sleep(PAUSE_MS);
    queue.since = performance.now();
  }
  if (!signal.aborted) return turn;
  turn.end();
  return undefined;
}

function blockedMs({ blockedMs, blockedSince }: Queue): number {
  return blockedMs + (blockedSince === undefined ? 0 : performance.now() - blockedSince);
}

/** False where the signal aborted first. */
function isOurTurn({ waiting }: Queue, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const answer = (ours: boolean): void => {
      signal.removeEventListener('abort', leave);
      resolve(ours);
    };
    const comes = (): void => answer(true);
    const leave = (): void => {
      waiting.splice(waiting.indexOf(comes), 1);
      answer(false);
    };
    if (signal.aborted) {
      answer(false);
      return;
    }
    waiting.push(comes);
    signal.addEventListener('abort', leave, { once: true });
  });
}

function next(key: string, queue: Queue): void {
  const first = queue.waiting.shift();
  if (first) first();
  else queues.delete(key);
}
