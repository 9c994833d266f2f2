import { expect, jest, test } from '@jest/globals';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ansible, hostNames, lifetime, succeeded, useBootedFleet } from './booted-fleet.js';

jest.setTimeout(7_200_000); // a rollout for each of its tasks

const fleet = useBootedFleet();

/** When a playbook is killed: at its task with that number, and so many milliseconds after it has begun. */
interface Point {
  readonly task: number;
  readonly afterMs: number;
}

/** The tasks of a playbook, as it says them when they begin. */
const tasksOf = (stdout: string): string[] =>
  [...stdout.matchAll(/^TASK \[(.*)\]/gm)].map(([, task]) => task!);

const inPlaybooks = (env: readonly string[]): [string, ...string[]] => [
  join(fleet.directory(), 'playbooks'),
  ...['env', ...env, ...ansible()],
];

/** Runs the playbook, and kills it with all its processes. Gives whether it was still running. */
async function isKilledAt({ task, afterMs }: Point, env: readonly string[]): Promise<boolean> {
  const run = fleet.controller().start(...inPlaybooks(env));
  const exited = once(run, 'exit');
  const begun = new Promise<void>((resolve) => {
    let said = '';
    run.stdout!.setEncoding('utf8').on('data', (text: string) => {
      if (tasksOf((said += text)).length > task) resolve();
    });
  });
  await Promise.race([begun, exited]);
  await Promise.race([sleep(afterMs), exited]);
  if (run.exitCode !== null) return false;
  process.kill(-run.pid!, 'SIGKILL');
  await exited;
  return run.signalCode === 'SIGKILL';
}

test('a renewal whose controller is killed at any task is completed by the same command', async () => {
  succeeded(await fleet.program('fleet', 'apply', '--passphrase-file', 'ca.pass'));
  succeeded(await fleet.playbook());
  await fleet.describe(lifetime(2));
  const tasks = tasksOf(succeeded(await fleet.playbook()).stdout);
  const installs = tasks.flatMap((task, at) => (task.includes('restart the daemon') ? [at] : []));
  expect(installs).toHaveLength(hostNames.length);
  const points = [
    ...tasks.map((_, task) => ({ task, afterMs: 0 })),
    // In the middle of what changes the second host: files are copied, the daemon stops, it starts.
    ...[500, 1500, 3000].map((afterMs) => ({ task: installs[1]!, afterMs })),
  ];

  let round = 2;
  for (const [at, point] of points.entries()) {
    round += 1;
    await fleet.describe(lifetime(round));
    // With a terminal the host ends what it was at, and without one that goes on alone.
    const isKilled = await isKilledAt(point, [`ANSIBLE_PIPELINING=${String(at % 2 === 0)}`]);
    const place = `${tasks[point.task]!} (task ${point.task}, ${point.afterMs} ms)`;
    // The run may end before the wait does, and else it must not.
    if (point.afterMs === 0) expect({ place, isKilled }).toEqual({ place, isKilled: true });
    succeeded(await fleet.controller().run(...inPlaybooks(['ANSIBLE_PIPELINING=true'])));
    await fleet.expectInstalled(...hostNames);
    const ends = `-checkend ${(30 * round - 1) * 86_400}`;
    for (const name of hostNames)
      await fleet.host(name).sh(`openssl x509 -noout ${ends} -in /etc/docker/tls/server-cert.pem`);
    const hidden = (await readdir(join(fleet.directory(), 'ca'))).filter((file) => file.startsWith('.'));
    expect({ place, hidden }).toEqual({ place, hidden: [] });
  }
});
