import type { Arg, OpensslStep, Plan, Product, Step } from './step.js';

/** The files a step reads. */
export function readsOf(step: Step): string[] {
  switch (step.kind) {
    case 'openssl':
      return step.args.flatMap((arg) => (typeof arg === 'object' && 'reads' in arg ? [arg.reads] : []));
    case 'copy-file':
      return [step.from];
    case 'concatenate':
      return [...step.from];
    case 'check':
      return [step.certificate, step.key, step.issuer, ...(step.like === undefined ? [] : [step.like])];
    case 'check-key':
      return [step.key];
    case 'write-file':
    case 'echo':
    case 'make-directory':
    case 'set-mode':
    case 'remove':
      return [];
  }
}

/** The files a step makes, changes or removes. */
export function writesOf(step: Step): string[] {
  switch (step.kind) {
    case 'openssl':
      return [...outputsOf(step).map(({ writes }) => writes), ...(step.updates ?? [])];
    case 'write-file':
    case 'echo':
    case 'make-directory':
      return [step.path];
    case 'copy-file':
    case 'concatenate':
      return [step.to];
    case 'set-mode':
    case 'remove':
      return [...step.paths];
    case 'check':
    case 'check-key':
      return [];
  }
}

/** Whether a step writes a private key, for however short a time. */
export function writesKey(step: Step): boolean {
  if (step.kind === 'copy-file') return step.product === 'private-key';
  return step.kind === 'openssl' && outputsOf(step).some(({ product }) => product === 'private-key');
}

/** The files that an openssl command writes by its arguments. */
export function outputsOf(step: OpensslStep): Extract<Arg, { writes: string }>[] {
  return step.args.filter((arg) => typeof arg === 'object' && 'writes' in arg);
}

/**
 * For each step the earlier steps that must be done before it: those that write what it reads, and those that read or
 * write what it writes. All that is not ordered by a file may run side by side.
 */
export function dependencies(steps: readonly Step[]): number[][] {
  const files = steps.map((step) => ({ reads: new Set(readsOf(step)), writes: new Set(writesOf(step)) }));
  const touches = (later: (typeof files)[number], earlier: (typeof files)[number]): boolean =>
    [...earlier.writes].some(
      (path) => later.reads.has(path) || later.writes.has(path) || within(path, later),
    ) || [...earlier.reads].some((path) => later.writes.has(path));
  // A check looks at what will be there in the end, and no openssl is at work on it any more.
  const isLast = (index: number, before: number): boolean =>
    steps[index]?.kind === 'check' && steps[before]?.kind === 'openssl';
  return files.map((later, index) =>
    files
      .slice(0, index)
      .flatMap((earlier, before) => (touches(later, earlier) || isLast(index, before) ? [before] : [])),
  );
}

/** Whether `directory`, made earlier, is where a later step puts something. */
function within(directory: string, later: { writes: Set<string> }): boolean {
  return [...later.writes].some((path) => path.startsWith(`${directory}/`));
}

/** A file that a plan leaves in the certificate directory. */
export interface Artifact {
  readonly path: string;
  readonly product: Product | 'file';
  readonly mode: number;
}

/**
 * What is left when a plan is done: all that its steps write, less what they remove, with the mode that the last
 * set-mode step gives, or openssl's own (0600 for a private key, 0644 for the rest) whatever the umask.
 */
export function artifactsOf(plan: Pick<Plan, 'steps'>): Artifact[] {
  const left = new Map<string, Artifact>();
  for (const step of plan.steps) {
    switch (step.kind) {
      case 'openssl':
        for (const { writes: path, product = 'file' } of outputsOf(step)) {
          left.set(path, { path, product, mode: ownMode(product) });
        }
        for (const path of step.updates ?? []) left.set(path, { path, product: 'file', mode: 0o644 });
        break;
      case 'write-file':
      case 'echo':
        left.set(step.path, { path: step.path, product: 'file', mode: 0o644 });
        break;
      case 'copy-file': {
        const product = step.product ?? left.get(step.from)?.product ?? 'certificate';
        left.set(step.to, { path: step.to, product, mode: ownMode(product) });
        break;
      }
      case 'concatenate':
        left.set(step.to, { path: step.to, product: 'certificate', mode: ownMode('certificate') });
        break;
      case 'set-mode':
        for (const path of step.paths) {
          const artifact = left.get(path);
          if (artifact) left.set(path, { ...artifact, mode: step.mode });
        }
        break;
      case 'remove':
        for (const path of step.paths) left.delete(path);
        break;
      case 'make-directory':
      case 'check':
      case 'check-key':
        break;
    }
  }
  return [...left.values()];
}

function ownMode(product: Artifact['product']): number {
  return product === 'private-key' ? 0o600 : 0o644;
}

/** The files that must be there before the plan runs: read by a step, and written by none before it. */
export function inputsOf(plan: Pick<Plan, 'steps'>): string[] {
  const written = new Set<string>();
  const inputs = new Set<string>();
  for (const step of plan.steps) {
    for (const path of readsOf(step)) if (!written.has(path)) inputs.add(path);
    for (const path of writesOf(step)) written.add(path);
  }
  return [...inputs];
}
