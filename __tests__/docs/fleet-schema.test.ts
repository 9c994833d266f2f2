import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fleetSchema } from '../../lib/fleet/file/fleet-schema.js';
import { readFleet, type FleetFile } from '../../lib/index.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const shipped = join(root, 'schema', 'fleet.json');

const text = `${JSON.stringify(fleetSchema(), null, 2)}\n`;
if (process.env['UPDATE_DOCS'] === '1') writeFileSync(shipped, text);

test('the package ships the schema of the table that reads the file', () => {
  expect(readFileSync(shipped, 'utf8')).toBe(text);
});

/** Strict: an unknown or useless keyword in the schema is an error. */
const validate = new Ajv({ strict: true, allowUnionTypes: true, allErrors: true }).compile(
  JSON.parse(readFileSync(shipped, 'utf8')),
);

const hosts = { web1: { names: ['web1.example.com'] } };
const host = (more: object): object => ({ hosts: { web1: { ...hosts.web1, ...more } } });
const client = (more: object): object => ({ hosts, clients: { ops: more } });

describe('the schema and the reader', () => {
  test.each<[object]>([
    [{ hosts }],
    [{ $schema: './schema/fleet.json', hosts }],
    [{ ca: { directory: '../ca', key: 'pkcs11:token=a;object=b', days: 3650 }, csrs: '/srv/csrs', hosts }],
    [{ hosts: { 'db[01:12]': { names: ['db[01:12].example.com'], ssh: 'root@db[01:12]' } } }],
    [
      {
        hosts,
        defaults: { key: 'ed25519', days: 90, keys: 'on-controller', renew: { within: '33%', jitter: 10 } },
      },
    ],
    [host({ renew: { within: 30, window: 'Sun 02:00-05:00', timezone: 'Europe/Berlin' } })],
    [host({ address: 'web1.example.com', port: 2377, groups: ['prod'], localhost: false })],
    [client({ deliver: { age: 'age1qqq', pgp: ['ops@example.com'] }, install: ['context'] })],
    [{ hosts, rollout: { canary: 2, batch: '25%', 'stop-after': 3, verify: 'none' } }],
    [{ hosts, rollout: { batch: 5 } }],
  ])('accept %j', async (file) => {
    expect([validate(file), validate.errors]).toEqual([true, null]);
    await readFleet(file as FleetFile);
  });

  test.each<[object]>([
    [{}],
    [{ hosts: {} }],
    [{ hosts: [] }],
    [{ hosts, host: {} }],
    [{ hosts, passphrase: 'x' }],
    [{ hosts: { web1: {} } }],
    [{ hosts: { web1: { names: [] } } }],
    [{ hosts: { web1: { names: 'web1.example.com' } } }],
    [{ hosts: { 'web 1': { names: ['web1.example.com'] } } }],
    [host({ port: 0 })],
    [host({ port: '2376' })],
    [host({ port: 2376.5 })],
    [host({ keys: 'on-hosts' })],
    [host({ key: 'rsa:1024' })],
    [host({ days: 36_501 })],
    [host({ days: '90' })],
    [host({ localhost: 'yes' })],
    [host({ renew: { within: '33 %' } })],
    [host({ renew: { jitter: 100 } })],
    [client({ renew: { window: 'Sun 02:00-05:00' } })],
    [client({ install: 'context' })],
    [client({ names: ['ops'] })],
    [{ hosts, ca: { key: './ca-key.pem' } }],
    [{ hosts, clients: { 'ops[1:2]': {} } }],
    [{ hosts, rollout: { batch: '0%' } }],
    [{ hosts, rollout: { stopAfter: 1 } }],
  ])('refuse %j', async (file) => {
    expect(validate(file)).toBe(false);
    await expect(readFleet(file as FleetFile)).rejects.toMatchObject({ code: 'ERR_CONFIGURATION' });
  });

  test('describe every key', () => {
    const without: string[] = [];
    const look = (schema: Record<string, unknown>, path: string): void => {
      for (const [key, its] of Object.entries((schema['properties'] ?? {}) as Record<string, object>)) {
        if (!('description' in its)) without.push(`${path}.${key}`);
        look(its as Record<string, unknown>, `${path}.${key}`);
      }
      const { additionalProperties: each } = schema;
      if (typeof each === 'object') look(each as Record<string, unknown>, `${path}.NAME`);
    };
    look(fleetSchema(), '');
    expect(without).toEqual([]);
  });
});
