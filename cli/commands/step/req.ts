import { digests } from '../../../lib/internal.js';
import { req, reqStep } from '../../../lib/index.js';
import { defineCommand } from '../../command.js';
import { chosen, common, out, request, secrets, show } from './step.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 step req --key server-key.pem --subj /CN=docker.example.com --out web1.csr', 'Create a CSR'],
      [
        '$0 step req --key client-key.pem --subj /CN=client --sha384 --out client.csr',
        'Sign it with SHA-384',
      ],
    ],
  },
  (yargs) => yargs.options({ ...request, ...out, ...common }),
  async (flags, environment) => {
    const { passin } = await secrets(flags, environment);
    const { key, subj, config, out } = flags;
    return show(
      'step req',
      { key, subj, config, out, digest: chosen(digests, flags), passin },
      reqStep,
      req,
      flags,
      environment,
    );
  },
);
