import type { X509Certificate } from 'node:crypto';
import type { Step } from '../plan/step.js';
import { caFiles } from '../set/layout.js';
import type { VerifyOptions } from '../steps/verify.js';
import type { CaChain } from '../x509/ca-chain.js';

/** The CA that signs a new one. */
export interface ParentChain {
  /** All that its file holds, the CA itself first. */
  readonly certificates: readonly X509Certificate[];
  /** The intermediates from it on; none where it is a root. */
  readonly between: readonly X509Certificate[];
  readonly root: X509Certificate;
}

/** The files of which chains are put together, while a plan runs. */
export const chainFiles = {
  /** The CA that signs and the intermediates above it, without the root. */
  chain: 'chain.pem',
  root: 'root.pem',
  /** The intermediates above a new CA. */
  between: 'between.pem',
  /** All that a parent's file holds. */
  above: 'above.pem',
} as const;

/** The files of one chain, of which a plan can have several. */
export interface ChainNames {
  readonly chain: string;
  readonly root: string;
}

/** The files of the chain with that number, from 0. */
export function chainNames(at: number): ChainNames {
  return at === 0 ? chainFiles : { chain: `chain-${at + 1}.pem`, root: `root-${at + 1}.pem` };
}

/** Writes the chain of an existing CA. */
export function writeChainSteps({ between, root }: CaChain, names: ChainNames = chainFiles): Step[] {
  return [writeStep(names.chain, between), writeStep(names.root, [root])];
}

/** Writes what is above a new CA, before its certificate is made. */
export function writeAboveSteps({ certificates, between, root }: ParentChain): Step[] {
  return [
    writeStep(chainFiles.root, [root]),
    ...(between.length > 0 ? [writeStep(chainFiles.between, between)] : []),
    ...(certificates.length > 1 ? [writeStep(chainFiles.above, certificates)] : []),
  ];
}

/** Puts the CAs above a new CA behind its certificate, and makes the chain that its leaves carry. */
export function chainCaSteps(
  { certificates, between }: ParentChain,
  path: string = caFiles.certificate,
): Step[] {
  const { chain, above, root } = chainFiles;
  return [
    {
      kind: 'concatenate',
      from: [path, ...(between.length > 0 ? [chainFiles.between] : [])],
      to: chain,
    },
    {
      kind: 'concatenate',
      from: [certificates.length > 1 ? above : root],
      to: path,
      append: true,
    },
  ];
}

/** Puts the chain behind a leaf, whose holder sends it in every handshake (RFC 8446 §4.4.2). */
export function chainLeafStep(certificate: string, { chain }: ChainNames = chainFiles): Step {
  return { kind: 'concatenate', from: [chain], to: certificate, append: true };
}

/** How a leaf with a chain is verified: by those who trust the root alone. */
export function byRoot({ chain, root }: ChainNames = chainFiles): Pick<
  VerifyOptions,
  'caFile' | 'untrusted'
> {
  return { caFile: root, untrusted: chain };
}

/** The files of a chain that are only needed while a plan runs. */
export function chainScaffolding(steps: readonly Step[]): string[] {
  const names: readonly string[] = Object.values(chainFiles);
  return steps.flatMap((step) => {
    if (step.kind === 'write-file') return names.includes(step.path) ? [step.path] : [];
    return step.kind === 'concatenate' && names.includes(step.to) ? [step.to] : [];
  });
}

function writeStep(path: string, certificates: readonly X509Certificate[]): Step {
  return { kind: 'write-file', path, content: certificates.map(String).join('') };
}
