import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { createServer, type TlsOptions } from 'node:tls';
import { all, revoke, server } from '../../lib/index.js';
import {
  fleetNagiosText,
  fleetPrometheusText,
  fleetWarnings,
} from '../../lib/fleet/status/fleet-status-texts.js';
import {
  statusOfFleet,
  type FleetStatus,
  type FleetStatusOptions,
} from '../../lib/fleet/status/fleet-status.js';
import type { FleetClient, FleetHost } from '../../lib/fleet/fleet.js';
import { fleetClient, fleetHost, fleetLiteral } from '../support/fleet-literal.js';
import { makeSet } from '../support/made-sets.js';
import { only } from '../support/only.js';
import { useSharedDirectory } from '../support/temporary-directory.js';

const shared = useSharedDirectory();
const at = (...names: string[]): string => join(shared(), ...names);
const options = { key: 'ec:p256', passphrase: null } as const;
const names = ['web1.example.com', '127.0.0.1'];

beforeAll(async () => {
  const web1 = { ...options, name: 'web1', hosts: names, days: 100 };
  for (const set of ['ours', 'others']) {
    const make = set === 'ours' ? makeSet : all; // of another CA
    await make({ ...options, directory: at(set), hosts: ['set.example.com'] });
    await server(only('server', { ...web1, directory: at(set) }));
  }
  for (const name of ['web2', 'foreign'])
    await cp(at(name === 'foreign' ? 'others' : 'ours', 'servers', 'web1'), at('ours', 'servers', name), {
      recursive: true,
    });
  await mkdir(at('ours', 'servers', 'broken'));
  await writeFile(at('ours', 'servers', 'broken', 'server-cert.pem'), 'no certificate\n');
  await mkdir(at('csrs', 'servers'), { recursive: true });
  await writeFile(at('csrs', 'servers', 'asks.csr'), '');
});

const look = (
  hosts: readonly FleetHost[],
  more: FleetStatusOptions = {},
  clients: readonly FleetClient[] = [],
  set = 'ours',
): Promise<FleetStatus> => statusOfFleet(fleetLiteral(at(set), hosts, clients), more);

const web1 = (more: Partial<FleetHost> = {}): FleetHost => fleetHost('web1', names, more);
const inDays = (days: number): Date => new Date(Date.now() + days * 86_400_000);

describe('on disk', () => {
  const offline = async (host: FleetHost, more: FleetStatusOptions = {}): Promise<unknown> => {
    const { hosts } = await look([host], { offline: true, ...more });
    const [{ state, disk, findings } = {}] = hosts;
    return [state, disk?.state, findings?.map(({ id }) => id)];
  };

  test.each([
    ['a good one', web1(), {}, ['not-checked', 'ok', []]],
    ['one that is due', web1(), { now: inDays(80) }, ['due', 'due', ['due']]],
    ['one that is due by within', web1(), { within: '100%' }, ['due', 'due', ['due']]],
    ['one that has ended', web1(), { now: inDays(101) }, ['invalid', 'expired', ['expired']]],
    ['one of tomorrow', web1(), { now: inDays(-2) }, ['invalid', 'not-yet-valid', ['not-yet-valid']]],
    ['no certificate', fleetHost('new', ['new.example.com']), {}, ['due', 'missing', ['missing']]],
    ['no CSR', fleetHost('new', ['new.example.com'], { keys: 'on-host' }), {}, ['due', 'no-csr', ['no-csr']]],
    ['a CSR', fleetHost('asks', ['asks.example.com'], { keys: 'on-host' }), {}, ['due', 'csr', ['csr']]],
    ['a broken one', fleetHost('broken', ['b.example.com']), {}, ['invalid', 'broken', ['broken']]],
    ['one of another CA', fleetHost('foreign', names), {}, ['invalid', 'ok', ['other-ca-on-disk']]],
    ['one without localhost', web1({ localhost: false }), {}, ['due', 'ok', ['names']]],
  ] as const)('tells %s', async (_, host, more, expected) => {
    expect(await offline(host, more)).toEqual(expected);
  });

  test('names what the file and the certificate do not share', async () => {
    const { hosts } = await look([fleetHost('web1', ['127.0.0.1', 'new.example.com'])], { offline: true });
    expect(hosts[0]?.names).toEqual({ added: ['DNS:new.example.com'], removed: ['DNS:web1.example.com'] });
  });

  test('tells when a window opens for one that is due', async () => {
    const window = { days: [0], from: 120, to: 300, timeZone: 'UTC' };
    const renew = { ...web1().renew, window };
    const { hosts, now } = await look([web1({ renew })], { offline: true, within: '100%' });
    const { disk, findings } = hosts[0]!;
    expect(disk.renewsAt!.getTime()).toBeGreaterThanOrEqual(now.getTime());
    expect([disk.renewsAt!.getUTCDay(), disk.dueAt! <= now]).toEqual([0, true]);
    const isOpen = disk.renewsAt!.getTime() === now.getTime();
    expect(findings[0]?.text).toMatch(
      isOpen ? /left, until [\d-]+$/ : /; its window opens at .* 02:00:00 UTC$/,
    );
  });

  test('tells what the file does not name, but for the client of a roll-over', async () => {
    for (const name of ['bob', 'roll-over-probe'])
      await mkdir(at('ours', 'clients', name), { recursive: true });
    const { unnamed } = await look([web1()], { offline: true });
    expect(unnamed).toEqual({ hosts: ['broken', 'foreign', 'web2'], clients: ['bob'] });
  });

  test('takes a missing CA for one that is still to be made, and a damaged one for a fault', async () => {
    const { cas, state } = await look([], { offline: true }, [], 'nowhere');
    expect([cas[0]?.state, state]).toEqual(['missing', 'due']);
    await mkdir(at('damaged'));
    await writeFile(at('damaged', 'ca.pem'), 'no certificate\n');
    const damaged = await look([], { offline: true }, [], 'damaged');
    expect([damaged.cas[0]?.state, damaged.state]).toEqual(['broken', 'invalid']);
  });

  test('tells a revoked client', async () => {
    await cp(at('ours'), at('revoked'), { recursive: true });
    await mkdir(at('revoked', 'clients'), { recursive: true });
    for (const file of ['cert.pem', 'key.pem', 'ca.pem'])
      await cp(at('revoked', file), at('revoked', 'clients', 'alice', file));
    await revoke(['client'], { directory: at('revoked') });
    const { clients } = await look([], { offline: true }, [fleetClient('alice')], 'revoked');
    expect(clients).toMatchObject([{ state: 'invalid', findings: [{ id: 'revoked' }] }]);
  });
});

