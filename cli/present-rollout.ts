/** The words about what goes to the hosts of a fleet; their voice is that of present.ts. */
import type { HostScript, PlannedPlaybooks } from '../lib/index.js';
import { shellWord } from '../lib/internal.js';
import { counted, spelledNotes } from './present.js';
import type { Style } from './streams.js';

export const rolloutWords = {
  secret: 'note: a private key is in it. Anyone who can read it can pose as that daemon',
} as const;

type Playbooks = Omit<PlannedPlaybooks, 'plan'>;

/** What was written, and how to go on. */
export function describePlaybooks(
  { out, written, unchanged, needsPassphrase }: Playbooks,
  dryRun: boolean,
  style: Style,
): string[] {
  if (written.length === 0)
    return [`Nothing to do: ${counted(unchanged.length, 'file')} in ${out} are up to date.`];
  const passphrase = needsPassphrase ? ' -e docker_tls_passphrase_file=FILE' : '';
  return [
    `${dryRun ? 'Would write' : 'Wrote'} in ${out}:`,
    ...written.map((path) => `  ${style.green(path)}`),
    ...(unchanged.length > 0 ? [`${counted(unchanged.length, 'file')} unchanged`] : []),
    ...(dryRun
      ? []
      : ['', 'Next:', `  cd ${shellWord(out)} && ansible-playbook -i inventory.yml site.yml${passphrase}`]),
  ];
}

export function playbooksAsJson({ out, written, unchanged, notes }: Playbooks, dryRun: boolean): object {
  return { ok: true, command: 'fleet ansible', dryRun, out, written, unchanged, notes: spelledNotes(notes) };
}

export function hostTextAsJson(command: string, { host, text, hasCertificate, hasKey }: HostScript): object {
  return { ok: true, command, host, hasCertificate, hasKey, text };
}
