import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { applyFleet, csr, planFleet } from '../../lib/index.js';
import type { FleetFile } from '../../lib/fleet/file/fleet-file.js';
import { madeOnce } from './made-once.js';

export const passphrase = 'correct horse battery staple';

/** A fleet below a directory: two hosts with keys of their own, one whose key is here, and two clients. */
export function fleetIn(root: string, rest: Partial<FleetFile> = {}): FleetFile {
  return {
    ca: { directory: join(root, 'ca'), key: 'ec:p256' },
    csrs: join(root, 'csrs'),
    defaults: { key: 'ec:p256', days: 90 },
    hosts: {
      web1: { names: ['web1.example.com', '10.0.0.5'] },
      web2: { names: ['web2.example.com'] },
      db: { names: ['db.example.com'], keys: 'on-controller' },
    },
    clients: { alice: {}, ci: {} },
    ...rest,
  };
}

/** That fleet after its first `applyFleet`, made once for the whole run. The CSRs of its hosts have come, and web1's is signed. */
export async function madeFleet(root: string): Promise<FleetFile> {
  const made = await madeOnce('fleets', 'first', async (at) => {
    await mkdir(at, { recursive: true });
    const { web1 } = fleetIn(at).hosts;
    const before = { ...fleetIn(at), hosts: { web1: web1!, db: fleetIn(at).hosts['db']! } };
    await sendCsr(at, 'web1', ['web1.example.com', '10.0.0.5']);
    await applyFleet(before, { passphrase });
    await sendCsr(at, 'web2', ['web2.example.com']);
  });
  await cp(made, root, { recursive: true, preserveTimestamps: true });
  return fleetIn(root);
}

/** Makes a host's key and its CSR, and puts that into the inbox. Gives the directory of the key. */
export async function sendCsr(
  root: string,
  name: string,
  hosts: readonly string[],
  key = name,
): Promise<string> {
  const directory = join(root, 'hosts', key);
  await csr('server', { directory, hosts, key: 'ec:p256', overwrite: true });
  await mkdir(join(root, 'csrs/servers'), { recursive: true, mode: 0o700 });
  await cp(join(directory, 'server.csr'), join(root, 'csrs/servers', `${name}.csr`));
  return directory;
}

/** What would be done for each: `make`, `sign`, …, by `kind/name`, without those for which nothing is. */
export async function actionsOf(
  fleet: FleetFile,
  options: Parameters<typeof planFleet>[1] = {},
): Promise<Record<string, string>> {
  const { items } = await planFleet(fleet, options);
  return Object.fromEntries(
    items
      .filter(({ action }) => action !== 'none')
      .map(({ name, action, reasons }) => [name, [action, ...reasons.map(({ code }) => code)].join(' ')]),
  );
}
