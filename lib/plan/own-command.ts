import { resolve } from 'node:path';
import { shellWord } from '../shell/sh.js';

/** One of our commands, for a shell; `--dir` is not needed for the directory that is the default. */
export function ownCommand(words: readonly string[], directory = 'docker-tls'): string {
  const isDefault = ['docker-tls', resolve('docker-tls')].includes(directory);
  const dir = isDefault ? [] : ['--dir', directory];
  return ['docker-tls-openssl', ...[...words, ...dir].map(shellWord)].join(' ');
}
