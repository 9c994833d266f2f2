import { describe, expect, test } from '@jest/globals';
import { InputError } from '../../../lib/index.js';
import { caddyComment, caddyPath, haproxyPath, nginxPath } from '../../../lib/shell/proxies.js';

describe('a path in the configuration of', () => {
  test.each([
    ['/etc/docker-tls/ca.pem', '/etc/docker-tls/ca.pem'],
    ['/a b;c{d}#e/ca.pem', '"/a b;c{d}#e/ca.pem"'],
    [`/it's "it"/a\\b`, `"/it's \\"it\\"/a\\\\b"`],
  ])('nginx: %s', (path, written) => {
    expect(nginxPath(path, 'directory')).toBe(written);
  });

  test.each([
    ['/a b;$c{d}#e"\\/ca.pem', `'/a b;$c{d}#e"\\/ca.pem'`],
    [`/it's`, String.raw`'/it'\''s'`],
  ])('HAProxy: %s', (path, written) => {
    expect(haproxyPath(path, 'directory')).toBe(written);
  });

  test.each([
    [`/a b;$c{d#e"'\\"/ca.pem`, `\`/a b;$c{d#e"'\\"/ca.pem\``],
    ['/a`"b', '"/a`\\"b"'],
    ['/a`\\b', '"/a`\\b"'],
  ])('Caddy: %s', (path, written) => {
    expect(caddyPath(path, 'directory')).toBe(written);
  });

  test.each([
    ['nginx', nginxPath, '/a$b'],
    ['nginx', nginxPath, '/a\nb'],
    ['HAProxy', haproxyPath, '/a\nb'],
    ['Caddy', caddyPath, '/a\nb'],
    ['Caddy', caddyPath, '/a{$b}'],
    ['Caddy', caddyPath, '/a{env.HOME}'],
    ['Caddy', caddyPath, '/a`\\"b'],
  ])('%s is refused if it cannot be written', (_, write, path) => {
    expect(() => write(path, 'directory')).toThrow(InputError);
  });
});

test('a name in a comment of a Caddyfile stays there', () => {
  expect(caddyComment('al\nice {$HOME}')).toBe('al?ice ?$HOME?');
});
