import { beforeAll, describe, expect, test } from '@jest/globals';
import { copyFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  all,
  ca,
  certificateGraph,
  graphText,
  inspect,
  server,
  type CertificateGraph,
} from '../../lib/index.js';
import { makeFlawedSet } from '../support/flawed-sets.js';
import { elements, parsed } from '../support/markup.js';
import { useOneProcess } from '../support/one-process.js';
import { only } from '../support/only.js';
import { useSharedDirectory } from '../support/temporary-directory.js';

const shared = useSharedDirectory();
const oneProcess = useOneProcess();
const at = (...names: string[]): string => join(shared(), ...names);
const quick = { key: 'ec:p256', passphrase: null } as const;

beforeAll(async () => {
  await all({ ...quick, directory: at('apart'), hosts: ['docker.example.com'], separateCas: true });
  await ca({ ...quick, directory: at('root'), pathLength: 1 });
  await ca({ ...quick, directory: at('issuing'), parent: at('root') });
  await server(only('server', { ...quick, directory: at('issuing'), hosts: ['docker.example.com'] }));
  await makeFlawedSet(at('flawed'), {
    ca: { made: '2026-03-01 00:00:00', days: 400 },
    server: { made: '2026-03-01 00:00:00', days: 10, signedBy: 'a namesake' },
    client: { made: '2026-03-01 00:00:00', days: 10 },
  });
  await rm(at('flawed', 'other'), { recursive: true });
  await writeFile(at('flawed', 'damaged.pem'), '');
});

const graphOf = async (path: string, now?: Date): Promise<CertificateGraph> =>
  certificateGraph(await inspect({ path: at(path), now }));

/** `ca.pem signs cert.pem`, with why it is broken. */
function edgesOf({ nodes, edges }: CertificateGraph): string[] {
  const name = (id: string): string => {
    const node = nodes.find((one) => one.id === id);
    return node?.file ?? node?.name ?? '';
  };
  return edges
    .map(
      ({ from, to, kind, broken }) =>
        `${name(from)} ${kind} ${name(to)}${broken === undefined ? '' : `: ${broken}`}`,
    )
    .sort();
}

describe('the graph of a directory', () => {
  test('with separate CAs has the trust of each side', async () => {
    expect(edgesOf(await graphOf('apart'))).toEqual([
      'ca.pem signs server-cert.pem',
      'cert.pem trusts ca.pem',
      'client-ca.pem signs cert.pem',
      'server-cert.pem trusts client-ca.pem',
    ]);
  });

  test('with an issuing CA has its root above it', async () => {
    const graph = await graphOf('issuing');
    const roots = graph.nodes.filter(
      ({ id }) => !graph.edges.some(({ kind, to }) => kind === 'signs' && to === id),
    );
    expect(roots.map(({ kind }) => kind)).toEqual(['ca']);
    expect(graph.edges.filter(({ kind }) => kind === 'signs')).toHaveLength(2);
    expect(edgesOf(graph).filter((edge) => edge.includes('broken') || edge.includes(':'))).toEqual([]);
    expect(graph.edges.find(({ kind }) => kind === 'trusts')?.to).toBe(roots[0]?.id);
  });

  test('marks what is broken with the reason', async () => {
    const graph = await graphOf('flawed', new Date('2026-04-01T00:00:00Z'));
    expect(edgesOf(graph)).toEqual([
      'ca.pem signs cert.pem',
      'ca.pem signs server-cert.pem: another key of that name made the signature',
      'cert.pem trusts ca.pem: it signed no server certificate here',
      'server-cert.pem trusts ca.pem',
    ]);
    const flaws = Object.fromEntries(graph.nodes.map(({ file, flaws: its }) => [file, its]));
    expect(flaws).toMatchObject({ 'ca.pem': [], 'damaged.pem': ['it is empty'] });
    expect(flaws['cert.pem']).toEqual([expect.stringMatching(/^expired 2[01] days ago/)]);
  });

  test('has an issuer that is not here', async () => {
    await copyFile(at('apart', 'cert.pem'), at('cert.pem'));
    const graph = await graphOf('cert.pem');
    expect(graph.nodes.map(({ kind }) => kind)).toEqual(['client', 'missing']);
    expect(edgesOf(graph)).toEqual([
      expect.stringMatching(/signs cert\.pem: the certificate of its issuer is not here$/),
    ]);
  });
});

/** A graph with one name everywhere. */
const named = (name: string): CertificateGraph => ({
  title: name,
  nodes: [
    { id: 'c0', kind: 'ca', name, file: name, key: name, flaws: [name] },
    { id: 'c1', kind: 'client', name, file: name, key: name, flaws: [name] },
  ],
  edges: [
    { from: 'c0', to: 'c1', kind: 'signs', broken: name },
    { from: 'c1', to: 'c0', kind: 'trusts', broken: undefined },
  ],
});

