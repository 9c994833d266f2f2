import { ciphers } from '../../../lib/internal.js';
import { pkey, pkeyStep } from '../../../lib/index.js';
import { defineCommand } from '../../command.js';
import { chosen, cipher, needed, ofKey, out, passin, passout, secrets, show } from './step.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 step pkey --in client-key.pem --out secret.pem --aes256 --passout file:ca.pass', 'Encrypt a key'],
      [
        '$0 step pkey --in secret-key.pem --passin file:ca.pass --out plain.pem',
        'Remove the passphrase of a key',
      ],
    ],
  },
  (yargs) =>
    yargs.options({
      in: needed('Private key file to read'),
      ...passin,
      ...out,
      ...passout,
      ...cipher,
      ...ofKey,
    }),
  async (flags, environment) => {
    const { out } = flags;
    return show(
      'step pkey',
      { in: flags.in, out, cipher: chosen(ciphers, flags), ...(await secrets(flags, environment)) },
      pkeyStep,
      pkey,
      flags,
      environment,
    );
  },
);
