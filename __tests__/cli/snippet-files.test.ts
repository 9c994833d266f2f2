import { beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { isNode, parse, parseDocument } from 'yaml';
import { client, snippet, snippets, type SnippetName } from '../../lib/index.js';
import { errorOf } from '../support/failure.js';
import { makeSet } from '../support/made-sets.js';
import { request } from '../support/request.js';
import { useSharedDirectory } from '../support/temporary-directory.js';

const shared = useSharedDirectory();
const at = (...names: string[]): string => join(shared(), ...names);
const odd = String.raw`it's "my" $HOME ${'${x}'} {{y}} %{z} a\b: ü`;
const plain = 'docker-tls';

beforeAll(async () => {
  await makeSet(request(shared()));
  await client({ directory: at(plain), name: 'alice' });
  await cp(at(plain), at(odd), { recursive: true });
});

const text = async (name: SnippetName, directory = odd, host = '[::1]:2377'): Promise<string> =>
  (await snippet(name, { directory: at(directory), host })).text;
/** What a reader of YAML finds at a place. */
const yaml = async (
  name: SnippetName,
  place: readonly (string | number)[],
  directory = odd,
  host?: string,
): Promise<unknown> => {
  const document = parseDocument(await text(name, directory, host), { logLevel: 'silent' });
  const found: unknown = document.getIn(place, true);
  return isNode(found) ? found.toJS(document) : found;
};
/** What Compose makes of a string: two dollars are one. */
const filledIn = (value: string): string => {
  expect(value.replaceAll('$$', '')).not.toContain('$');
  return value.replaceAll('$$', '$');
};

interface Mount {
  type: string;
  source: string;
  target: string;
  read_only: boolean;
}

/** Where each tool looks for the three files. */
const folders: Readonly<Record<string, string>> = {
  compose: '/certs',
  portainer: '/certs',
  traefik: '/certs',
  dozzle: '/certs',
  'uptime-kuma': '/app/data/docker-tls/[::1]',
  homepage: '/app/config/tls',
  wud: '/certs',
  watchtower: '/etc/ssl/docker',
};

test('every tool in a container is in the table', () => {
  const inContainers = snippets().filter(({ inContainer }) => inContainer);
  expect(inContainers.map(({ name }) => name).sort()).toEqual(Object.keys(folders).sort());
});

test.each(Object.keys(folders) as SnippetName[])(
  '%s gets the three files, one by one and read-only',
  async (name) => {
    const services = (await yaml(name, ['services'])) as Record<string, { volumes: (Mount | string)[] }>;
    const [{ volumes }] = Object.values(services) as [{ volumes: (Mount | string)[] }];
    const mounts = volumes.filter((volume) => typeof volume !== 'string');
    expect(mounts.map((mount) => ({ ...mount, source: filledIn(mount.source) }))).toEqual(
      ['ca.pem', 'cert.pem', 'key.pem'].map((file) => ({
        type: 'bind',
        source: at(odd, file),
        target: `${folders[name]}/${file}`,
        read_only: true,
      })),
    );
    for (const volume of volumes) if (typeof volume === 'string') expect(volume).toMatch(/^[a-z_-]+:\/\w+/);
  },
);

/** Where a tool finds the daemon, and what stands there. */
const settings: readonly (readonly [SnippetName, readonly (string | number)[], unknown])[] = [
  ['portainer', ['services', 'portainer', 'command'], ['--host', 'tcp://[::1]:2377', '--tlsverify']],
  [
    'traefik',
    ['services', 'traefik', 'command'],
    expect.arrayContaining([
      '--providers.docker.endpoint=tcp://[::1]:2377',
      '--providers.docker.tls.ca=/certs/ca.pem',
      '--providers.docker.tls.cert=/certs/cert.pem',
      '--providers.docker.tls.key=/certs/key.pem',
    ]),
  ],
  ['dozzle', ['services', 'dozzle', 'environment'], { DOZZLE_REMOTE_HOST: 'tcp://[::1]:2377' }],
  [
    'wud',
    ['services', 'whatsupdocker', 'environment'],
    {
      WUD_WATCHER_REMOTE_HOST: '::1',
      WUD_WATCHER_REMOTE_PORT: 2377,
      WUD_WATCHER_REMOTE_CAFILE: '/certs/ca.pem',
      WUD_WATCHER_REMOTE_CERTFILE: '/certs/cert.pem',
      WUD_WATCHER_REMOTE_KEYFILE: '/certs/key.pem',
    },
  ],
  [
    'watchtower',
    ['services', 'watchtower', 'environment'],
    {
      DOCKER_HOST: 'tcp://[::1]:2377',
      DOCKER_TLS_VERIFY: '1',
      DOCKER_CERT_PATH: '/etc/ssl/docker',
    },
  ],
  [
    'prometheus',
    ['scrape_configs', 0, 'docker_sd_configs'],
    [
      {
        host: 'https://[::1]:2377',
        tls_config: {
          ca_file: `${odd}/ca.pem`,
          cert_file: `${odd}/cert.pem`,
          key_file: `${odd}/key.pem`,
        },
      },
    ],
  ],
  ['github-actions', ['jobs', 'docker', 'env', 'DOCKER_HOST'], 'tcp://[::1]:2377'],
];

/** Paths from the directory of this test. */
const shortened = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value).replaceAll(`${shared()}/`, ''));

