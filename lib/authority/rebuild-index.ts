import { change, type Done } from '../execute/change.js';
import { controlNames, type RunControl } from '../execute/run-control.js';
import { defaultDirectory } from '../issue/request.js';
import { refuseUnknown } from '../known-options.js';
import type { Note, Plan, Step } from '../plan/step.js';
import { nothingIn } from '../set/certificate-set.js';
import type { IssuedRecord } from '../set/issued/entry.js';
import { certificatesIssued } from '../set/issued/issued-in.js';
import { indexFiles, readIndexFile } from '../set/issued/read.js';
import { recordIn } from '../set/issued/record-in.js';
import { indexTexts } from '../set/issued/texts.js';
import { parseDirectory } from '../set/layout.js';
import { refuseUnsafeDirectory } from '../store/safety.js';
import { IndexFault, parseIndex, type IndexEntry } from '../x509/ca-index.js';
import { readCrls } from './crl-file.js';

export type RebuildOptions = RunControl & {
  /** The certificate directory. Default: `docker-tls` in the current directory. */
  readonly directory?: string | undefined;
};

interface RebuildPlan {
  /** Absolute. */
  readonly directory: string;
  readonly plan: Plan;
  /** How many certificates are in the index now. */
  readonly certificates: number;
  /** How many of them were in no index before. */
  readonly added: number;
  /** How many lines of the old files could not be read. They stay in the `.old` beside each. */
  readonly lost: number;
  readonly notes: readonly Note[];
}

/** What became of the index. */
export type RebuiltIndex = Omit<RebuildPlan, 'plan'> & Pick<Done, 'made'>;

/**
 * Makes the index from what there is: the certificates in the directory and its archive, the lines of the old index that can be
 * read, and `crl.pem` and `server-crl.pem`, which say what was revoked. Where nothing differs, nothing is written.
 *
 * @throws `ERR_INPUT`: an option is unknown, or its value cannot be used.
 * @throws `ERR_FILE`, `ERR_UNSAFE`, `ERR_EXISTS`: there is no certificate, or a file cannot be read, or believed.
 * @throws `ERR_LOCKED`, `ERR_LOCK_LOST`: another process works in the directory.
 * @throws `ERR_ABORTED`: `signal` aborted.
 */
export async function rebuildIndex(options: RebuildOptions = {}): Promise<RebuiltIndex> {
  refuseUnknown(options, { directory: true, ...controlNames });
  const directory = parseDirectory(options.directory ?? defaultDirectory);
  const plan = (): Promise<RebuildPlan> => planRebuild(directory);
  const { certificates, added, lost, notes, made } = await change(directory, options, {
    preview: async () => withCount(await plan()),
    plan: async () => withCount(await plan()),
  }).then(({ count, ...rest }) => ({ ...rest, certificates: count }));
  return { directory, certificates, added, lost, notes, made };
}

/** What `rebuildIndex` would do. Errors: those of `rebuildIndex`. */
export async function previewRebuild({
  directory = defaultDirectory,
}: Pick<RebuildOptions, 'directory'> = {}): Promise<RebuildPlan> {
  return planRebuild(parseDirectory(directory));
}

/** `change` has certificates of its own. */
function withCount({
  certificates: count,
  ...rest
}: RebuildPlan): Omit<RebuildPlan, 'certificates'> & { count: number } {
  return { ...rest, count };
}

async function planRebuild(directory: string): Promise<RebuildPlan> {
  await refuseUnsafeDirectory(directory);
  const found = await certificatesIssued(directory);
  const [oldIndex = '', oldRecords = ''] = [
    await readIndexFile(directory, indexFiles.index),
    await readIndexFile(directory, indexFiles.records),
  ];
  const crls = [...(await readCrls(directory, 'client')), ...(await readCrls(directory, 'server'))];
  const revoked = new Map(crls.flatMap(({ crl }) => crl.revoked).map((one) => [one.serial, one]));
  const before = readableLines(oldIndex);
  const records = readableRecords(oldRecords);
  const known = new Set(before.entries.map(({ serial }) => serial));
  const added = found.filter(({ record }) => !known.has(record.serial));
  const all = [...before.entries, ...added.map(({ line }) => line)].map((line): IndexEntry => {
    const { date, reason } = revoked.get(line.serial) ?? {};
    if (line.revocation || date === undefined) return line;
    return { ...line, status: 'R', revocation: { at: date, reason } };
  });
  if (all.length === 0) throw nothingIn(directory);
  const ofFiles = new Map(found.map(({ record }) => [record.serial, record]));
  const kept = all.flatMap(({ serial }) => records.entries.get(serial) ?? ofFiles.get(serial) ?? []);
  const oldTexts = [oldIndex, oldRecords, (await readIndexFile(directory, indexFiles.attributes)) ?? ''];
  const files = indexTexts(all, kept)
    .map((file, at) => ({ ...file, before: oldTexts[at] ?? '' }))
    .filter(({ before: old, content }) => old !== content);
  const lost = before.lost + records.lost;
  const steps: Step[] =
    files.length === 0
      ? []
      : [
          { kind: 'make-directory', path: indexFiles.folder },
          ...files.flatMap(({ path, before: old, content }): Step[] => [
            { kind: 'write-file', path, content },
            ...(lost > 0 && old !== ''
              ? [{ kind: 'write-file', path: `${path}.old`, content: old } as const]
              : []),
            {
              kind: 'set-mode',
              mode: 0o600,
              paths: [path, ...(lost > 0 && old !== '' ? [`${path}.old`] : [])],
            },
          ]),
        ];
  const replaces = files.flatMap(({ path }) => [path, `${path}.old`]);
  const plan: Plan = { recipe: 'authority', steps, replaces, notes: [], departures: [] };
  return { directory, plan, certificates: all.length, added: added.length, lost, notes: [] };
}

/** The lines that can be read, and how many cannot. */
function readableLines(text: string): { readonly entries: IndexEntry[]; readonly lost: number } {
  const entries: IndexEntry[] = [];
  let lost = 0;
  for (const line of text.split('\n')) {
    try {
      entries.push(...parseIndex(line === '' ? '' : `${line}\n`));
    } catch (error) {
      if (!(error instanceof IndexFault)) throw error;
      lost += 1;
    }
  }
  return { entries: [...new Map(entries.map((entry) => [entry.serial, entry])).values()], lost };
}

function readableRecords(text: string): {
  readonly entries: Map<string, IssuedRecord>;
  readonly lost: number;
} {
  const lines = text.split('\n').filter((line) => line !== '');
  const entries = new Map<string, IssuedRecord>();
  for (const line of lines) {
    const record = recordIn(line);
    if (record) entries.set(record.serial, record);
  }
  return { entries, lost: lines.filter((line) => !recordIn(line)).length };
}
