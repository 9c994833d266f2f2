import { expect, test } from '@jest/globals';
import { playbookFiles } from '../../../lib/fleet/ansible/playbook-files.js';
import type { Fleet } from '../../../lib/fleet/fleet.js';
import { fleetHost, fleetOf } from '../../support/fleet-of.js';

async function files(fleet: Fleet): Promise<Record<string, string>> {
  const all = await playbookFiles(fleet, ['/usr/bin/node', '/opt/it/main.cjs']);
  return Object.fromEntries(all.map(({ path, content }) => [path, content]));
}

test('the inventory has each host with what its certificate and its daemon need', async () => {
  const { 'inventory.yml': inventory } = await files(
    fleetOf('/srv', [
      fleetHost('web1', ['web1.example.com', '10.0.0.5'], { ssh: 'root@web1', groups: ['prod-a', 'web1'] }),
      fleetHost('7db', ['fd00::1'], {
        ...{
          ssh: 'admin@10.0.0.7',
          keys: 'on-controller',
          localhost: false,
          port: 2377,
          groups: ['prod-a', '2nd'],
        },
      }),
    ]),
  );
  expect(inventory).toBe(`---
# Made by docker-tls-openssl from "/srv/docker-tls.yaml". Change the fleet file, and run the command again.
docker_tls:
  hosts:
    web1:
      ansible_host: web1
      ansible_user: root
      docker_tls_become: false
      docker_tls_address: "web1.example.com"
      docker_tls_port: 2376
      docker_tls_names: ["DNS:web1.example.com", "IP:10.0.0.5", "DNS:localhost", "IP:127.0.0.1", "IP:::1"]
      docker_tls_key: "ec:p256"
      docker_tls_keys: on-host
    "7db":
      ansible_host: "10.0.0.7"
      ansible_user: admin
      docker_tls_become: true
      docker_tls_address: "fd00::1"
      docker_tls_port: 2377
      docker_tls_names: ["IP:fd00::1"]
      docker_tls_key: "ec:p256"
      docker_tls_keys: on-controller
docker_tls_on_host:
  hosts:
    web1: {}
prod_a:
  hosts:
    web1: {}
    "7db": {}
group_web1:
  hosts:
    web1: {}
_2nd:
  hosts:
    "7db": {}
# site.yml fills it as it runs.
docker_tls_ready: {}
`);
});

test('what Ansible would take for a template, and YAML for something else, stays text', async () => {
  const fleet = fleetOf("/srv/{{ lookup('pipe', 'id') }}", [fleetHost('on', ['on.example.com'])]);
  const { 'inventory.yml': inventory, 'group_vars/docker_tls.yml': vars } = await files(fleet);
  expect(inventory).toContain('\n    "on":\n');
  expect(vars).toContain(`docker_tls_directory: !unsafe "/srv/{{ lookup('pipe', 'id') }}/tls"`);
});

test.each([
  [{ canary: 2, batch: { percent: 25 }, stopAfter: 1 }, 'serial: [2, "25%"]\n  max_fail_percentage: 0\n'],
  [{ canary: 1, batch: { hosts: 10 }, stopAfter: 3 }, 'serial: [1, 10]\n  max_fail_percentage: 100\n'],
] as const)('restarts come in batches: %j', async (rollout, text) => {
  const fleet = fleetOf('/srv', [fleetHost('web1', ['web1.example.com'])]);
  const all = await files({ ...fleet, rollout: { ...fleet.rollout, ...rollout } });
  expect(all['site.yml']).toContain(text);
  expect(all['group_vars/docker_tls.yml']).toContain(`docker_tls_stop_after: ${rollout.stopAfter}\n`);
});

test('the client that connects is the one that is named, else the first with its key here', async () => {
  const fleet = fleetOf('/srv', [fleetHost('web1', ['web1.example.com'])]);
  const [alice] = fleet.clients;
  const clients = [
    { ...alice!, name: 'remote', keys: 'on-host' as const },
    alice!,
    { ...alice!, name: 'ci' },
  ];
  const client = async (rollout: Partial<Fleet['rollout']>): Promise<string | undefined> => {
    const all = await files({ ...fleet, clients, rollout: { ...fleet.rollout, ...rollout } });
    return /^docker_tls_client: (.*)$/m.exec(all['group_vars/docker_tls.yml']!)?.[1];
  };
  expect([await client({}), await client({ client: 'ci' }), await client({ verify: 'none' })]).toEqual([
    'alice',
    'ci',
    '""',
  ]);
});
