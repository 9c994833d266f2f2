import type { Step } from '../plan/step.js';
import { chainNames, writeChainSteps, type ChainNames } from '../recipes/chain.js';
import { chainOf } from '../x509/ca-chain.js';
import type { Signer } from './signer.js';

/** The files of a signer's chain, while a plan runs: each of several intermediate CAs has its own. Undefined for a root. */
export function chainOfSigner(signer: Signer, signers: readonly Signer[]): ChainNames | undefined {
  const chained = signers.filter(({ trusted }) => chainOf(trusted) !== undefined);
  return chained.includes(signer) ? chainNames(chained.indexOf(signer)) : undefined;
}

/** The steps that write the chains of those signers that sign, and the files that go when all is signed. */
export function signerChains(
  signing: readonly Signer[],
  signers: readonly Signer[],
): { readonly steps: readonly Step[]; readonly scaffolding: readonly string[] } {
  const written = [...new Set(signing)].flatMap((signer) => {
    const [chain, names] = [chainOf(signer.trusted), chainOfSigner(signer, signers)];
    return chain && names ? [{ chain, names }] : [];
  });
  return {
    steps: written.flatMap(({ chain, names }) => writeChainSteps(chain, names)),
    scaffolding: written.flatMap(({ names }) => [names.chain, names.root]),
  };
}
