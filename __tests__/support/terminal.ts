import { afterEach } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { stripVTControlCharacters } from 'node:util';
import { shellWord } from '../../lib/internal.js';
import { cleanEnvironment, main } from './program.js';

/** The program at a terminal, and the person who sits there. */
export interface Terminal {
  /** Waits until `words` appear after all that was waited for before. */
  sees(words: string): Promise<void>;
  types(keys: string): void;
  /** All that the terminal was sent so far, control sequences too. */
  output(): string;
  /** As `output`, without control sequences. */
  words(): string;
  /** Waits for the end. Gives the exit code. */
  ends(): Promise<number | null>;
}

const MOST_PATIENCE_MS = 30_000;

export interface TerminalOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Default: 200. 0 is a terminal that does not know its size. */
  readonly columns?: number;
}

/** Gives a function that runs the program in `cwd` at a terminal; what still runs is ended after each test. */
export function useTerminal(): (cwd: string, args: readonly string[], options?: TerminalOptions) => Terminal {
  const start = useAnyTerminal();
  return (cwd, args, options) => start(cwd, [process.execPath, main, ...args], options);
}

/** As `useTerminal`, for another program: `words` begin with its name. */
export function useAnyTerminal(): (
  cwd: string,
  words: readonly string[],
  options?: TerminalOptions,
) => Terminal {
  const running = new Set<ChildProcess>();
  afterEach(() => {
    for (const child of running) child.kill('SIGKILL');
    running.clear();
  });
  return (cwd, words, { env = {}, columns = 200 } = {}) => {
    const line = words.map(shellWord).join(' ');
    const child = spawn('script', ['-qec', `stty cols ${columns} rows 60; exec ${line}`, '/dev/null'], {
      cwd,
      env: cleanEnvironment({ SHELL: '/bin/sh', TERM: 'xterm-256color', ...env }),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    running.add(child);
    return attend(child);
  };
}

function attend(child: ChildProcess): Terminal {
  let output = '';
  let seen = 0;
  let ended = false;
  const closed = once(child, 'close').then(([code]) => {
    ended = true;
    return code as number | null;
  });
  child.stdout?.setEncoding('utf8').on('data', (part: string) => (output += part));
  child.stdin?.on('error', () => undefined);
  const words = (): string => stripVTControlCharacters(output);

  return {
    async sees(expected) {
      const until = Date.now() + MOST_PATIENCE_MS;
      for (;;) {
        const at = words().indexOf(expected, seen);
        if (at >= 0) {
          seen = at + expected.length;
          return;
        }
        if (ended || Date.now() > until) {
          throw new Error(`the terminal ${ended ? 'ended' : 'waits'} without ${expected}: ${words()}`);
        }
        await Promise.race([
          once(child.stdout!, 'data', { signal: AbortSignal.timeout(1000) }),
          closed,
        ]).catch(() => undefined);
      }
    },
    types: (keys) => child.stdin?.write(keys),
    output: () => output,
    words,
    ends: async () => {
      const code = await closed;
      child.stdin?.end();
      return code;
    },
  };
}
