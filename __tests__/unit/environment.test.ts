import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { environmentLines, InputError } from '../../lib/index.js';
import { shellOf, shells, unsetLines, type Shell } from '../../lib/internal.js';

const names = ['DOCKER_HOST', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH'] as const;

function lines(path: string, shell: Shell): string[] {
  const DOCKER_HOST = 'tcp://[::1]:2376';
  return environmentLines({ DOCKER_HOST, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: path }, shell);
}

const plain = '/srv/docker-tls';
const odd = String.raw`/srv/it's "my" $HOME & a\b;c #d %PATH% !e (f) *`;

describe('the lines that set the variables', () => {
  test.each([
    ['sh', plain, `export DOCKER_CERT_PATH=/srv/docker-tls`],
    ['sh', '/srv/a b', `export DOCKER_CERT_PATH='/srv/a b'`],
    ['sh', "/srv/it's", String.raw`export DOCKER_CERT_PATH='/srv/it'\''s'`],
    ['fish', plain, 'set -gx DOCKER_CERT_PATH /srv/docker-tls'],
    ['fish', '/srv/$a b', "set -gx DOCKER_CERT_PATH '/srv/$a b'"],
    ['fish', String.raw`/srv/it's\n`, String.raw`set -gx DOCKER_CERT_PATH '/srv/it\'s\\n'`],
    ['powershell', plain, "$Env:DOCKER_CERT_PATH = '/srv/docker-tls'"],
    ['powershell', "/srv/it's $a", "$Env:DOCKER_CERT_PATH = '/srv/it''s $a'"],
    ['powershell', '/srv/it\u2019s', "$Env:DOCKER_CERT_PATH = '/srv/it\u2019\u2019s'"],
    ['cmd', 'C:\\docker tls & co', 'SET "DOCKER_CERT_PATH=C:\\docker tls & co"'],
  ] as const)('for %s, of the path %j: %s', (shell, path, expected) => {
    expect(lines(path, shell)[2]).toBe(expected);
  });

  test.each(['%', '"', '!', '\n', '\r'])('cannot be written for cmd with %j in them', (character) => {
    expect(() => lines(`C:\\a${character}b`, 'cmd')).toThrow(InputError);
  });
});

test('another shell is refused', () => {
  expect(() => lines(plain, 'csh' as Shell)).toThrow(
    expect.objectContaining({ code: 'ERR_INPUT', option: 'shell' }),
  );
});

/** The values that a shell has after it has read the lines, and after it has read those that unset them. */
function evaluated(file: string, text: string): string[] {
  const print = names.map((name) => `printf '%s\\0' "\${${name}-unset}"`).join('; ');
  const script = `${text}\n${print}`;
  return execFileSync(file, ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

const posix = ['sh', 'bash', 'dash'];

describe.each(posix)('%s', (shell) => {
  test.each([plain, odd, '/a\nb', '/ü/…'])('sets what is meant: %j', (path) => {
    expect(evaluated(shell, lines(path, 'sh').join('\n'))).toEqual(['tcp://[::1]:2376', '1', path]);
  });

  test('unsets them', () => {
    const text = [...lines(odd, 'sh'), ...unsetLines('sh')].join('\n');
    expect(evaluated(shell, text)).toEqual(['unset', 'unset', 'unset']);
  });
});

test('whatever a path holds, sh gets it as it is', () => {
  const path = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !text.includes('\0'));
  fc.assert(
    fc.property(path, (text) => {
      expect(evaluated('sh', lines(`/${text}`, 'sh').join('\n'))[2]).toBe(`/${text}`);
    }),
    { numRuns: 30 },
  );
});

/** PowerShell and cmd are not to be had here: their lines are compared above. */
describe('fish', () => {
  const fish = (text: string): string => {
    const tell = `${process.execPath} -p process.env.DOCKER_CERT_PATH`;
    return execFileSync('fish', ['-c', `${text}\n${tell}`], { encoding: 'utf8' });
  };

  test.each([plain, odd, '/ü/…', '/it\u2019s'])('sets what is meant: %j', (path) => {
    expect(fish(lines(path, 'fish').join('\n'))).toBe(`${path}\n`);
  });

  test('unsets them', () => {
    expect(fish([...lines(plain, 'fish'), ...unsetLines('fish')].join('\n'))).toBe('undefined\n');
  });
});

test('each shell has lines that unset all three', () => {
  for (const shell of shells) for (const name of names) expect(unsetLines(shell).join('\n')).toContain(name);
});

test.each([
  ['/bin/bash', 'sh'],
  ['/usr/bin/zsh', 'sh'],
  ['/usr/bin/fish', 'fish'],
  ['/usr/bin/pwsh', 'powershell'],
  ['C:\\Windows\\System32\\cmd.exe', 'cmd'],
  ['C:\\Program Files\\PowerShell\\7\\pwsh.exe', 'powershell'],
  ['', 'sh'],
  [undefined, 'sh'],
] as const)('the shell of %j is %s', (path, shell) => {
  expect(shellOf(path)).toBe(shell);
});
