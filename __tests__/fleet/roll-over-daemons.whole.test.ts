import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cp, readFile, realpath, rm } from 'node:fs/promises';
import { get } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fleet, FleetHost } from '../../lib/fleet/fleet.js';
import { abort } from '../../lib/fleet/roll-over/abort.js';
import { next } from '../../lib/fleet/roll-over/next.js';
import { start } from '../../lib/fleet/roll-over/start.js';
import { lookAtRollOver as look } from '../../lib/fleet/roll-over/status.js';
import { RollOverError } from '../../lib/index.js';
import { dockerBuilds, startDockerd, type DockerBuild, type RunningDockerd } from '../support/dockerd.js';
import { errorOf } from '../support/failure.js';
import { chosen, whole } from '../support/form.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { madeStages, passphrase, rollOut, siteAt, type Site } from './roll-over-site.js';

const builds = await dockerBuilds();
const shared = useSharedDirectory();

let made: string;

beforeAll(async () => {
  made = await madeStages();
}, 240_000);

/** A real daemon, and when it was down. */
class Daemon {
  #running: RunningDockerd | undefined;
  readonly down: { from: number; to: number }[] = [];

  constructor(
    readonly build: DockerBuild,
    readonly site: Site,
    readonly host: FleetHost,
  ) {}

  async restart(): Promise<void> {
    const at = await rollOut(this.site, 'server', this.host.name);
    const from = Date.now();
    const window = { from, to: Infinity };
    this.down.push(window);
    await this.stop();
    this.#running = await startDockerd(this.build, {
      port: this.host.port,
      args: [
        '--tlsverify',
        `--tlscacert=${join(at, 'ca.pem')}`,
        `--tlscert=${join(at, 'server-cert.pem')}`,
        `--tlskey=${join(at, 'server-key.pem')}`,
      ],
    });
    window.to = Date.now();
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.stop();
  }
}

interface Poll {
  readonly from: number;
  readonly to: number;
  readonly failure: string | undefined;
}

/** A client that asks each daemon ten times a second, with the files that it has at that moment. */
class PollingClient {
  readonly #stop = new AbortController();
  readonly polls = new Map<Daemon, Poll[]>();
  #loops: Promise<void>[] = [];

  constructor(
    readonly site: Site,
    readonly name: string,
  ) {}

  begin(daemons: readonly Daemon[]): void {
    this.#loops = daemons.map(async (daemon) => {
      const polls: Poll[] = [];
      this.polls.set(daemon, polls);
      while (!this.#stop.signal.aborted) {
        const from = Date.now();
        const failure = await this.#ask(daemon.host.port);
        polls.push({ from, to: Date.now(), failure });
        await sleep(100);
      }
    });
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#loops);
  }

  /** As docker does it: the daemon's certificate and the client's own are both verified. */
  async #ask(port: number): Promise<string | undefined> {
    const at = await realpath(join(this.site.root, `at-client-${this.name}`));
    const [ca, cert, key] = await Promise.all(
      ['ca.pem', 'cert.pem', 'key.pem'].map((file) => readFile(join(at, file))),
    );
    return new Promise((resolve) => {
      const asked = get(
        { host: '127.0.0.1', port, path: '/_ping', ca, cert, key, agent: false, timeout: 5_000 },
        (response) => {
          response.resume();
          response.on('end', () =>
            resolve(response.statusCode === 200 ? undefined : `HTTP ${response.statusCode}`),
          );
          response.on('error', (error) => resolve(error.message));
        },
      );
      asked.on('timeout', () => asked.destroy(new Error('timeout')));
      asked.on('error', (error) => resolve(error.message));
    });
  }

  /** The failures for which no restart of the daemon accounts. */
  unexplained(): string[] {
    return [...this.polls].flatMap(([{ host, down }, polls]) =>
      polls
        .filter(
          ({ from, to, failure }) =>
            failure !== undefined && !down.some((window) => from <= window.to && to >= window.from),
        )
        .map(({ failure }) => `${host.name}: ${failure ?? ''}`),
    );
  }
}

interface Scene {
  readonly site: Site;
  readonly daemons: readonly Daemon[];
  readonly clients: readonly PollingClient[];
  readonly options: { passphrase: string; configDirectory: string };
  end(): Promise<void>;
}

let scenes = 0;

/** Daemons with the certificates of before the roll-over, and clients that poll them. */
async function sceneOf(build: DockerBuild, hosts: number): Promise<Scene> {
  const root = join(shared(), `scene-${(scenes += 1)}`);
  await cp(join(made, 'made'), root, { recursive: true });
  const all = await siteAt(root);
  // With one host, that is the one whose key is its own.
  const fleet: Fleet = { ...all.fleet, hosts: all.fleet.hosts.slice(-hosts) };
  for (const { name } of all.fleet.hosts.slice(0, -hosts))
    await rm(join(fleet.ca.directory, 'servers', name), { recursive: true });
  const site = { ...all, fleet };
  const daemons = fleet.hosts.map((host) => new Daemon(build, site, host));
  await Promise.all(daemons.map((daemon) => daemon.restart()));
  const clients = fleet.clients.map(({ name }) => new PollingClient(site, name));
  for (const { name } of fleet.clients) await rollOut(site, 'client', name);
  for (const client of clients) client.begin(daemons);
  return {
    site,
    daemons,
    clients,
    options: { passphrase, configDirectory: site.configDirectory },
    end: async () => {
      await Promise.all(clients.map((client) => client.end()));
      await Promise.all(daemons.map((daemon) => daemon.stop()));
    },
  };
}

