import { randomBytes } from 'node:crypto';
import { constants } from 'node:os';
import { shellWord } from '../shell/sh.js';
import {
  MOST_OUTPUT,
  openProcess,
  runProcess,
  type OpenProcess,
  type ProcessEnd,
  type ProcessOptions,
} from './run.js';

/** What a lane can run: its stdin is closed, and what it prints to stdout and to stderr comes as one. */
export type LaneOptions = Omit<ProcessOptions, 'input' | 'descriptors' | 'cwd'>;

/**
 * Runs many small programs, each as `runProcess` does, but from a few shells that stay small. A process as large as ours takes
 * longer to start a program than openssl takes to make a key: what is copied for the start is its whole memory map.
 * All programs get the environment of the first. To be closed at the end.
 */
export class Lanes {
  readonly #all = new Set<Lane>();
  readonly #free: Lane[] = [];
  readonly #cwd: () => Promise<string>;

  /** `cwd`: the directory in which they run, asked for as a shell enters it. */
  constructor(cwd: () => Promise<string>) {
    this.#cwd = cwd;
  }

  async run(options: LaneOptions): Promise<ProcessEnd> {
    if (options.signal?.aborted) return { how: 'aborted' };
    const lane = this.#free.pop() ?? (await this.#open(options));
    const end = await lane.run(options);
    if (lane.isOpen) this.#free.push(lane);
    else this.#all.delete(lane);
    // Where the shell cannot start it, or is not there, the system says why.
    return isStarted(end) ? end : runProcess({ ...options, cwd: await this.#cwd() });
  }

  close(): void {
    for (const lane of this.#all) lane.close();
  }

  async #open(options: LaneOptions): Promise<Lane> {
    const lane = await Lane.open({ ...options, cwd: await this.#cwd() });
    this.#all.add(lane);
    return lane;
  }
}

/** Of a POSIX shell, for a program that is not there, and for one that it may not start; more is a signal (XCU 2.8.2). */
const [NOT_STARTED, NOT_FOUND, SIGNALLED] = [126, 127, 128];

function isStarted(end: ProcessEnd): boolean {
  if (end.how !== 'ended') return end.how !== 'not-started';
  return end.exitCode !== NOT_FOUND && end.exitCode !== NOT_STARTED;
}

interface Running {
  readonly resolve: (end: ProcessEnd) => void;
  heard: string;
}

/** A shell that runs one program after the other. */
class Lane {
  /** What tells the end of a program from what it prints. */
  readonly #mark = randomBytes(16).toString('hex');
  #shell: OpenProcess | undefined;
  #running: Running | undefined;
  isOpen = true;

  static async open({ cwd, env }: Pick<ProcessOptions, 'cwd' | 'env'>): Promise<Lane> {
    const lane = new Lane();
    lane.#shell = await openProcess(
      { file: '/bin/sh', argv: [], cwd, env },
      {
        output: (bytes) => lane.#hear(bytes),
        ended: () => lane.#finish(shellEnded()),
      },
    );
    lane.#shell.write('exec 2>&1\n');
    return lane;
  }

  async run({ file, argv, signal, timeoutMs }: LaneOptions): Promise<ProcessEnd> {
    if (signal?.aborted) return { how: 'aborted' };
    if (!this.isOpen) return shellEnded();
    const stopped = (how: 'aborted' | 'timed-out') => (): void => this.#finish({ how });
    const abort = stopped('aborted');
    const timer = setTimeout(stopped('timed-out'), timeoutMs);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await new Promise((resolve) => {
        this.#running = { resolve, heard: '' };
        const words = [file, ...argv].map(shellWord).join(' ');
        this.#shell?.write(`${words} < /dev/null\nprintf '\\n%s %d\\n' ${this.#mark} "$?"\n`);
      });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }

  close(): void {
    this.#finish({ how: 'aborted' });
  }

  #hear(bytes: Buffer): void {
    const running = this.#running;
    if (!running) return;
    running.heard += bytes.toString('latin1');
    const [tail, exitCode] = new RegExp(`\\n${this.#mark} (\\d+)\\n$`).exec(running.heard.slice(-64)) ?? [];
    if (tail !== undefined) {
      this.#running = undefined;
      running.resolve(endOf(Number(exitCode), running.heard.slice(0, -tail.length)));
    } else if (running.heard.length > MOST_OUTPUT) this.#finish({ how: 'too-much' });
  }

  /** The program ends otherwise than by itself, and the shell with it. */
  #finish(end: ProcessEnd): void {
    this.isOpen = false;
    this.#shell?.end();
    const running = this.#running;
    this.#running = undefined;
    running?.resolve(end);
  }
}

function shellEnded(): ProcessEnd {
  return { how: 'not-started', cause: new Error('the shell that starts it has ended') };
}

function endOf(status: number, printed: string): ProcessEnd {
  const number = status - SIGNALLED;
  const signal = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  return {
    how: 'ended',
    exitCode: signal === undefined ? status : undefined,
    signal,
    stdout: '',
    bytes: new Uint8Array(),
    stderr: Buffer.from(printed, 'latin1').toString(),
  };
}
