import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { helps } from '../support/helps.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'dist', 'man');
const pages = readdirSync(folder).sort();
const { man, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly man: readonly string[];
  readonly version: string;
};

function mandoc(...args: readonly string[]): string {
  return execFileSync('mandoc', args, { encoding: 'utf8', cwd: folder });
}

/** A page as it is read, without the double strikes of a terminal. */
function read(page: string): string {
  return mandoc('-Tutf8', '-Owidth=200', page).replace(/.\x08/g, '');
}

test('package.json lists every page, and each command has one', () => {
  expect([...man].sort()).toEqual(pages.map((page) => `./dist/man/${page}`));
  const named = helps.map(({ command }) => `docker-tls-openssl-${command.replaceAll(' ', '-')}.1`);
  expect(pages).toEqual(['docker-tls-openssl.1', ...named].sort());
});

test('mandoc finds nothing to warn of', () => {
  expect(mandoc('-Tlint', '-Wwarning', ...pages)).toBe('');
});

test('a page has the version and its date, and no other', () => {
  const changelog = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
  const [, date] = new RegExp(`^## ${version} \\((\\d{4}-\\d\\d-\\d\\d)\\)$`, 'm').exec(changelog)!;
  for (const page of pages)
    expect(readFileSync(join(folder, page), 'utf8')).toMatch(
      new RegExp(`^\\.TH "[A-Z0-9-]+" 1 "${date!}" "docker-tls-openssl ${version}"\\n`),
    );
});

test('the page of the program names every command and what it reads', () => {
  const text = read('docker-tls-openssl.1');
  for (const { command } of helps)
    expect(text).toContain(` docker-tls-openssl-${command.replaceAll(' ', '-')}(1)\n`);
  for (const title of ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'COMMANDS', 'EXIT STATUS', 'ENVIRONMENT', 'FILES'])
    expect(text).toContain(`\n${title}\n`);
});

describe('the page of', () => {
  test.each(helps.map((help) => [help.command, help] as const))(
    '%s has its flags, exit codes and examples',
    (command, { flags, exitCodes, examples }) => {
      const text = read(`docker-tls-openssl-${command.replaceAll(' ', '-')}.1`);
      const shown = [...text.matchAll(/^ {7}(?:(-\w), )?(--[\w-]+)/gm)].flatMap(([, letter, flag]) =>
        letter === undefined ? [flag!] : [flag!, letter],
      );
      expect([...new Set(shown)].sort()).toEqual([...new Set(flags)].sort());
      const [, codes] = /\nEXIT STATUS\n([\s\S]*?)\n[A-Z]/.exec(text)!;
      expect([...codes!.matchAll(/^ {7}(\d)\s/gm)].map(([, code]) => Number(code))).toEqual(exitCodes);
      for (const [line, does] of examples) {
        expect(text).toContain(` ${line}\n`);
        expect(text).toContain(` ${does}:\n`);
      }
    },
  );
});
