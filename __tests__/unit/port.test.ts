import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { daemonPort } from '../../lib/internal.js';
import type { IssueRequest } from '../../lib/issue/options.js';
import { previewIssue } from '../../lib/issue/plan-issue.js';
import type { IssuePlan } from '../../lib/issue/issue-plan.js';
import { readOptions } from '../../lib/issue/read-options.js';
import { portGiven } from '../../lib/issue/request.js';
import { planLines } from '../../lib/plan/command-line.js';
import { artifactsOf } from '../../lib/plan/schedule.js';
import { tutorials } from '../../lib/recipes/catalogue.js';
import type { RecipeName } from '../../lib/recipes/catalogue.js';
import { formatAltName, parseAltNames, parseHosts } from '../../lib/x509/alt-names.js';
import { parseEndpoint, parseHostAndPort } from '../../lib/x509/endpoint.js';
import { failure } from '../support/failure.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { refusalError } from './refusal.js';

const temporary = useTemporaryDirectory();
const parts = ['ca', 'server', 'client'] as const;

describe('the port of a host', () => {
  test.each<[string, number[]]>([
    ['host', []],
    ['::1', []],
    ['2001:db8::2377', []],
    ['tcp://host', []],
    ['host:2377', [2377]],
    ['tcp://host:2377/', [2377]],
    ['[::1]:65535', [65_535]],
    ['10.0.0.5:02377', [2377]],
    ['host:2376', [2376]],
    ['a:1,b,c:1,d:2', [1, 2]],
  ])('of %s: %j', (input, ports) => {
    expect(parseHosts([input]).ports).toEqual(ports);
    expect(parseHosts([input]).names).toEqual(parseAltNames([input]));
  });

  test('is none where an endpoint has none, and 2376 by default', () => {
    expect(parseHostAndPort('tcp://host')).toEqual({ host: 'host', port: undefined });
    expect(parseHostAndPort('host:2377')).toEqual({ host: 'host', port: 2377 });
    expect(parseEndpoint('host')).toEqual({ host: 'host', port: 2376 });
  });
});

describe('the port of a request', () => {
  const given = (request: IssueRequest): number | undefined => portGiven(readOptions(request));

  test.each<[IssueRequest, number | undefined]>([
    [{}, undefined],
    [{ hosts: ['a', 'b'] }, undefined],
    [{ hosts: ['a', 'b:2377'] }, 2377],
    [{ ips: ['10.0.0.5:2377'] }, 2377],
    [{ hosts: ['a:2377'], ips: ['10.0.0.5:2377'] }, 2377],
  ])('of %j is %p', (request, port) => {
    expect(given(request)).toBe(port);
  });

  test.each<IssueRequest>([{ hosts: ['a:2377,b:2376'] }, { hosts: ['a:2377'], ips: ['10.0.0.5:2376'] }])(
    'of %j is refused: they are two',
    (request) => {
      expect(refusalError(() => given(request))).toMatchObject({
        code: 'ERR_INPUT',
        option: 'hosts',
        message: 'two ports were given, 2377 and 2376, but only one can be remembered',
      });
    },
  );
});

describe('a plan', () => {
  const planned = (request: IssueRequest): Promise<IssuePlan> =>
    previewIssue(parts, { directory: temporary(), key: 'ec:p256', passphrase: null, ...request });
  const codes = ({ notes }: IssuePlan): string[] => notes.map(({ code }) => code);

  test('remembers a port that was given in its last steps, and says so', async () => {
    const { plan, notes } = await planned({ hosts: ['h:2377'] });
    expect(planLines(plan).slice(-4)).toEqual([
      "cat > endpoint.json <<'EOF'",
      '{ "port": 2377 }',
      'EOF',
      'chmod 0444 endpoint.json',
    ]);
    expect(artifactsOf(plan)).toContainEqual({ path: 'endpoint.json', product: 'file', mode: 0o444 });
    expect(plan.replaces).toEqual([]);
    expect(plan.notes).toEqual(notes);
    expect(notes.at(-1)).toEqual({
      code: 'PORT_REMEMBERED',
      text: 'port 2377 is remembered for the commands that name this daemon',
    });
  });

  test.each([['h'], ['h:2376']])('for %s has no such step', async (host) => {
    const result = await planned({ hosts: [host] });
    expect(artifactsOf(result.plan)).toHaveLength(6);
    expect(codes(result)).not.toContain('PORT_REMEMBERED');
    expect(result.next.daemon.join()).toContain(':2376');
  });

  test('names a port that is remembered, also for other parts', async () => {
    await writeFile(join(temporary(), 'endpoint.json'), '{"port":2377}');
    const result = await planned({ hosts: ['h'] });
    expect(codes(result)).not.toContain('PORT_REMEMBERED');
    expect(result.plan.replaces).toEqual([]);
    expect(result.next.daemon.join()).toContain('-H tcp://0.0.0.0:2377');
    expect(result.next.client.join()).toContain('DOCKER_HOST=tcp://h:2377');
  });

  test.each([2376, 2378])('replaces a port that is remembered by %i', async (port) => {
    await writeFile(join(temporary(), 'endpoint.json'), '{"port":2377}');
    const { plan, next } = await planned({ hosts: [`h:${port}`] });
    expect(plan.replaces).toEqual(['endpoint.json']);
    expect(planLines(plan)).toContain(`{ "port": ${port} }`);
    expect(next.daemon.join()).toContain(`-H tcp://0.0.0.0:${port}`);
  });

  test('that begins afresh looks at no file', async () => {
    await writeFile(join(temporary(), 'endpoint.json'), '{"port":2377}');
    const request = { directory: temporary(), hosts: ['h:2377'], passphrase: null };
    const { plan } = await previewIssue(parts, request, { fresh: true });
    expect(artifactsOf(plan)).toContainEqual(expect.objectContaining({ path: 'endpoint.json' }));
  });

  test("of a further server remembers it in that server's directory", async () => {
    const { plan, next } = await planned({ name: 'web1', hosts: ['web1:2377'] });
    expect(planLines(plan).slice(-2)).toEqual(['EOF', 'chmod 0444 servers/web1/endpoint.json']);
    expect(planLines(plan).filter((line) => line.startsWith('mkdir '))).toHaveLength(2);
    expect(next.daemon.join()).toContain(':2377');
    expect(next.client.join()).toContain(':2377');
  });

  const texts = Object.keys(tutorials) as (keyof typeof tutorials & RecipeName)[];
  test.each(texts)(
    'of the recipe %s has the port in every line of advice, and nowhere 2376',
    async (recipe) => {
      const address = recipe === 'openssl-cnf' ? { ips: ['10.0.0.5:2377'] } : { hosts: ['h.example:2377'] };
      const { plan, next } = await previewIssue(parts, { directory: temporary(), recipe, ...address });
      const usual = await previewIssue(parts, {
        directory: temporary(),
        recipe,
        ...(recipe === 'openssl-cnf' ? { ips: ['10.0.0.5'] } : { hosts: ['h.example'] }),
      });
      const lines = (advice: IssuePlan['next']): string => [...advice.daemon, ...advice.client].join('\n');
      expect(lines(usual.next)).toContain(':2376');
      expect(lines(next)).toBe(lines(usual.next).replaceAll(':2376', ':2377'));
      const file = recipe === 'openssl-cnf' ? 'server/endpoint.json' : 'endpoint.json';
      expect(planLines(plan).slice(0, -4)).toEqual(planLines(usual.plan));
      expect(planLines(plan).at(-1)).toBe(`chmod 0444 ${file}`);
    },
  );
});