describe('served', () => {
  const servers: Server[] = [];
  const started = async (one: Server): Promise<number> => {
    servers.push(one.listen(0, '127.0.0.1'));
    await once(one, 'listening');
    return (one.address() as AddressInfo).port;
  };
  const tls = async (more: TlsOptions = {}, set = 'ours', name = 'web1'): Promise<number> => {
    const file = (path: string): Promise<string> => readFile(at(set, 'servers', name, path), 'utf8');
    const [ca, cert, key] = await Promise.all(['ca.pem', 'server-cert.pem', 'server-key.pem'].map(file));
    const own = createServer({ ca, cert, key, requestCert: true, rejectUnauthorized: true, ...more });
    return started(own.on('tlsClientError', () => undefined));
  };
  afterAll(() => {
    for (const one of servers) one.close();
  });

  const seen = async (port: number, more: FleetStatusOptions = {}): Promise<unknown> => {
    const { hosts } = await look([web1({ address: '127.0.0.1', port })], more);
    return [hosts[0]?.served.state, hosts[0]?.findings.map(({ id }) => id)];
  };

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'is seen in %s by a client without a certificate',
    async (version) => {
      expect(await seen(await tls({ minVersion: version, maxVersion: version }))).toEqual(['same', []]);
    },
  );

  test('is that of another host', async () => {
    await server(
      only('server', { ...options, directory: at('ours'), name: 'web3', hosts: ['127.0.0.1', 'web3'] }),
    );
    const port = await tls({}, 'ours', 'web3');
    const { hosts } = await look([web1({ address: '127.0.0.1', port }), fleetHost('web3', ['web3'])], {
      timeoutMs: 2000,
    });
    expect(hosts[0]?.served.state).toBe('other');
    expect(hosts[0]?.findings).toMatchObject([{ id: 'other', text: 'it serves the certificate of web3' }]);
  });

  test('has ended, which is told beside the certificate on disk', async () => {
    const port = await tls();
    expect(await seen(port, { now: inDays(101) })).toEqual(['same', ['expired', 'served-expired']]);
  });

  test('does not vouch for the address', async () => {
    const port = await tls();
    const { hosts } = await look([web1({ address: 'localhost', port, localhost: true })]);
    expect(hosts[0]?.findings).toEqual([]);
    await cp(at('others'), at('elsewhere'), { recursive: true });
    await rm(at('elsewhere', 'servers', 'web1'), { recursive: true });
    await server(
      only('server', {
        ...options,
        directory: at('elsewhere'),
        name: 'web1',
        hosts: ['web1.example.com'],
        localhost: false,
      }),
    );
    const other = await tls({}, 'elsewhere');
    const host = fleetHost('web1', ['web1.example.com'], {
      localhost: false,
      address: '127.0.0.1',
      port: other,
    });
    const found = await look([host], {}, [], 'elsewhere');
    expect(found.hosts[0]?.findings).toMatchObject([{ id: 'address', severity: 'invalid' }]);
  });

  test('is compared with nothing where nothing is on disk', async () => {
    const port = await tls();
    const host = fleetHost('new', names, { address: '127.0.0.1', port });
    const { hosts } = await look([host]);
    expect(hosts[0]?.served.state).toBe('unknown');
  });

  test("is Docker's API in plain HTTP, which is open to everyone", async () => {
    const docker = createHttpServer((_, answer) => {
      answer.setHeader('Api-Version', '1.43').end('{"ApiVersion":"1.43"}');
    });
    const { hosts } = await look([web1({ address: '127.0.0.1', port: await started(docker) })]);
    expect(hosts[0]?.served.state).toBe('no-tls');
    expect(hosts[0]?.findings[0]?.text).toContain('anyone who can reach this port is root on the host');
  });

  test('is nothing where the other side stays silent, or closes the connection', async () => {
    const silent = createTcpServer(() => undefined);
    const closing = createTcpServer((socket) => socket.destroy());
    expect(await seen(await started(silent), { timeoutMs: 200 })).toEqual(['unreachable', ['unreachable']]);
    expect(await seen(await started(closing))).toEqual(['unreachable', ['unreachable']]);
  });

  test('is not checked where the signal came first: those that were seen are told', async () => {
    const [port, silent] = [await tls(), await started(createTcpServer(() => undefined))];
    const interrupt = new AbortController();
    const hosts = [port, silent, silent].map((one, nth) =>
      fleetHost(`web${nth + 1}`, names, { address: '127.0.0.1', port: one }),
    );
    const events: unknown[] = [];
    const found = await look(hosts, {
      parallel: 1,
      signal: interrupt.signal,
      observer: (event) => {
        events.push(event);
        setTimeout(() => interrupt.abort(), 50);
      },
    });
    expect(found.hosts.map(({ served }) => served.state)).toEqual(['same', 'not-checked', 'not-checked']);
    expect(events).toEqual([{ type: 'seen', host: 'web1', served: true, done: 1, total: 3 }]);
  });
});

