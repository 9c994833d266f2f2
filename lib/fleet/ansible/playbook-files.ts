import mustache from 'mustache';
import { loadTemplates } from '../../recipes/templates.js';
import { formatAltName, localNames, type AltName } from '../../x509/alt-names.js';
import { keyTypeName } from '../../x509/key-type.js';
import type { Fleet, FleetHost, MaintenanceWindow } from '../fleet.js';
import { inventoryGroups } from './inventory-groups.js';

/** A file of the playbooks, by its path below their directory. */
export interface PlaybookFile {
  readonly path: string;
  readonly content: string;
}

/** The role and the playbook that are the same for every fleet. */
const fixed = [
  'rollback.yml',
  'roles/docker_tls/defaults/main.yml',
  'roles/docker_tls/library/docker_tls.py',
  'roles/docker_tls/meta/main.yml',
  'roles/docker_tls/tasks/csr.yml',
  'roles/docker_tls/tasks/install.yml',
  'roles/docker_tls/tasks/main.yml',
  'roles/docker_tls/tasks/rollback.yml',
  'roles/docker_tls/tasks/sign.yml',
] as const;
const rendered = ['inventory.yml', 'site.yml', 'group_vars/docker_tls.yml'] as const;

/** Renders the inventory, the role and the playbooks of a fleet. `program`: the words that start this program on the controller. */
export async function playbookFiles(fleet: Fleet, program: readonly string[]): Promise<PlaybookFile[]> {
  const names = [...fixed, ...rendered.map((path) => `${path}.mustache`)];
  const { templates } = await loadTemplates('fleet/ansible', names);
  const view = viewOf(fleet, program);
  return [
    ...rendered.map((path) => ({
      path,
      content: mustache.render(templates[`${path}.mustache`] ?? '', view).trimStart(),
    })),
    ...fixed.map((path) => ({ path, content: templates[path] ?? '' })),
  ].sort((one, other) => (one.path < other.path ? -1 : 1));
}

function viewOf(fleet: Fleet, program: readonly string[]): object {
  const { canary, batch, stopAfter } = fleet.rollout;
  return {
    from: fleet.file === undefined ? '' : ` from ${yaml(fleet.file, false)}`,
    hosts: fleet.hosts.map((host) => ({ name: yaml(host.name, false), vars: varsOf(host) })),
    groups: inventoryGroups(fleet.hosts).map(({ name, hosts }) => ({
      name,
      hosts: hosts.map((host) => ({ name: yaml(host, false) })),
    })),
    program: yaml(program),
    file: yaml(fleet.file ?? ''),
    directory: yaml(fleet.ca.directory),
    csrs: yaml(fleet.csrs),
    client: yaml(connectingClient(fleet) ?? ''),
    stopAfter,
    canary,
    batch: 'hosts' in batch ? batch.hosts : yaml(`${batch.percent}%`),
    // A number of failures over all batches is counted by the role.
    mostFailures: stopAfter === 1 ? 0 : 100,
  };
}

/** The client whose certificate the controller connects with; undefined where it is not to, or has none with its key. */
export function connectingClient({ rollout, clients }: Fleet): string | undefined {
  if (rollout.verify === 'none') return undefined;
  return rollout.client ?? clients.find(({ keys }) => keys === 'on-controller')?.name;
}

/** The names of a host's certificate: those of the fleet file, and the machine's own unless they are not wanted. */
export function certificateNames({ names, localhost }: Pick<FleetHost, 'names' | 'localhost'>): string[] {
  const all: readonly AltName[] = localhost ? [...names, ...localNames] : names;
  return [...new Set(all.map(formatAltName))];
}

function varsOf(host: FleetHost): { key: string; value: string }[] {
  const [, user, address] = /^(?:(.*)@)?(.*)$/s.exec(host.ssh ?? '') ?? [];
  const { window } = host.renew;
  const vars = {
    ...(address ? { ansible_host: address } : {}),
    ...(user === undefined ? {} : { ansible_user: user, docker_tls_become: user !== 'root' }),
    docker_tls_address: host.address,
    docker_tls_port: host.port,
    docker_tls_names: certificateNames(host),
    docker_tls_key: keyTypeName(host.key),
    docker_tls_keys: host.keys,
    ...(window ? { docker_tls_window: windowOf(window) } : {}),
  };
  return Object.entries(vars).map(([key, value]) => ({ key, value: yaml(value) }));
}

/** Without a zone the time of the controller counts. */
function windowOf(window: MaintenanceWindow & { readonly timeZone?: string | undefined }): object {
  const { days, from, to, timeZone: zone } = window;
  return { days, from, to, ...(zone === undefined ? {} : { zone }) };
}

/** A value as YAML, which JSON is, in the form that yamllint and prettier take; `!unsafe` where Ansible would take it for a template. */
function yaml(value: unknown, marked = true): string {
  if (Array.isArray(value)) return `[${value.map((each) => yaml(each)).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{ ${Object.entries(value)
      .map(([key, each]) => `${key}: ${yaml(each)}`)
      .join(', ')} }`;
  if (typeof value !== 'string') return JSON.stringify(value);
  const quoted = /^[a-z][a-z0-9-]*$/.test(value) && !words.has(value) ? value : JSON.stringify(value);
  return marked && /\{[{%#]/.test(value) ? `!unsafe ${quoted}` : quoted;
}

/** What YAML 1.1 takes for a truth value or for nothing. */
const words: ReadonlySet<string> = new Set(['y', 'n', 'yes', 'no', 'on', 'off', 'true', 'false', 'null']);