describe('the file', () => {
  const file = (): string => join(temporary(), 'endpoint.json');
  const read = () => daemonPort({ directory: temporary() });

  test.each([
    ['{ "port": 2377 }\n', 2377],
    ['{"port":1}', 1],
    ['{"port":65535,"more":[]}', 65_535],
  ])('%j holds %i', async (text, port) => {
    await writeFile(file(), text);
    expect(await read()).toBe(port);
  });

  test('that is not there is 2376', async () => {
    expect(await read()).toBe(2376);
    expect(await daemonPort({ directory: join(temporary(), 'nowhere') })).toBe(2376);
    expect(await daemonPort({ directory: temporary(), name: 'web1' })).toBe(2376);
  });

  test('of a further server is its own', async () => {
    await mkdir(join(temporary(), 'servers', 'web1'), { recursive: true });
    await writeFile(join(temporary(), 'servers', 'web1', 'endpoint.json'), '{"port":2380}');
    expect(await daemonPort({ directory: temporary(), name: 'web1' })).toBe(2380);
    expect(await read()).toBe(2376);
  });

  test.each([
    '',
    '2377',
    'null',
    '[2377]',
    '{}',
    '{"port":"2377"}',
    '{"port":0}',
    '{"port":65536}',
    '{"port":2377.5}',
    '{"port":2377',
  ])('%j is refused by name', async (text) => {
    await writeFile(file(), text);
    expect(await failure(temporary(), read)).toMatchObject({
      code: 'ERR_FILE',
      path: file(),
      message: `cannot use ${file()}: it holds no port from 1 to 65535, as in { "port": 2377 }`,
      hint: "remove it, and give the port again: all({ hosts: ['HOST:PORT'] })",
    });
  });

  test('that is too long is not read', async () => {
    await writeFile(file(), `{"port":2377}${' '.repeat(1000)}`);
    expect(await failure(temporary(), read)).toMatchObject({ code: 'ERR_FILE', path: file() });
  });

  test('that is a directory is not read', async () => {
    await mkdir(file());
    expect(await failure(temporary(), read)).toMatchObject({ code: 'ERR_FILE', path: file() });
  });

  test('that others can change is refused', async () => {
    await writeFile(file(), '{"port":2377}');
    await chmod(file(), 0o666);
    expect(await failure(temporary(), read)).toMatchObject({ code: 'ERR_UNSAFE', path: file() });
  });

  test('is not read from a directory that is a link', async () => {
    await symlink(temporary(), join(temporary(), 'link'));
    const linked = () => daemonPort({ directory: join(temporary(), 'link') });
    expect(await failure(temporary(), linked)).toMatchObject({ code: 'ERR_UNSAFE' });
  });

  test('that is a link is never replaced', async () => {
    await writeFile(join(temporary(), 'elsewhere.json'), '{"port":2377}');
    await symlink('elsewhere.json', file());
    const plan = () =>
      previewIssue(parts, { directory: temporary(), hosts: ['h:2378'], key: 'ec:p256', passphrase: null });
    expect(await failure(temporary(), plan)).toMatchObject({ code: 'ERR_UNSAFE', path: file() });
  });
});

test('the names stay what they are without the port', () => {
  expect(parseHosts(['Host:2377', '[::1]:2377']).names.map(formatAltName)).toEqual(['DNS:host', 'IP:::1']);
});
