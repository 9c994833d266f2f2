import type { JsonSchema } from './fields.js';
import { fleetFile } from './fleet-keys.js';

/**
 * The JSON Schema of a fleet file, from the table that also reads it. Draft 7, which every editor takes: yaml-language-server has later
 * ones only since 1.20. It knows keys and kinds of values; what needs all of the file, such as a name given twice, is left to the reader.
 */
export function fleetSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Fleet file of docker-tls-openssl',
    description: 'The hosts and clients of one CA, for docker-tls-openssl.',
    ...fleetFile.schema,
  };
}
