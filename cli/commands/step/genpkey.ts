import { ciphers, keyTypeNames } from '../../../lib/internal.js';
import { genpkey, genpkeyStep } from '../../../lib/index.js';
import { defineCommand } from '../../command.js';
import { chosen, cipher, needed, ofKey, out, passout, secrets, show } from './step.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 step genpkey --algorithm ec:p256 --out key.pem', 'Create a P-256 key'],
      [
        '$0 step genpkey --algorithm ed25519 --out key.pem --dry-run',
        'Print the openssl command for an Ed25519 key',
      ],
    ],
  },
  (yargs) =>
    yargs.options({
      algorithm: needed(`Key type: ${keyTypeNames.join(', ')}`),
      ...out,
      ...passout,
      ...cipher,
      ...ofKey,
    }),
  async (flags, environment) => {
    const { passout } = await secrets(flags, environment);
    const { out, algorithm } = flags;
    return show(
      'step genpkey',
      { out, algorithm, cipher: chosen(ciphers, flags), passout },
      genpkeyStep,
      genpkey,
      flags,
      environment,
    );
  },
);