test.each(settings)('%s gets the address, and the paths of its files', async (name, place, expected) => {
  expect(shortened(await yaml(name, place))).toEqual(expected);
});

test('Homepage gets the address, and the paths in its container', async () => {
  const content = await yaml('homepage', ['configs', 'docker', 'content']);
  expect(parse(content as string)).toEqual({
    remote: {
      host: '::1',
      port: 2377,
      tls: { caFile: 'tls/ca.pem', certFile: 'tls/cert.pem', keyFile: 'tls/key.pem' },
    },
  });
});

test('Uptime Kuma finds the files below the name that it is given', async () => {
  const place = ['services', 'uptime-kuma', 'volumes', 1, 'target'];
  const target = await yaml('uptime-kuma', place, plain, 'Docker.Example');
  expect(target).toBe('/app/data/docker-tls/docker.example/ca.pem');
  expect(await text('uptime-kuma', plain, 'docker.example')).toContain('#   https://docker.example:2376\n');
});

test('Ansible fills nothing in where a path has braces, and takes no variable', async () => {
  expect(await errorOf(() => text('ansible'))).toMatchObject({
    code: 'ERR_INPUT',
    message: expect.stringContaining('a module of Ansible cannot hold "$H"'),
  });
  const braces = `{{y}} $ ü`;
  await cp(at(plain), at(braces), { recursive: true });
  const document = parseDocument(await text('ansible', braces), { logLevel: 'silent' });
  const defaults = document.getIn([0, 'module_defaults', 'group/community.docker.docker']) as {
    items: { key: { value: string }; value: { value: unknown; tag?: string } }[];
  };
  const found = defaults.items.map(({ key, value }) => [key.value, shortened(value.value), value.tag]);
  expect(found).toEqual([
    ['docker_host', 'tcp://[::1]:2377', undefined],
    ['validate_certs', true, undefined],
    ['ca_cert', `${braces}/ca.pem`, '!unsafe'],
    ['client_cert', `${braces}/cert.pem`, '!unsafe'],
    ['client_key', `${braces}/key.pem`, '!unsafe'],
  ]);
});

describe('a tool that needs a directory', () => {
  const needing = snippets().flatMap(({ name, needsDirectory }) => (needsDirectory ? [name] : []));

  test('refuses files that lie elsewhere, as env does', async () => {
    // The CA's certificate is found one directory up.
    const directory = at('elsewhere');
    await cp(at(plain), directory, { recursive: true });
    await rm(join(directory, 'clients', 'alice', 'ca.pem'));
    const options = { directory, name: 'alice', host: 'h' };
    for (const name of needing)
      expect(await errorOf(() => snippet(name, options))).toMatchObject({
        code: 'ERR_INCOMPLETE',
        message: expect.stringContaining('docker looks for ca.pem, cert.pem and key.pem'),
      });
    expect((await snippet('curl', options)).text).toContain(directory);
  });

  test.each(needing)('gets that of a named client: %s', async (name) => {
    const { text: printed } = await snippet(name, { directory: at(plain), name: 'alice', host: 'h' });
    expect(printed).toContain(at(plain, 'clients', 'alice'));
  });
});

