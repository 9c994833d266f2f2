import { digests } from '../../../lib/internal.js';
import { req, reqStep } from '../../../lib/index.js';
import { defineCommand } from '../../command.js';
import { chosen, common, out, request, secrets, show } from './step.js';

export const command = defineCommand(
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
