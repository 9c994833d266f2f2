import { join } from 'node:path';
import mustache from 'mustache';
import { planCsr } from '../../authority/plan-csr.js';
import { InputError } from '../../errors.js';
import { commandLine } from '../../plan/command-line.js';
import { loadTemplates } from '../../recipes/templates.js';
import { leafFiles } from '../../set/layout.js';
import { readText } from '../../set/pairs.js';
import { shellComment } from '../../shell/sh.js';
import { keyTypeName } from '../../x509/key-type.js';
import { option, words } from '../../words.js';
import type { Fleet, FleetHost } from '../fleet.js';

/** A script for one host, and what is in it. */
export interface HostScript {
  readonly host: string;
  readonly text: string;
  /** Whether the host's certificate and its CA are in it, for they were signed already. */
  readonly hasCertificate: boolean;
  /** Whether its private key is in it: then the script is a secret. */
  readonly hasKey: boolean;
}

/** Finds a host of a fleet. Throws `ERR_INPUT`. */
export function fleetHostNamed({ hosts }: Fleet, name: string): FleetHost {
  const host = hosts.find((each) => each.name === name);
  if (host) return host;
  throw new InputError('host', `the fleet has no host ${JSON.stringify(name)}`, {
    hint: `it has ${hosts
      .slice(0, 5)
      .map((each) => each.name)
      .join(', ')}${hosts.length > 5 ? ', …' : ''}`,
  });
}

/**
 * Renders the script of a host, with its certificate if there is one. A private key comes into it only with `withKey`.
 * Errors: `ERR_INPUT` where the host's key is on the controller and is not to be in the script, or is not there; `ERR_UNSAFE`, `ERR_FILE`.
 */
export async function hostScript(fleet: Fleet, host: FleetHost, withKey: boolean): Promise<HostScript> {
  const [certificate, ca, key] = await filesOf(fleet, host, withKey);
  const hasCertificate = certificate !== undefined && ca !== undefined;
  const embedded = [
    ...(hasCertificate ? [file('server-cert.pem', certificate), file('ca.pem', ca)] : []),
    ...(key === undefined ? [] : [file('server-key.pem', key)]),
  ];
  const { keyCommand, configuration } = await requestOf(host);
  const template = 'host.sh.mustache';
  const { templates } = await loadTemplates('fleet', [template]);
  const view = {
    from: fleet.file === undefined ? '' : ` from ${shellComment(fleet.file)}`,
    comment: shellComment(host.name),
    port: host.port,
    ...{ keyCommand, configuration, embedded },
  };
  const text = mustache.render(templates[template], view).trimStart();
  return { host: host.name, text, hasCertificate, hasKey: key !== undefined };
}

async function filesOf(
  { ca }: Fleet,
  { name, keys }: FleetHost,
  withKey: boolean,
): Promise<readonly (string | undefined)[]> {
  const files = leafFiles('server', name);
  const read = (path: string): Promise<string | undefined> => readText(join(ca.directory, path));
  const certificate = await read(files.certificate);
  const authority = await read(join(files.directory ?? '', 'ca.pem'));
  if (keys === 'on-host') {
    if (withKey)
      throw new InputError('withKey', `${name} makes its private key itself: there is none to put in`, {
        hint: words`leave out ${option('withKey')}`,
      });
    return [certificate, authority, undefined];
  }
  if (!withKey)
    throw new InputError('withKey', `the private key of ${name} is made on the controller`, {
      hint: words`put it into the text with ${option('withKey', true)}, which makes that a secret; or say keys: on-host in the fleet file`,
    });
  const key = await read(files.key);
  if (key === undefined || certificate === undefined)
    throw new InputError('host', `there is no certificate and no private key for ${name} yet`, {
      hint: 'make them first, by applying the fleet file',
    });
  return [certificate, authority, key];
}

function file(name: string, text: string): { name: string; text: string } {
  return { name, text: text.endsWith('\n') ? text : `${text}\n` };
}

/** How the host makes its key and its CSR. */
async function requestOf(host: FleetHost): Promise<{ keyCommand: string; configuration: string }> {
  const { plan } = await planCsr(
    'server',
    { hosts: host.names.map(({ value }) => value), localhost: host.localhost, key: keyTypeName(host.key) },
    { fresh: true },
  );
  const made = plan.steps.find((step) => step.kind === 'openssl');
  const written = plan.steps.find((step) => step.kind === 'write-file');
  return { keyCommand: made ? commandLine(made) : '', configuration: written?.content ?? '' };
}
