import { ciphers } from '../../../lib/internal.js';
import { genrsa, genrsaStep } from '../../../lib/index.js';
import { defineCommand } from '../../command.js';
import { chosen, cipher, flag, ofKey, out, passout, secrets, show } from './step.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 step genrsa 2048 --out key.pem', 'Create a key without a passphrase'],
      [
        '$0 step genrsa --out my-ca-key.pem --aes256 --passout file:ca.pass',
        'Create an encrypted key of 4096 bits',
      ],
    ],
  },
  (yargs) =>
    yargs.positional('numbits', { type: 'string', default: '4096', describe: 'Key size in bits' }).options({
      ...out,
      ...passout,
      ...cipher,
      traditional: flag('Write PKCS#1 [default: PKCS#8]'),
      ...ofKey,
    }),
  async (flags, environment) => {
    const { passout } = await secrets(flags, environment);
    const { out, traditional, numbits } = flags;
    return show(
      'step genrsa',
      { out, traditional, bits: numbits, cipher: chosen(ciphers, flags), passout },
      genrsaStep,
      genrsa,
      flags,
      environment,
    );
  },
);