test('GitLab Runner reads the same from its TOML', async () => {
  const program = 'import json, sys, tomllib; print(json.dumps(tomllib.loads(sys.stdin.read())))';
  const input = await text('gitlab-runner');
  const read = execFileSync('python3', ['-c', program], { input, encoding: 'utf8' });
  expect(shortened(JSON.parse(read))).toEqual({
    runners: [
      { executor: 'docker', docker: { host: 'tcp://[::1]:2377', tls_cert_path: odd, tls_verify: true } },
    ],
  });
});

test('Visual Studio Code reads the same from its JSON', async () => {
  expect(shortened(JSON.parse(await text('vscode')))).toEqual({
    'containers.environment': {
      DOCKER_HOST: 'tcp://[::1]:2377',
      DOCKER_TLS_VERIFY: '1',
      DOCKER_CERT_PATH: odd,
    },
  });
});

test('IntelliJ gets what its form asks for', async () => {
  expect(await text('intellij')).toMatch(
    /\nEngine API URL: {6}https:\/\/\[::1\]:2377\nCertificates folder: \//,
  );
  expect(await text('intellij')).toContain(`Certificates folder: ${at(odd)}\n`);
});

test('Jenkins reads the files itself, and refuses what would end a variable', async () => {
  const place = ['credentials', 'system', 'domainCredentials', 0, 'credentials', 0, 'x509ClientCert'];
  expect(shortened(await yaml('jenkins', place, plain))).toMatchObject({
    id: 'docker-daemon',
    serverCaCertificate: '${readFile:docker-tls/ca.pem}',
    clientCertificate: '${readFile:docker-tls/cert.pem}',
    clientKeySecret: '${readFile:docker-tls/key.pem}',
  });
  const daemon = ['jenkins', 'clouds', 0, 'docker', 'dockerApi', 'dockerHost'];
  expect(await yaml('jenkins', daemon, plain)).toEqual({
    uri: 'tcp://[::1]:2377',
    credentialsId: 'docker-daemon',
  });
  expect(await errorOf(() => text('jenkins'))).toMatchObject({
    code: 'ERR_INPUT',
    message: expect.stringContaining('a variable of Jenkins cannot hold "$"'),
  });
});

test('a comment cannot be left by a line end in a path', async () => {
  const directory = 'a\nrm -rf b';
  await cp(at(plain), at(directory), { recursive: true });
  for (const name of ['buildx', 'github-actions', 'intellij'] as const)
    expect(await errorOf(() => text(name, directory))).toMatchObject({ code: 'ERR_INPUT' });
});

/** The literals of a language, in the order of the text. */
const literals = (source: string): string[] => source.match(/"(?:[^"\\]|\\.)*"/g) ?? [];
const decoded: readonly (readonly [SnippetName, (literal: string) => string])[] = [
  ['go', (literal) => JSON.parse(literal) as string],
  ['docker-dotnet', (literal) => JSON.parse(literal) as string],
  ['docker-java', (literal) => JSON.parse(literal) as string],
  ['bollard', (literal) => literal.slice(1, -1).replace(/\\(.)/g, '$1')],
  [
    'terraform',
    (literal) =>
      literal
        .slice(1, -1)
        .replace(/\\u(....)/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
        .replace(/\\(.)/g, '$1'),
  ],
];

test.each(decoded)('%s has the address and the paths as its literals', async (name, decode) => {
  const found = literals(await text(name)).map(decode);
  expect(found).toContain('tcp://[::1]:2377');
  const paths =
    name === 'docker-java' ? [at(odd)] : ['ca.pem', 'cert.pem', 'key.pem'].map((file) => at(odd, file));
  for (const path of paths) expect(found).toContain(path);
});

test('Pulumi gets a program without faults of syntax, and the directory', async () => {
  const { diagnostics, outputText } = ts.transpileModule(await text('pulumi'), {
    reportDiagnostics: true,
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  expect(diagnostics).toEqual([]);
  expect(outputText).toContain(`certPath: ${JSON.stringify(at(odd))}`);
});
