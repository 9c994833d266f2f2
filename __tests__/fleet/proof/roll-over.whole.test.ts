import { expect, jest, test } from '@jest/globals';
import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { hostNames, lifetime, succeeded, useBootedFleet, type HostName } from './booted-fleet.js';

jest.setTimeout(3_600_000);

const fleet = useBootedFleet();
const pollDaemons = fileURLToPath(new URL('../../support/poll-daemons.js', import.meta.url));
const description = { ...lifetime(1), clients: { alice: {}, laptop: { keys: 'on-host' } } } as const;

interface Poll {
  readonly host: string;
  readonly from: number;
  readonly to: number;
  readonly failure: string | null;
}

/** Who asks the daemons: alice, whose key is on the controller, and a laptop with a key of its own. */
const clients = ['alice', 'laptop'] as const;
const polls: Record<(typeof clients)[number], Poll[]> = { alice: [], laptop: [] };
/** Where a client has its files: elsewhere than the controller. */
const placeOf = (client: string): string => join(dirname(fleet.directory()), 'clients', client);

/** Brings a client its files, all at once. */
async function bring(client: (typeof clients)[number]): Promise<void> {
  const from = join(fleet.directory(), 'ca/clients', client);
  const to = await mkdtemp(`${placeOf(client)}-`);
  for (const file of ['ca.pem', 'cert.pem']) await cp(join(from, file), join(to, file));
  const key = client === 'laptop' ? join(fleet.directory(), '../laptop') : from;
  await cp(join(key, 'key.pem'), join(to, 'key.pem'));
  await symlink(to, `${to}.link`);
  await rename(`${to}.link`, placeOf(client));
}

/** Lets a client ask all daemons, until the controller is removed, on which it runs. */
function begin(client: (typeof clients)[number]): void {
  const names = hostNames.map((name) => `${name}.example.com`);
  const child = fleet.controller().start('/', process.execPath, pollDaemons, placeOf(client), ...names);
  let rest = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    polls[client].push(...lines.map((line) => JSON.parse(line) as Poll));
  });
}

/** When a daemon was down, as its unit noted it. */
async function downs(name: HostName): Promise<{ from: number; to: number }[]> {
  const text = await fleet.host(name).sh('cat /var/log/stopped /var/log/started');
  const [stopped, started] = ['stopped', 'started'].map((word) =>
    [...text.matchAll(new RegExp(`^${word} (\\d+)$`, 'gm'))].map(([, at]) => Number(at)),
  );
  return stopped!.map((from) => ({ from, to: started!.find((at) => at > from) ?? Infinity }));
}

interface RollOver {
  readonly ok: boolean;
  readonly stage: string;
  readonly ready: boolean;
  readonly hosts: readonly { readonly name: string; readonly state: string }[];
  readonly error: { readonly code: string; readonly unconfirmed: readonly { readonly name: string }[] };
}

async function rollOver(action: string, ...flags: readonly string[]): Promise<RollOver> {
  const { stdout, stderr } = await fleet.program('fleet', 'roll-over', action, '--json', ...flags);
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as RollOver;
}
const next = (): Promise<RollOver> =>
  rollOver('next', '--passphrase-file', 'ca.pass', '--confirmed', 'laptop');

/** The certificate directory and all that is beside it go to another place, as on another machine. */
async function moveController(): Promise<void> {
  const from = fleet.directory();
  const to = `${from}-2`;
  await cp(from, to, { recursive: true, preserveTimestamps: true });
  await rm(from, { recursive: true });
  await fleet.describe(description, to);
}

test('the CA is rolled over with the playbooks, on two controllers, and no client loses a daemon but while it restarts', async () => {
  await fleet.describe(description);
  for (const name of hostNames) {
    const note = (word: string): string => `/bin/sh -c "echo ${word} $$(date +%%s%%3N) >>/var/log/${word}"`;
    await fleet
      .host(name)
      .write(
        'etc/systemd/system/docker.service.d/10-clock.conf',
        `[Service]\nExecStop=${note('stopped')}\nExecStartPost=${note('started')}\n`,
      );
    await fleet.host(name).sh('systemctl daemon-reload; systemctl restart docker');
  }
  const { run } = fleet.controller();
  await mkdir(join(fleet.directory(), '../clients'));
  await mkdir(join(fleet.directory(), 'from'));
  const made = await fleet.program(
    ...['csr', 'client', '--client-name', 'laptop', '--dir', '../laptop', '--key', 'ec:p256'],
  );
  succeeded(made);
  succeeded(await run(fleet.directory(), 'cp', '../laptop/client.csr', 'from/laptop.csr'));
  succeeded(await fleet.program('fleet', 'csr', '--from', 'from'));
  succeeded(await fleet.program('fleet', 'apply', '--passphrase-file', 'ca.pass'));
  succeeded(await fleet.playbook());
  for (const client of clients) {
    await bring(client);
    begin(client);
  }
  const oldCa = await readFile(join(fleet.directory(), 'ca/ca.pem'), 'utf8');

  let { stage } = await rollOver('start', '--passphrase-file', 'ca.pass');
  const stages: string[] = [];
  while (stage !== 'finished') {
    stages.push(stage);
    if (stage !== 'trust-clients' && stage !== 'clients') {
      const early = await next();
      expect(early).toMatchObject({ ok: false, error: { code: 'ERR_UNCONFIRMED' } });
      expect(early.error.unconfirmed.map(({ name }) => name)).toEqual(hostNames);
      succeeded(await fleet.playbook());
    }
    if (stage !== 'trust-daemons' && stage !== 'servers') for (const client of clients) await bring(client);
    if (stage === 'servers') await moveController();
    const { hosts } = await rollOver('status');
    expect([stage, ...hosts.map(({ state }) => state)]).toEqual([stage, ...hostNames.map(() => 'confirmed')]);
    const taken = await next();
    expect(taken).toMatchObject({ ok: true });
    ({ stage } = taken);
  }
  expect(stages).toEqual(['trust-daemons', 'trust-clients', 'servers', 'clients', 'drop-old']);
  await fleet.expectInstalled(...hostNames);
  expect(await readFile(join(fleet.host('web1').root, 'etc/docker/tls/ca.pem'), 'utf8')).not.toContain(oldCa);

  await sleep(1_000);
  for (const client of clients)
    for (const name of hostNames) {
      const windows = await downs(name);
      const own = polls[client].filter(({ host }) => host === `${name}.example.com`);
      const unexplained = own.filter(
        ({ from, to, failure }) =>
          failure !== null && !windows.some((window) => from <= window.to && to >= window.from),
      );
      expect({ client, name, unexplained }).toEqual({ client, name, unexplained: [] });
      expect(own.length).toBeGreaterThan(100);
      expect(own.at(-1)!.failure).toBeNull();
      // Restarts were needed for three steps, and for the first rollout one before the clients began.
      expect(windows.filter(({ from }) => from > own[0]!.from)).toHaveLength(3);
    }
});