/** Rolls out the files of a step as a user does: the daemons one by one, and the clients. */
async function rollOutTo(
  { site, daemons, clients }: Scene,
  which: 'servers' | 'clients' | 'both',
): Promise<void> {
  if (which !== 'clients') for (const daemon of daemons) await daemon.restart();
  if (which !== 'servers') for (const { name } of clients) await rollOut(site, 'client', name);
}

const rolledOutTo = {
  'trust-daemons': 'servers',
  'trust-clients': 'clients',
  servers: 'servers',
  clients: 'clients',
  'drop-old': 'both',
  'restore-certificates': 'both',
  'drop-new': 'both',
} as const;

// In the short form one daemon of one Docker, which judges clients as the other does.
const forms = chosen(
  builds.map((build) => [build.name, build] as const),
  (_, at) => at === 0,
);

describe.each(forms)('with %s, clients that poll', (_, build) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await sceneOf(build, whole ? 2 : 1);
  }, 120_000);
  afterAll(async () => {
    await scene.end();
  }, 60_000);

  test('lose no daemon for longer than it restarts, through a whole roll-over', async () => {
    const { site, daemons, options } = scene;
    let { stage } = await start(site.fleet, options);
    const refused: string[] = [];
    while (stage !== 'finished' && stage !== 'aborted') {
      const which = rolledOutTo[stage];
      if (which !== 'clients') {
        // Before a daemon is restarted, and while one of several is not.
        for (const [at, daemon] of daemons.entries()) {
          const error = await errorOf(() => next(site.fleet, { ...options, confirmed: ['laptop'] }));
          expect(error).toMatchObject({ code: 'ERR_UNCONFIRMED' });
          const names = (error as RollOverError).unconfirmed.map(({ name }) => name);
          expect(names).toEqual(daemons.slice(at).map(({ host }) => host.name));
          refused.push(`${stage}: ${(error as RollOverError).unconfirmed[0]!.why}`);
          await daemon.restart();
        }
      }
      if (which !== 'servers') await rollOutTo(scene, 'clients');
      expect((await look(site.fleet, options)).hosts.map(({ verdict }) => verdict.state)).toEqual(
        daemons.map(() => 'confirmed'),
      );
      ({ stage } = await next(site.fleet, { ...options, confirmed: ['laptop'] }));
    }
    expect(stage).toBe('finished');
    // What a real daemon was asked, and said.
    expect(refused.find((why) => why.startsWith('trust-daemons'))).toMatch(
      /does not accept clients of the new CA \((bad certificate|unknown ca)\)/,
    );
    expect(refused.find((why) => why.startsWith('servers'))).toContain('serves a certificate of the old CA');
    expect(refused.find((why) => why.startsWith('drop-old'))).toContain(
      'still accepts clients of the old CA',
    );
    await sleep(300);
    for (const client of scene.clients) {
      expect(client.unexplained()).toEqual([]);
      for (const polls of client.polls.values()) expect(polls.at(-1)!.failure).toBeUndefined();
    }
  });
});

if (whole)
  describe.each(builds.map((build) => [build.name, build] as const))('with %s, an abort', (_, build) => {
    test.each(['trust-daemons', 'trust-clients', 'servers', 'clients'] as const)(
      'after %s locks no polling client out',
      async (last) => {
        const scene = await sceneOf(build, 2);
        try {
          const { site, options } = scene;
          const confirmed = { ...options, confirmed: ['laptop'] };
          let { stage } = await start(site.fleet, options);
          while (stage !== last) {
            await rollOutTo(scene, rolledOutTo[stage as keyof typeof rolledOutTo]);
            ({ stage } = await next(site.fleet, confirmed));
          }
          // It was rolled out to one daemon only, when somebody changes his mind.
          if (rolledOutTo[last] === 'servers') await scene.daemons[0]!.restart();
          else await rollOutTo(scene, 'clients');
          ({ stage } = await abort(site.fleet, options));
          while (stage !== 'aborted') {
            await rollOutTo(scene, rolledOutTo[stage as keyof typeof rolledOutTo]);
            ({ stage } = await next(site.fleet, confirmed));
          }
          await sleep(300);
          for (const client of scene.clients) {
            expect(client.unexplained()).toEqual([]);
            for (const polls of client.polls.values()) expect(polls.at(-1)!.failure).toBeUndefined();
          }
        } finally {
          await scene.end();
        }
      },
    );
  });
