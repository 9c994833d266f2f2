/** What --json prints for `renew`, `renew ca` and `rollback`: docs/json.md describes it. */
import type { X509Certificate } from 'node:crypto';
import {
  artifactsOf,
  type Artifact,
  type HookResult,
  type HostChange,
  type InstalledRenewal,
} from '../lib/internal.js';
import {
  commandLine,
  planLines,
  type Openssl,
  type Plan,
  type Renewal,
  type RenewedCa,
  type Rollback,
} from '../lib/index.js';
import type { Shown } from './present-renewal.js';
import { certificateAsJson, spelledNotes } from './present.js';
import { spelled } from './own-command.js';

/** The plan, where nothing has run; and what a command of the user's made of it. */
interface Told {
  readonly plan?: Plan | undefined;
  readonly hook?: HookResult | undefined;
  readonly installed?: InstalledRenewal | undefined;
  /** What `--install` would change. */
  readonly toInstall?: readonly HostChange[] | undefined;
}

interface Work {
  readonly made: readonly Artifact[];
  readonly commands: readonly string[];
  readonly openssl?: Openssl | undefined;
  readonly certificates?: ReadonlyMap<string, X509Certificate>;
}

function installedAsJson(installed: InstalledRenewal | undefined): object | null {
  if (!installed) return null;
  const { error, current, ...rest } = installed;
  return {
    ...rest,
    current: current ?? null,
    error: error
      ? {
          code: error.code,
          message: error.message,
          hint: error.remedy === undefined ? null : spelled(error.remedy),
        }
      : null,
  };
}

export function renewalAsJson(
  renewal: Shown<Renewal> & Work,
  { plan, hook, installed, toInstall }: Told,
): object {
  const { directory, renewed, skipped, archive, next, notes } = renewal;
  return {
    ok: skipped.length === 0 && hook?.ok !== false && installed?.ok !== false,
    command: 'renew',
    dryRun: plan !== undefined,
    directory,
    renewed: renewed.map(({ endedOn, newKey, ...one }) => ({
      ...one,
      commonName: one.commonName ?? null,
      endedOn: endedOn.toISOString(),
      newKey: newKey ?? null,
    })),
    skipped: skipped.map(({ endsOn, words, ...one }) => ({
      ...one,
      endsOn: endsOn.toISOString(),
      why: spelled(words),
    })),
    next: next ? { path: next.path, endsOn: next.endsOn.toISOString() } : null,
    archive: archive ?? null,
    notes: spelledNotes(notes),
    ...workAsJson(renewal, plan),
    exec: hookAsJson(hook),
    installed: installedAsJson(installed),
    ...(toInstall ? { toInstall } : {}),
  };
}

export function caRenewalAsJson(
  renewed: Shown<RenewedCa> & Work,
  { plan, hook, installed, toInstall }: Told,
): object {
  const { directory, stage, path, role, copies, archive, endedOn, endsOn, ofTheOldCa, notes } = renewed;
  return {
    ok: hook?.ok !== false && installed?.ok !== false,
    command: 'renew ca',
    dryRun: plan !== undefined,
    directory,
    stage,
    path,
    ...(role && { role }),
    copies,
    endedOn: endedOn.toISOString(),
    endsOn: endsOn.toISOString(),
    ofTheOldCa,
    archive,
    notes: spelledNotes(notes),
    ...workAsJson(renewed, plan),
    exec: hookAsJson(hook),
    installed: installedAsJson(installed),
    ...(toInstall ? { toInstall } : {}),
  };
}

export function rollbackAsJson(rollback: Shown<Rollback>, dryRun: boolean): object {
  const { directory, files, from, replacedAt, archive, notes } = rollback;
  return {
    ok: true,
    command: 'rollback',
    dryRun,
    directory,
    files,
    from,
    replacedAt: replacedAt.toISOString(),
    archive,
    notes: spelledNotes(notes),
  };
}

function hookAsJson(hook: HookResult | undefined): object | null {
  return hook ? { ...hook, why: hook.why ?? null } : null;
}

function workAsJson({ made, commands, openssl, certificates }: Work, plan: Plan | undefined): object {
  return {
    made: (plan ? artifactsOf(plan) : made).map(({ path, product, mode }) => ({
      path,
      kind: product,
      mode: `0${mode.toString(8)}`,
    })),
    commands: plan ? plan.steps.filter((step) => step.kind === 'openssl').map(commandLine) : commands,
    ...(plan ? { script: planLines(plan) } : {}),
    openssl: openssl ? { path: openssl.path, version: openssl.version.text } : null,
    certificates: Object.fromEntries(
      [...(certificates ?? [])].map(([path, certificate]) => [path, certificateAsJson(certificate)]),
    ),
  };
}
