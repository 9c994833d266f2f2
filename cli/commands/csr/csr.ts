import type { Options } from 'yargs';
import { csr, planLines, previewCsr, script, type MadeCsr } from '../../../lib/index.js';
import { artifactsOf, type CsrOptions } from '../../../lib/internal.js';
import type { Environment } from '../../environment.js';
import { runFlags, type RunFlags } from '../../flags.js';
import { flagsNamed } from '../../issue-flags.js';
import { sayNotes } from '../../notes.js';
import { spelledNotes } from '../../present.js';
import { csrAsJson, describeCsr } from '../../present-authority.js';
import { running } from '../../running.js';
import { print, printExactly, printJson, resultStyle } from '../../streams.js';
import { optionsOf } from '../issue.js';

/** What both roles take. */
export const csrFlags = {
  ...flagsNamed(['name', 'key', 'subject', 'country', 'organization', 'unit', 'templates']),
  script: {
    type: 'boolean',
    describe: 'Print a shell script that does the same on a host with only sh and openssl',
    group: 'Running:',
  },
  overwrite: {
    type: 'boolean',
    describe: 'Replace a CSR that asks for something else; the key stays',
    group: 'Running:',
  },
  ...runFlags,
} as const satisfies Record<string, Options>;

interface CsrFlags extends RunFlags {
  readonly script?: boolean | undefined;
  readonly overwrite?: boolean | undefined;
}

/** Makes a key and a CSR, or shows how. */
export async function runCsr(
  role: 'server' | 'client',
  flags: CsrFlags,
  environment: Environment,
): Promise<void> {
  const options: CsrOptions = { ...optionsOf(flags), overwrite: flags.overwrite };
  const loud = !flags.quiet && !flags.json;
  if (flags.script) {
    const { plan, notes } = await previewCsr(role, options, { fresh: true });
    sayNotes(notes);
    const text = await script({ ...plan, notes: spelledNotes(notes) }, { directory: flags.dir });
    printExactly(...text.trimEnd().split('\n'));
    return;
  }
  if (flags.dryRun) {
    const { plan, ...planned } = await previewCsr(role, options);
    const shown: MadeCsr = {
      ...planned,
      made: [],
      commands: [],
      openssl: undefined,
      ...{ certificates: new Map(), pem: new Map() },
    };
    if (flags.json) printJson(csrAsJson({ ...shown, made: artifactsOf(plan) }, plan));
    else {
      if (loud) sayNotes(planned.notes);
      printExactly(...planLines(plan));
      if (loud && plan.steps.length === 0) print(...describeCsr(shown, resultStyle()));
    }
    return;
  }
  const made = await running(flags, environment, (control) => csr(role, { ...options, ...control }));
  if (flags.json) printJson(csrAsJson(made));
  else if (loud) {
    sayNotes(made.notes);
    print(...describeCsr(made, resultStyle()));
  }
}
