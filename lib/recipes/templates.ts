import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import mustache from 'mustache';
import { DirectoryError, DockerTlsError } from '../errors.js';
import { fileError, systemCode } from '../file-error.js';
import { readRegular } from '../store/read-regular.js';

/** The texts of a recipe's templates by file name. */
export type Templates<Name extends string> = Readonly<Record<Name, string>>;

/**
 * Reads a recipe's templates: from `own`, the user's directory, those that are there; the package's for the rest.
 * Errors: `ERR_TEMPLATE`.
 */
export async function loadTemplates<Name extends string>(
  recipe: string,
  names: readonly Name[],
  own?: string,
): Promise<{ templates: Templates<Name>; changed: boolean }> {
  const require = createRequire(import.meta.url);
  const texts = await Promise.all(
    names.map(async (name) => {
      const text = own === undefined ? undefined : await readOwn(join(own, name));
      const packaged = (): Promise<string> =>
        readFile(require.resolve(`#templates/${recipe}/${name}`), 'utf8');
      return { name, text: text ?? (await packaged()), changed: text !== undefined };
    }),
  );
  if (own !== undefined && !texts.some(({ changed }) => changed)) {
    throw new DockerTlsError('ERR_TEMPLATE', `found no template in ${own}`, {
      hint: `it can hold ${names.join(', ')}`,
    });
  }
  return {
    templates: Object.fromEntries(texts.map(({ name, text }) => [name, text])) as Record<Name, string>,
    changed: texts.some(({ changed }) => changed),
  };
}

async function readOwn(path: string): Promise<string | undefined> {
  try {
    return (await readRegular(path, { hint: notChanged })).bytes.toString('utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    const known = error instanceof DirectoryError ? error : fileError(path, 'read', error);
    throw new DockerTlsError('ERR_TEMPLATE', known.message.replace('cannot read', '$& the template'), {
      cause: error,
      hint: notChanged,
    });
  }
}

const notChanged = 'nothing was changed; fix the template, or remove it to use ours';

/** Fills a template in; every value is quoted as OpenSSL's configuration wants it. Errors: `ERR_TEMPLATE`. */
export function render(name: string, template: string, view: object): string {
  try {
    return folded(mustache.render(template, view, {}, { escape: quote }));
  } catch (error) {
    throw new DockerTlsError(
      'ERR_TEMPLATE',
      `cannot render the template ${name}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error, hint: notChanged },
    );
  }
}

/**
 * OpenSSL before 3.0.15 reads a line in pieces of 510 bytes, and takes a backslash that ends a piece for one that ends the
 * line: it is lost, and what it stood before has its meaning again. Longer lines are continued before that, each part
 * ending with another character than a backslash.
 */
function folded(text: string): string {
  return text
    .split('\n')
    .map((line) => (Buffer.byteLength(line) > 510 ? line.replace(/.{0,99}[^\\](?=.)/gsu, '$&\\\n') : line))
    .join('\n');
}

/** A value in which no character has a meaning to OpenSSL (config(5)): `$` is no variable, `#` no comment, … */
export function quote(value: unknown): string {
  return String(value)
    .replace(/[\\"'`$#]/g, '\\$&')
    .replaceAll('\n', String.raw`\n`)
    .replaceAll('\r', String.raw`\r`)
    .replaceAll('\t', String.raw`\t`);
}
