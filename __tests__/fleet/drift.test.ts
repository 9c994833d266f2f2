import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { all, server } from '../../lib/index.js';
import { statusOfFleet, type FleetStatus } from '../../lib/fleet/status/fleet-status.js';
import { dockerBuilds, startDockerd, type RunningDockerd } from '../support/dockerd.js';
import { fleetHost, fleetLiteral } from '../support/fleet-literal.js';
import { rows } from '../support/form.js';
import { only } from '../support/only.js';
import { useSharedDirectory } from '../support/temporary-directory.js';

const builds = await dockerBuilds();
const shared = useSharedDirectory();
const at = (...names: string[]): string => join(shared(), ...names);

const options = { key: 'ec:p256', passphrase: null } as const;
const web1 = { ...options, name: 'web1', hosts: ['127.0.0.1'] } as const;

beforeAll(async () => {
  for (const set of ['ours', 'others']) {
    await all({ ...options, directory: at(set), hosts: ['127.0.0.1'] });
    await server(only('server', { ...web1, directory: at(set) }));
  }
  await cp(at('ours'), at('renewed'), { recursive: true, preserveTimestamps: true });
  // A certificate says when it was made in whole seconds.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await server(only('server', { ...web1, directory: at('renewed'), force: ['server'] }));
});

describe.each(rows(builds, 2, 1))('a fleet with the daemon of $name', (build) => {
  let daemon: RunningDockerd;
  beforeAll(async () => {
    const file = (name: string): string => at('ours', 'servers', 'web1', name);
    daemon = await startDockerd(build, {
      args: [
        '--tlsverify',
        `--tlscacert=${file('ca.pem')}`,
        `--tlscert=${file('server-cert.pem')}`,
        `--tlskey=${file('server-key.pem')}`,
      ],
    });
  }, 90_000);
  afterAll(() => daemon.stop(), 60_000);

  const look = (set: string, address = '127.0.0.1'): Promise<FleetStatus> => {
    const host = fleetHost('web1', ['127.0.0.1'], { address, port: daemon.port });
    return statusOfFleet(fleetLiteral(at(set), [host]));
  };

  test('serves what is on disk', async () => {
    const { state, hosts, counts } = await look('ours');
    expect(hosts).toMatchObject([
      { state: 'ok', findings: [], served: { state: 'same', life: 'ok', coversAddress: true } },
    ]);
    expect(hosts[0]?.served.certificate?.serial).toBe(hosts[0]?.disk.certificate?.serial);
    expect({ state, served: counts.served }).toEqual({ state: 'ok', served: { same: 1 } });
  });

  test('serves an older one than a renewal has left on disk', async () => {
    const { state, hosts } = await look('renewed');
    expect(state).toBe('due');
    expect(hosts).toMatchObject([
      { served: { state: 'older' }, findings: [{ id: 'older', severity: 'due' }] },
    ]);
  });

  test('serves one of another CA', async () => {
    const { state, hosts } = await look('others');
    expect(state).toBe('invalid');
    expect(hosts).toMatchObject([
      { served: { state: 'other-ca' }, findings: [{ id: 'other-ca', severity: 'invalid' }] },
    ]);
  });

  test('lets clients in that show no certificate', async () => {
    const file = (name: string): string => at('ours', 'servers', 'web1', name);
    const open = await startDockerd(build, {
      args: [
        '--tlsverify=false',
        `--tlscert=${file('server-cert.pem')}`,
        `--tlskey=${file('server-key.pem')}`,
      ],
    });
    const host = fleetHost('web1', ['127.0.0.1'], { port: open.port });
    const { state, hosts } = await statusOfFleet(fleetLiteral(at('ours'), [host])).finally(() => open.stop());
    expect(state).toBe('invalid');
    expect(hosts).toMatchObject([
      { served: { state: 'same' }, findings: [{ id: 'open', severity: 'invalid' }] },
    ]);
  });

  test('is not looked at offline, and is not ok then', async () => {
    const host = fleetHost('web1', ['127.0.0.1'], { port: daemon.port });
    const { state, hosts } = await statusOfFleet(fleetLiteral(at('ours'), [host]), { offline: true });
    expect(state).toBe('not-checked');
    expect(hosts).toMatchObject([{ state: 'not-checked', served: { state: 'not-checked' }, findings: [] }]);
  });

  test('is not reachable when it is down', async () => {
    await daemon.stop();
    const { state, hosts } = await look('ours');
    expect(state).toBe('invalid');
    expect(hosts).toMatchObject([
      {
        served: { state: 'unreachable', why: 'connection refused: nothing listens there' },
        findings: [{ id: 'unreachable', severity: 'invalid' }],
      },
    ]);
  });
});
