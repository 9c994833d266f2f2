import { join } from 'node:path';
import { renewalsOf, type Renewals } from '../../renew/renewals.js';
import { readSet, type CertificateSet } from '../../set/certificate-set.js';
import { libraryText, type Text } from '../../words.js';
import { certificateStates, type CertificateState, type CertificateStatus, type Status } from '../status.js';
import { countWords, locationOf } from '../status-texts.js';
import { lifePage, type PageGroup, type PageRow, type Urgency } from './life-page.js';

export interface StatusPageOptions {
  /** Spells a text that names calls: the command line writes commands. Default: in the library's words, `renew({ names: ['server'] })`. */
  readonly spell?: ((text: Text) => string) | undefined;
}

const urgencies: Readonly<Record<CertificateState, Urgency>> = {
  ok: 'ok',
  due: 'due',
  'not-yet-valid': 'bad',
  expired: 'bad',
  broken: 'bad',
};

/**
 * Draws the lifetimes of certificates as one HTML page, grouped by directory: a bar for each on one axis of time, the ends of the
 * CAs as lines, and for each that is due or expired how to renew it, where that is possible there. The page has no script and loads
 * nothing. For the commands it reads the directories of those that are due, and changes nothing.
 *
 * @throws `ERR_FILE`: a directory cannot be read any more.
 * @example
 * ```ts
 * import { writeFile } from 'node:fs/promises';
 * import { status, statusPage } from 'docker-tls-openssl';
 *
 * const page = await statusPage(await status());
 * await writeFile('status.html', page);
 * console.log(page.slice(0, 15));
 * ```
 */
export async function statusPage(found: Status, options: StatusPageOptions = {}): Promise<string> {
  const { spell = libraryText } = options;
  const { certificates, broken, counts, now } = found;
  const directories = [...new Set([...certificates, ...broken].map(({ directory }) => directory))].sort();
  const groups: PageGroup[] = [];
  for (const directory of directories)
    groups.push(await groupOf(directory, found, { spell, isOnly: directories.length === 1 }));
  const total = certificates.length + broken.length;
  return lifePage({
    title: directories.length === 1 ? `Certificates in ${directories[0] ?? ''}` : 'Certificates',
    summary: `${total} ${total === 1 ? 'certificate' : 'certificates'}: ${countWords(counts, certificateStates)}.`,
    now,
    groups,
  });
}

async function groupOf(
  directory: string,
  { certificates, broken, now }: Status,
  { spell, isOnly }: { readonly spell: (text: Text) => string; readonly isOnly: boolean },
): Promise<PageGroup> {
  const here = certificates.filter((one) => one.directory === directory);
  const isNeeded = here.some(({ state }) => state === 'due' || state === 'expired');
  const set = isNeeded ? await readSet(directory) : undefined;
  const renewals = set && renewalsOf(set, directory, now);
  const rows = here.map((one): PageRow => {
    const { state, role, commonName, alsoIn } = one;
    const renewal = set && renewals ? renewalOf(one, set, renewals) : undefined;
    const isDue = state === 'due' || state === 'expired';
    return {
      urgency: urgencies[state],
      state: state.replaceAll('-', ' '),
      name: locationOf(one),
      detail: [role, ...(commonName === undefined ? [] : [`'${commonName}'`])].join(' '),
      life: one,
      findings: [
        ...(alsoIn.length === 0 ? [] : [`also in ${alsoIn.join(', ')}`]),
        ...(isDue && renewal === undefined ? ['what renews it is not in this directory'] : []),
      ],
      commands: renewal === undefined ? [] : [spell(renewal)],
    };
  });
  const unread = broken
    .filter((one) => one.directory === directory)
    .map(({ path, why }): PageRow => ({
      urgency: 'bad',
      state: 'broken',
      name: path,
      detail: '',
      life: undefined,
      findings: [why],
      commands: [],
    }));
  const ends = here
    .filter(({ role }) => role === 'ca')
    .map((one) => ({ name: isOnly ? locationOf(one) : join(directory, locationOf(one)), at: one.notAfter }));
  return { title: directory, rows: [...rows, ...unread], ends };
}

function renewalOf(
  { state, role, path, index }: CertificateStatus,
  { certificates }: CertificateSet,
  renewals: Renewals,
): Text | undefined {
  if (state !== 'due' && state !== 'expired') return undefined;
  if (role !== 'ca') return index === 0 ? renewals.leaf(path) : undefined;
  const ca = certificates.find((one) => one.path === path && one.index === index);
  return ca && renewals.ca(ca.certificate);
}
