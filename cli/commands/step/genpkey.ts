import { ciphers, keyTypeNames } from '../../../lib/internal.js';
import { genpkey, genpkeyStep } from '../../../lib/index.js';
import { defineCommand } from '../../command.js';
import { chosen, cipher, needed, ofKey, out, passout, secrets, show } from './step.js';

export const command = defineCommand(
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