describe('of some hosts', () => {
  const hosts = [
    web1({ groups: ['prod'] }),
    fleetHost('web2', names, { groups: ['test'] }),
    fleetHost('web3', ['x']),
  ];
  const chosen = async (more: FleetStatusOptions): Promise<string[]> =>
    (await look(hosts, { offline: true, ...more }, [fleetClient('alice')])).hosts.map(({ name }) => name);

  test('takes names and groups together', async () => {
    expect(await chosen({ groups: ['test'] })).toEqual(['web2']);
    expect(await chosen({ hosts: ['web3'], groups: ['test'] })).toEqual(['web2', 'web3']);
  });

  test.each([
    [{ hosts: ['web'] }, 'the fleet has no host "web"', "did you mean 'web1'?"],
    [{ groups: ['prud'] }, 'the fleet has no group "prud"', "did you mean 'prod'?"],
  ])('refuses %j', async (more, message, hint) => {
    await expect(chosen(more)).rejects.toMatchObject({ code: 'ERR_INPUT', message, hint });
  });

  test.each([[{ parallel: 0 }], [{ timeoutMs: 0 }], [{ within: 'soon' }], [{ nonsense: 1 }]])(
    'refuses %j',
    async (more) => {
      await expect(chosen(more as FleetStatusOptions)).rejects.toMatchObject({ code: 'ERR_INPUT' });
    },
  );
});

describe('as text', () => {
  test('escapes what stands in a label, and counts only what was seen', async () => {
    const host = fleetHost('a"b\\c', names);
    const text = fleetPrometheusText(await look([host, web1()], { offline: true }));
    expect(text).toContain(
      'docker_tls_fleet_finding{role="server",name="a\\"b\\\\c",finding="missing",severity="due"} 1',
    );
    expect(text).toMatch(
      /^docker_tls_fleet_certificate_not_after_timestamp_seconds\{role="server",name="web1",source="disk",serial="[0-9A-F]+"\} \d+$/m,
    );
    expect(text).not.toContain('docker_tls_fleet_host_up');
    expect(text).toContain('docker_tls_fleet_members{role="server",state="not-checked"} 1');
  });

  test('has one line for Nagios, the worst first', async () => {
    const found = await look([fleetHost('new', ['n']), fleetHost('broken', ['b'])], { offline: true });
    expect(fleetWarnings(found).map(({ severity, subject }) => [severity, subject])).toEqual([
      ['invalid', 'broken'],
      ['due', 'new'],
    ]);
    expect(fleetNagiosText(found)).toMatch(
      /^DOCKER TLS CRITICAL - 2 hosts, 0 clients, on disk only; broken: .*; new: it has no certificate yet \| hosts=2 clients=0 ok=0 not_checked=0 due=1 invalid=1 unreachable=0$/,
    );
  });
});
