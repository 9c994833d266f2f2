import { describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { leftToWhole } from '../support/form.js';
import { cleanEnvironment, main, quick, succeeds } from '../support/program.js';
import { processesIn } from '../support/processes.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { useTerminal } from '../support/terminal.js';
import { tree } from '../support/tree.js';

const temporary = useTemporaryDirectory();
const terminal = useTerminal();
const slow = ['all', '--host', 'docker.example', '--key', 'rsa:4096', '--no-passphrase'];

/** Waits until openssl is at work on the keys. */
async function keysAreBeingMade(): Promise<void> {
  for (const until = Date.now() + 20_000; Date.now() < until;) {
    if ((await processesIn(temporary())).some((line) => line.includes('genrsa'))) return;
    await wait(5);
  }
  throw new Error('no openssl is at work');
}

function start(args: readonly string[]): {
  child: ChildProcess;
  ended: Promise<[number | null, string, string]>;
} {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: temporary(),
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]).then(
    ([[code], stdout, stderr]): [number | null, string, string] => [code as number | null, stdout, stderr],
  );
  return { child, ended };
}

describe.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s while keys are being made', (signal, expected) => {
  test(`ends with ${expected} and leaves nothing: no directory, no workspace, no openssl`, async () => {
    const before = await tree(temporary());
    const { child, ended } = start(slow);
    await keysAreBeingMade();
    child.kill(signal);
    const [code, stdout, stderr] = await ended;
    expect(await processesIn(temporary())).toEqual([]);
    expect(code).toBe(expected);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^stopped: nothing was changed$/m);
    expect(await tree(temporary())).toEqual(before);
  });

  leftToWhole('leaves what was there before', async () => {
    await succeeds(temporary(), ['all', ...quick]);
    const before = await tree(temporary());
    const { child, ended } = start([...slow, '--force', 'ca', '--yes']);
    await keysAreBeingMade();
    child.kill(signal);
    expect((await ended)[0]).toBe(expected);
    expect(await tree(temporary())).toEqual(before);
  });

  test('is said in one object with --json', async () => {
    const { child, ended } = start([...slow, '--json']);
    await keysAreBeingMade();
    child.kill(signal);
    const [code, stdout, stderr] = await ended;
    expect(code).toBe(expected);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, command: 'all', error: { code: 'ERR_ABORTED' } });
    expect(stderr).toBe('');
  });
});

describe('Ctrl-C at a terminal while keys are being made', () => {
  test('ends with 130 and leaves nothing', async () => {
    const before = await tree(temporary());
    const screen = terminal(temporary(), slow);
    await keysAreBeingMade();
    screen.types('\u0003');
    expect(await screen.ends()).toBe(130);
    expect(screen.words()).toContain('stopped: nothing was changed');
    expect(await processesIn(temporary())).toEqual([]);
    expect(await tree(temporary())).toEqual(before);
  });
});