const hostile = [
  '"',
  "'",
  '\\',
  '"]',
  '">',
  '<script>alert(1)</script>',
  '-->',
  ']]>',
  ']',
  '|',
  '#quot;',
  '`',
  '&amp;',
  '{{',
  '%%',
  'a\nb\u001b[31m\u202e',
  '\\N',
  '\ud800',
];

describe('the forms', () => {
  test('a tree has the signed below their CA, in ASCII, too', async () => {
    const graph = await graphOf('apart');
    const lines = (await graphText(graph, 'tree')).split('\n');
    expect(lines.filter((line) => line.startsWith('CA: '))).toHaveLength(2);
    expect(lines).toContain('└── server: docker.example.com');
    expect(lines).toContain('        trusts client-ca.pem');
    const ascii = await graphText(graph, 'tree', { ascii: true });
    expect(ascii).toMatch(/^[\x20-\x7e\n]*$/);
    expect(ascii).toContain('`-- server: docker.example.com');
    expect(await graphText(await graphOf('flawed'), 'tree')).toContain(
      'signature broken: another key of that name made the signature',
    );
  });

  test('an SVG has a box for each certificate within the picture, none over another, and texts for those who do not see it', async () => {
    const graph = await graphOf('flawed');
    const picture = parsed(await graphText(graph, 'svg'), 'image/svg+xml');
    const root = picture.documentElement!;
    expect(root.getAttribute('role')).toBe('img');
    expect(elements(picture, 'desc')[0]?.textContent).toMatch(/^1 CA, 1 server, 1 client, 2 broken edges$/);
    const [, , width = 0, height = 0] = root.getAttribute('viewBox')!.split(' ').map(Number);
    const boxes = elements(picture, 'rect').map((rect) => {
      const [x = 0, y = 0, w = 0, h = 0] = ['x', 'y', 'width', 'height'].map((name) =>
        Number(rect.getAttribute(name)),
      );
      return { left: x, top: y, right: x + w, bottom: y + h };
    });
    expect(boxes).toHaveLength(graph.nodes.length);
    for (const [index, box] of boxes.entries()) {
      expect(Math.min(box.left, box.top)).toBeGreaterThanOrEqual(0);
      expect(box.right).toBeLessThanOrEqual(width);
      expect(box.bottom).toBeLessThanOrEqual(height);
      for (const other of boxes.slice(index + 1))
        expect(
          box.right <= other.left ||
            other.right <= box.left ||
            box.bottom <= other.top ||
            other.bottom <= box.top,
        ).toBe(true);
    }
    for (const group of elements(picture, 'g')) expect(elements(group, 'title')[0]?.textContent).not.toBe('');
    expect(elements(picture, 'style')[0]?.textContent).toContain('prefers-color-scheme: dark');
  });

  test.each(hostile)('no name breaks its form: %j', async (name) => {
    const shape = (svg: string): string[] =>
      elements(parsed(svg, 'image/svg+xml'), '*').map(({ tagName }) => tagName);
    expect(shape(await graphText(named(name), 'svg'))).toEqual(shape(await graphText(named('x'), 'svg')));
    const [mermaid, dot, tree] = await Promise.all(
      (['mermaid', 'dot', 'tree'] as const).map((format) => graphText(named(name), format)),
    );
    const plain = await Promise.all(
      (['mermaid', 'dot', 'tree'] as const).map((format) => graphText(named('x'), format)),
    );
    // Without its strings each is the same as with any other name.
    const rest = (text: string): string => text.replace(/"(?:[^"\\]|\\.)*"/g, '""');
    expect(rest(mermaid!)).toBe(rest(plain[0]!));
    expect(rest(dot!)).toBe(rest(plain[1]!));
    expect(
      mermaid!
        .match(/"[^"]*"/g)!
        .join('')
        .replace(/#\d+;|<br\/>/g, ''),
    ).not.toMatch(/[<>[\]{}|`\\&#%;]/);
    expect(tree!.split('\n')).toHaveLength(plain[2]!.split('\n').length);
    for (const text of [mermaid!, dot!, tree!]) expect(text).not.toMatch(/[^\P{C}\n]/u);
  });
});

describe('--graph', () => {
  test.each([
    ['tree', /^In .*\n\nCA: /],
    ['mermaid', /^flowchart TD\n/],
    ['dot', /^digraph certificates \{\n/],
    ['svg', /^<svg /],
  ])('prints %s, with the errors of verify', async (format, begin) => {
    const { code, stdout, stderr } = await oneProcess.program(shared(), [
      'inspect',
      'flawed',
      '--graph',
      format,
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(begin);
    expect(stdout.match(/broken: /g)!.length).toBeGreaterThan(3);
  });

  test('goes with no JSON', async () => {
    expect((await oneProcess.program(shared(), ['inspect', 'flawed', '--graph', 'dot', '--json'])).code).toBe(
      2,
    );
  });
});
