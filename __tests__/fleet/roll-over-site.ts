import { cp, mkdtemp, readFile, rename, symlink, unlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import { join } from 'node:path';
import { all, client, csr, server, sign } from '../../lib/index.js';
import type { FleetFile } from '../../lib/fleet/file/fleet-file.js';
import type { Fleet, FleetClient, FleetHost } from '../../lib/fleet/fleet.js';
import { next } from '../../lib/fleet/roll-over/next.js';
import { start } from '../../lib/fleet/roll-over/start.js';
import { parseAltNames } from '../../lib/x509/alt-names.js';
import { parseKeyType } from '../../lib/x509/key-type.js';
import { USUAL_WITHIN } from '../../lib/x509/life.js';
import { parseDays } from '../../lib/x509/validity.js';
import { freePort } from '../support/dockerd.js';
import { madeOnce } from '../support/made-once.js';

export const passphrase = 'correct horse';
const key = 'ec:p256';
const member = {
  key: parseKeyType(key),
  days: parseDays(90, 'days'),
  keys: 'on-controller',
  renew: { within: USUAL_WITHIN, window: undefined, jitter: 0 },
} as const;

/** A fleet whose daemons listen on this machine, and what it needs besides. */
export interface Site {
  readonly root: string;
  readonly fleet: Fleet;
  /** Docker's own directory of the controller. */
  readonly configDirectory: string;
}

export function hostOf(name: string, port: number, more: Partial<FleetHost> = {}): FleetHost {
  return {
    ...member,
    name,
    names: parseAltNames([`${name}.example`]),
    localhost: true,
    address: '127.0.0.1',
    port,
    ssh: undefined,
    groups: [],
    ...more,
  };
}

export function clientOf(name: string, more: Partial<FleetClient> = {}): FleetClient {
  return { ...member, name, deliver: [], install: [], ...more };
}

/**
 * Makes a CA, two hosts and two clients: web1 and ops have their keys on the controller, web2 and laptop have theirs elsewhere, in
 * `elsewhere/NAME`.
 */
export async function makeSite(root: string): Promise<Site> {
  const directory = join(root, 'ca');
  const elsewhere = (name: string): string => join(root, 'elsewhere', name);
  await all({ directory, hosts: ['localhost'], key, passphrase });
  // What a fleet does not name is not in the way either.
  for (const file of ['server-cert.pem', 'server-key.pem', 'cert.pem', 'key.pem'])
    await unlink(join(directory, file));
  await server({ directory, name: 'web1', hosts: ['web1.example'], key, passphrase });
  await client({ directory, name: 'ops', key, passphrase });
  await csr('server', { directory: elsewhere('web2'), hosts: ['web2.example'], key });
  await csr('client', { directory: elsewhere('laptop'), clientName: 'laptop', key });
  await sign([join(elsewhere('web2'), 'server.csr')], {
    ...{ directory, name: 'web2', hosts: ['web2.example'], passphrase },
  });
  await sign([join(elsewhere('laptop'), 'client.csr')], {
    ...{ directory, name: 'laptop', clientNames: ['laptop'], passphrase },
  });
  return siteAt(root);
}

/** The stages in which a roll-over rests, each as it is when its files were written, and no daemon has them yet. */
export const stages = ['trust-daemons', 'trust-clients', 'servers', 'clients', 'drop-old'] as const;
export type SiteStage = (typeof stages)[number] | 'made' | 'finished';

/** A directory with a site at each stage, made once for the whole run. */
export function madeStages(): Promise<string> {
  return madeOnce('roll-over', 'stages', async (root) => {
    await makeSite(join(root, 'made'));
    const site = await siteAt(join(root, 'walk'));
    await cp(join(root, 'made'), site.root, { recursive: true });
    const options = { passphrase, configDirectory: site.configDirectory };
    const daemons = site.fleet.hosts.map((host) => new StandIn(site, host));
    let { stage } = await start(site.fleet, options);
    for (;;) {
      await cp(site.root, join(root, stage), { recursive: true });
      if (stage === 'finished') break;
      for (const one of daemons) await one.restart();
      ({ stage } = await next(site.fleet, { ...options, confirmed: ['laptop'] }));
    }
    for (const one of daemons) await one.stop();
  });
}

/** The site that lies there, with ports of its own. */
export async function siteAt(root: string): Promise<Site> {
  const fleet: Fleet = {
    file: undefined,
    ca: { directory: join(root, 'ca'), key: parseKeyType(key), days: parseDays(3650, 'days') },
    csrs: join(root, 'csrs'),
    hosts: [hostOf('web1', await freePort()), hostOf('web2', await freePort(), { keys: 'on-host' })],
    clients: [clientOf('ops'), clientOf('laptop', { keys: 'on-host' })],
    rollout: { canary: 1, batch: { percent: 25 }, stopAfter: 1, verify: 'connect', client: undefined },
  };
  return { root, fleet, configDirectory: join(root, 'docker') };
}

/** What a user's fleet file has for a site. */
export function fleetFileOf({ fleet }: Site): FleetFile {
  const hosts = fleet.hosts.map(({ name, port, keys }) => [
    name,
    { names: [`${name}.example`], address: name === 'web1' ? '127.0.0.1' : 'localhost', port, keys },
  ]);
  return {
    ca: { directory: fleet.ca.directory, key },
    csrs: fleet.csrs,
    defaults: { key },
    hosts: Object.fromEntries(hosts) as FleetFile['hosts'],
    clients: Object.fromEntries(fleet.clients.map(({ name, keys }) => [name, { keys }])),
  };
}

/** Brings a host or a client its files, as a user's own rollout does. */
export async function rollOut(
  { root, fleet }: Site,
  role: 'server' | 'client',
  name: string,
): Promise<string> {
  const at = join(root, `at-${role}-${name}`);
  const to = await mkdtemp(`${at}-`);
  const [certificate, keyFile] =
    role === 'server' ? ['server-cert.pem', 'server-key.pem'] : ['cert.pem', 'key.pem'];
  const from = join(fleet.ca.directory, `${role}s`, name);
  for (const file of [certificate, 'ca.pem']) await cp(join(from, file), join(to, file));
  const isElsewhere = [...fleet.hosts, ...fleet.clients].some(
    (one) => one.name === name && one.keys === 'on-host',
  );
  await cp(join(isElsewhere ? join(root, 'elsewhere', name) : from, keyFile), join(to, keyFile));
  // All of them at once: a client that polls meanwhile reads the old ones or the new ones.
  await symlink(to, `${to}.link`);
  await rename(`${to}.link`, at);
  return at;
}

/** A server in the place of a daemon, which answers as one does. It closes connections where a daemon sends an alert. */
export class StandIn {
  #server: Server | undefined;

  constructor(
    readonly site: Site,
    readonly host: FleetHost,
  ) {}

  /** Starts it again with the files that are there now. */
  async restart(): Promise<void> {
    await this.stop();
    const at = await rollOut(this.site, 'server', this.host.name);
    const read = (file: string): Promise<Buffer> => readFile(join(at, file));
    const [cert, keyText, ca] = [
      await read('server-cert.pem'),
      await read('server-key.pem'),
      await read('ca.pem'),
    ];
    const options = { cert, key: keyText, ca, requestCert: true, rejectUnauthorized: true };
    const standIn = createServer(options, (_, response) => {
      response.setHeader('Api-Version', '1.44');
      response.end(JSON.stringify({ ApiVersion: '1.44', Version: '28.0' }));
    });
    this.#server = standIn;
    await new Promise<void>((resolve) => standIn.listen(this.host.port, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    const standIn = this.#server;
    if (!standIn) return;
    this.#server = undefined;
    standIn.closeAllConnections();
    await new Promise((resolve) => standIn.close(resolve));
  }
}
