import { expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { applyFleet, fleetAnsible, readFleet } from '../../lib/index.js';
import { opensslOutput } from '../support/openssl.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();

/** In place of the module, so that one machine can be many hosts: it makes CSRs, notes where it installs, and fails as it is to. */
const standIn = `#!/usr/bin/python
import os, subprocess
from ansible.module_utils.basic import AnsibleModule
words = "state key_type csr certificate ca key directory listen now".split()
spec = dict((name, dict(type="str", no_log=False)) for name in words)
spec.update(names=dict(type="list"), port=dict(type="int"), window=dict(type="dict"), ignore_window=dict(type="bool"), timeout=dict(type="int"))
module = AnsibleModule(spec)
state, directory = module.params["state"], module.params["directory"]
host = os.path.basename(directory or "")
result = dict(changed=False, waiting=True, pending=False, changes=[], csr="")
if state == "requested":
    if host == "gone":
        module.fail_json(msg="cannot be reached")
    key = "rsa:1024" if host == "weak" else "rsa:2048"
    names = "subjectAltName=" + ",".join(module.params["names"])
    command = ["openssl", "req", "-new", "-nodes", "-newkey", key, "-keyout", "/dev/null", "-subj", "/CN=" + host + ".example.com", "-addext", names]
    result["csr"] = subprocess.check_output(command, stderr=subprocess.DEVNULL).decode()
if state == "present":
    with open(os.path.dirname(directory) + "/installed", "a") as file:
        file.write(host + "\\n")
    if host == "broken":
        module.fail_json(msg="does not start")
module.exit_json(**result)
`;

test('hosts that fail before the batches are left out, and one that fails in them stops the rollout', async () => {
  const names = ['gone', 'weak', 'good', 'broken', 'last'];
  const fleet = join(temporary(), 'docker-tls.json');
  await writeFile(
    fleet,
    JSON.stringify({
      ca: { directory: './ca', key: 'ec:p256' },
      hosts: Object.fromEntries(names.map((name) => [name, { names: [`${name}.example.com`] }])),
      // A client with the name of a host, and its own CSR that is refused.
      clients: { alice: { key: 'ec:p256' }, good: { keys: 'on-host' } },
      rollout: { batch: 1, verify: 'none' },
    }),
  );
  await applyFleet(fleet, { passphrase: null });
  const { csrs } = await readFleet(fleet);
  await mkdir(join(csrs, 'clients'), { recursive: true, mode: 0o700 });
  const weak = ['req', '-new', '-nodes', '-newkey', 'rsa:1024', '-subj', '/CN=good', '-keyout', '/dev/null'];
  await opensslOutput([
    ...weak,
    '-addext',
    'extendedKeyUsage=clientAuth',
    '-out',
    join(csrs, 'clients/good.csr'),
  ]);
  const { out } = await fleetAnsible(fleet, { out: join(temporary(), 'play') });
  await writeFile(join(out, 'roles/docker_tls/library/docker_tls.py'), standIn);
  const to = `docker_tls_to=${temporary()}/{{ inventory_hostname }}`;
  const args = ['-i', 'inventory.yml', '-c', 'local', 'site.yml', '-e', to];
  const said = await new Promise<string>((resolve) => {
    const env = { ...process.env, HOME: temporary() };
    execFile('ansible-playbook', args, { cwd: out, env }, (_, stdout) => resolve(stdout));
  });
  expect(said).toContain('too weak');
  const failed = names.map((name) => new RegExp(`^${name} .* failed=(\\d)`, 'm').exec(said)?.[1]);
  expect(failed).toEqual(['1', '1', '0', '1', '0']);
  expect(await readFile(join(temporary(), 'installed'), 'utf8')).toBe('good\nbroken\n');
}, 240_000);
