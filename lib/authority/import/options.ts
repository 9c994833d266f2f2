import { isAbsolute, relative, resolve } from 'node:path';
import { InputError } from '../../errors.js';
import { givenPath } from '../../given.js';
import { defaultDirectory } from '../../issue/request.js';
import { refuseUnknown, type OptionNames } from '../../known-options.js';
import { parseDirectory } from '../../set/layout.js';
import { parseNow } from '../../x509/validity.js';
import { call, words } from '../../words.js';

/** Where an imported set goes, and which CA it is of. */
export interface ImportRequest {
  /** The certificate directory. Default: `docker-tls` in the current directory. */
  readonly directory?: string | undefined;
  /** The certificate of the CA to adopt, where there are several: a file in the directory that is imported. */
  readonly ca?: string | undefined;
  /** Default: the machine's clock. */
  readonly now?: Date | undefined;
}

export const importNames: OptionNames<ImportRequest> = { directory: true, ca: true, now: true };

/** An `ImportRequest` after parsing. */
export interface ImportValues {
  /** The directory to import, absolute. */
  readonly from: string;
  /** Absolute. */
  readonly directory: string;
  /** Relative to `from`. */
  readonly ca: string | undefined;
  readonly now: Date;
}

/** Turns options into values. Throws `ERR_INPUT`. */
export function parseImport(given: string, request: ImportRequest): ImportValues {
  refuseUnknown(request, importNames);
  const from = parseDirectory(given, 'from');
  const directory = parseDirectory(request.directory ?? defaultDirectory);
  if (isWithin(from, directory))
    throw new InputError('from', `${from} is the certificate directory, or lies in it`, {
      hint:
        from === directory
          ? words`nothing needs to be copied; \`${call('rebuildIndex', {}, directory)}\` records its certificates`
          : 'name a directory elsewhere',
    });
  return { from, directory, ca: caGiven(from, request.ca), now: parseNow(request.now ?? new Date()) };
}

/** As a path in the imported directory, or from the current one. */
function caGiven(from: string, given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  const path = givenPath(given, 'ca');
  const absolute = resolve(path);
  if (isWithin(absolute, from)) return relative(from, absolute);
  if (!isAbsolute(path) && isWithin(resolve(from, path), from)) return relative(from, resolve(from, path));
  throw new InputError('ca', `${path} is not in ${from}`, {
    hint: "name a file with the CA's certificate in the directory that is imported",
  });
}

function isWithin(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way === '' || !(way.startsWith('..') || isAbsolute(way));
}
