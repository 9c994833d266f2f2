import { InputError } from '../errors.js';

/** Throws `ERR_INPUT`, of `option`, where a path has something that `language` cannot hold. */
export function refusePath(language: string, pattern: RegExp, path: string, option: string): void {
  const [odd] = pattern.exec(path) ?? [];
  if (odd === undefined) return;
  throw new InputError(
    option,
    `${language} cannot hold ${JSON.stringify(odd)} in a path: ${JSON.stringify(path)}`,
    { hint: 'move the certificate directory to a path without it' },
  );
}
